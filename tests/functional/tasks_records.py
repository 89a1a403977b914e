"""Background tasks: what `tasks.list`, `tasks.get`, `tasks.cancel` and the command line say while and after they run."""

import unittest

from support.case import FunctionalCase, new_key
from support.model_server import ModelServer
from support.timing import wait_until
from support.ws import RpcError

SLOW = "@pace=100 @pieces=600"  # A minute: it ends by a cancel or with the gateway.


class TasksTest(FunctionalCase):
    def setUp(self):
        super().setUp()
        self.model = self.enterContext(ModelServer())
        self.running = self.gateway(self.model.config())
        self.client = self.connect(self.running)

    def start(self, message, session="s", **params):
        """Sends a task; its request and its record once it is accepted."""
        key = new_key()
        request = self.client.send_request(
            "agent", {"message": message, "idempotencyKey": key, "sessionKey": session, **params})
        self.assertTrue(self.client.wait_response(request)["ok"])
        return request, self.task(key)

    def task(self, name):
        return self.client.request("tasks.get", {"taskId": name})["task"]

    def list(self, **params):
        return self.client.request("tasks.list", params)["tasks"]

    def wait_status(self, task, status, timeout=10):
        return wait_until(lambda: (now := self.task(task["taskId"]))["status"] == status and now, timeout,
                          f"the task is {status}, now {self.task(task['taskId'])}")

    def start_running(self, message=f"slow {SLOW}", session="s", **params):
        request, task = self.start(message, session, **params)
        return request, self.wait_status(task, "running")

    def test_a_task_runs_and_completes(self):
        request, task = self.start("  hello there", label="Greeting")
        self.assertTrue(self.client.wait_response(request, number=2)["ok"])
        done = self.task(task["taskId"])
        self.assertEqual((done["status"], done["recordStatus"], done["execution"]["state"]),
                         ("completed", "succeeded", "finished"))
        self.assertEqual((done["runtime"], done["kind"], done["title"], done["label"], done["task"]),
                         ("cli", "cli", "Greeting", "Greeting", "hello there"))
        self.assertEqual((done["sessionKey"], done["ownerKey"], done["agentId"]), ("agent:main:s", "agent:main:s", "main"))
        self.assertEqual(done["terminalSummary"], "completed")
        self.assertLessEqual(done["createdAt"], done["startedAt"])
        self.assertLessEqual(done["startedAt"], done["endedAt"])
        self.assertEqual(done["cleanupAfter"] - done["endedAt"], 7 * 24 * 3600 * 1000)

    def test_a_failure_keeps_its_error(self):
        request, task = self.start("@status=401")
        self.client.wait_response(request, number=2, timeout=30)
        failed = self.task(task["taskId"])
        self.assertEqual(failed["status"], "failed")
        self.assertIn("401", failed["error"])

    def test_a_time_limit_is_no_cancel(self):
        request, task = self.start("@hang", timeout=1)
        self.client.wait_response(request, number=2, timeout=20)
        self.assertEqual(self.task(task["taskId"])["status"], "timed_out")

    def test_only_calls_that_name_a_session_are_tasks(self):
        for params in ({}, {"sessionId": "x"}):
            request = self.client.send_request("agent", {"message": "hi", "idempotencyKey": new_key(), **params})
            self.client.wait_response(request, number=2)
        run = self.client.chat_send("s", "hi")["runId"]
        self.client.wait_chat_end(run)
        self.assertEqual(self.list(), [])

    def test_a_running_task_is_listed_and_blocks_a_restart_by_name(self):
        _, task = self.start_running(label="Report")
        _, behind = self.start("behind it")
        self.assertEqual(behind["status"], "queued")
        preflight = self.client.request("gateway.restart.preflight")
        blockers = [blocker for blocker in preflight["blockers"] if blocker["kind"] == "task"]
        self.assertEqual([blocker["message"] for blocker in blockers],
                         [f"taskId={task['taskId']} runId={task['runId']} status=running runtime=cli label=Report "
                          f"title=slow {SLOW}"])
        self.assertEqual(blockers[0]["task"]["label"], "Report")
        self.assertEqual([row["taskId"] for row in self.list(status="running")], [task["taskId"]])
        self.assertEqual([row["taskId"] for row in self.list(status=["queued", "failed"])], [behind["taskId"]])

    def test_lists_are_filtered_and_read_page_by_page(self):
        tasks = []
        for number in range(5):
            request, task = self.start(f"m{number}", session=f"s{number % 2}")
            self.client.wait_response(request, number=2)
            tasks.insert(0, task["taskId"])
        found, cursor = [], {}
        while True:
            page = self.client.request("tasks.list", {"limit": 2, **cursor})
            found += [row["taskId"] for row in page["tasks"]]
            if "nextCursor" not in page:
                break
            cursor = {"cursor": page["nextCursor"]}
        self.assertEqual(found, tasks)
        self.assertEqual([row["taskId"] for row in self.list(sessionKey="s1", sortBy="endedAt")], tasks[1::2])
        self.assertEqual(len(self.list(agentId="main", status="completed")), 5)
        self.assertEqual(self.list(agentId="nobody"), [])
        self.assertEqual(self.list(status="running", sortBy="endedAt"), [])

    def test_bad_parameters_are_named(self):
        for params, part in (({"status": "done"}, "/status"), ({"limit": 501}, "/limit"), ({"cursor": "x"}, "/cursor"),
                             ({"sortBy": "name"}, "/sortBy"), ({"status": []}, "/status")):
            with self.subTest(params=params), self.assertRaises(RpcError) as caught:
                self.list(**params)
            self.assertIn(f"invalid tasks.list params: at {part}", caught.exception.message)
        with self.assertRaises(RpcError) as caught:
            self.task("nothing")
        self.assertEqual((caught.exception.code, caught.exception.message), ("INVALID_REQUEST", "task not found: nothing"))

    def test_a_cancel_stops_the_run(self):
        request, task = self.start_running()
        answer = self.client.request("tasks.cancel", {"taskId": task["taskId"], "reason": "changed my mind"})
        self.assertEqual((answer["found"], answer["cancelled"], answer["task"]["status"]), (True, True, "cancelled"))
        self.assertEqual(self.client.wait_response(request, number=2)["payload"]["summary"], "aborted")
        again = self.client.request("tasks.cancel", {"taskId": task["taskId"]})
        self.assertEqual((again["found"], again["cancelled"], again["reason"]), (True, False, "task is already over"))

    def test_a_waiting_task_is_cancelled_and_the_running_one_goes_on(self):
        _, task = self.start_running()
        _, behind = self.start("behind it")
        answer = self.client.request("tasks.cancel", {"taskId": behind["taskId"]})
        self.assertTrue(answer["cancelled"])
        self.assertNotIn("startedAt", answer["task"])
        self.assertEqual(self.task(task["taskId"])["status"], "running")
        self.assertEqual(self.model.count("behind it"), 0)

    def test_a_cancel_goes_by_the_id_only(self):
        _, task = self.start_running()
        for name in ("nothing", task["runId"], "agent:main:s"):
            answer = self.client.request("tasks.cancel", {"taskId": name})
            self.assertEqual((answer["found"], answer["cancelled"]), (False, False))
        self.assertEqual(self.task(task["taskId"])["status"], "running")

    def test_reading_is_not_enough_to_cancel(self):
        reader = self.connect(self.running, scopes=["operator.read"])
        self.assertEqual(reader.request("tasks.list")["tasks"], [])
        with self.assertRaises(RpcError):
            reader.request("tasks.cancel", {"taskId": "x"})

    def test_a_task_goes_on_in_the_next_generation(self):
        _, done = self.start("short", session="other")
        _, task = self.start_running()
        self.wait_status(done, "completed")
        old = self.running.serving()
        self.client.request("gateway.restart.request", {"skipDeferral": True})
        self.running.wait_new_generation(old, timeout=30)
        self.client = self.connect(self.running)
        again = self.wait_status(task, "running")
        self.assertNotEqual(again["generation"], task["generation"])
        self.assertEqual((again["createdAt"], again["startedAt"]), (task["createdAt"], task["startedAt"]))
        self.assertEqual(self.task(done["taskId"])["status"], "completed")
        self.assertTrue(self.client.request("tasks.cancel", {"taskId": task["taskId"]})["cancelled"])

    def test_a_killed_gateway_leaves_no_task_behind(self):
        _, task = self.start_running()
        self.running.kill()
        self.client = self.connect(self.running.start())
        again = self.wait_status(task, "running")
        self.assertNotEqual(again["generation"], task["generation"])
        self.assertTrue(self.client.request("tasks.cancel", {"taskId": task["taskId"]})["cancelled"])
        self.assertEqual(self.client.request("gateway.restart.preflight")["counts"]["activeTasks"], 0)

    def test_the_command_line_lists_shows_and_cancels(self):
        request, quick = self.start("quick", session="q")
        self.client.wait_response(request, number=2)
        _, task = self.start_running(label="Report")
        listed = self.running.cli_json("tasks", "list", "--json")
        self.assertEqual((listed["count"], listed["runtime"], listed["status"]), (2, None, None))
        self.assertEqual([(row["taskId"], row["status"]) for row in listed["tasks"]],
                         [(task["taskId"], "running"), (quick["taskId"], "succeeded")])
        only = self.running.cli_json("tasks", "list", "--status", "succeeded", "--runtime", "cli", "--json")
        self.assertEqual((only["count"], only["status"]), (1, "succeeded"))
        text = self.running.cli("tasks", "list", check=True).stdout
        self.assertIn("Report", text)
        for name in (task["taskId"], task["runId"], "agent:main:s"):
            self.assertEqual(self.running.cli_json("tasks", "show", name, "--json")["taskId"], task["taskId"])
        cancelled = self.running.cli_json("tasks", "cancel", task["runId"], "--json")
        self.assertEqual((cancelled["cancelled"], cancelled["task"]["status"]), (True, "cancelled"))
        again = self.running.cli("tasks", "cancel", task["taskId"])
        self.assertEqual(again.returncode, 1)
        self.assertIn("task is already over", again.stderr)
        missing = self.running.cli("tasks", "show", "nothing")
        self.assertEqual(missing.returncode, 1)
        self.assertIn("task not found: nothing", missing.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
