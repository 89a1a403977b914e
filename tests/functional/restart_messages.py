"""The strings that scripts look for in OpenClaw's log and output, where the same thing happens here."""

import os
import signal

from support.case import FunctionalCase, new_key
from support.gateway import TOKEN, default_config
from support.model_server import ModelServer
from support.timing import wait_until

ENDLESS = "@pace=200 @pieces=600"


class MessagesCase(FunctionalCase):
    def setUp(self):
        super().setUp()
        self.model = self.enterContext(ModelServer())
        self.running = self.gateway(self.model.config())
        self.first = self.running.serving()
        self.client = self.connect(self.running)

    def start_task(self, **params):
        """A task that runs until it is cut."""
        key = new_key()
        request = self.client.send_request(
            "agent", {"message": f"slow {ENDLESS}", "idempotencyKey": key, "sessionKey": "s", **params})
        self.assertTrue(self.client.wait_response(request)["ok"])
        wait_until(lambda: self.model.count("slow"), 5, "the model was asked")
        return self.client.request("tasks.get", {"taskId": key})["task"]

    def said(self, *texts):
        """The lines of the log file appear, in this order. (The console drops a word that repeats its subsystem.)"""
        def all_in_order():
            log, at = self.running.log(), 0
            for text in texts:
                at = log.find(text, at)
                if at < 0:
                    return False
            return True

        wait_until(all_in_order, 20, f"the log says {texts}")


class RunLoopTest(MessagesCase):
    def test_a_start_and_a_stop(self):
        self.said("http server listening (", "ready")
        self.assertEqual(self.running.stop(), 0)
        self.said("signal SIGTERM received", "received SIGTERM; shutting down", "completed cleanly in ")

    def test_a_restart_signal(self):
        self.running.process.send_signal(signal.SIGUSR1)
        self.running.wait_new_generation(self.first)
        self.said("signal SIGUSR1 received", "received SIGUSR1; restarting", "all active work drained",
                  "restart mode: full process restart (")

    def test_a_restart_signal_after_a_stop(self):
        os.kill(self.first, signal.SIGSTOP)  # So that the stop takes a while.
        self.running.process.send_signal(signal.SIGTERM)
        self.said("received SIGTERM; shutting down")
        self.running.process.send_signal(signal.SIGUSR1)
        self.said("received SIGUSR1 during shutdown; ignoring")
        os.kill(self.first, signal.SIGCONT)
        self.assertEqual(self.running.process.wait(20), 0)

    def test_a_restart_signal_where_restarts_are_not_allowed(self):
        self.running.stop()
        self.running.write_config({**self.model.config(), "commands": {"restart": False}})
        self.running.start()
        self.running.process.send_signal(signal.SIGUSR2)
        self.said("SIGUSR2 restart ignored (not authorized; commands.restart=false).")

    def test_a_forced_restart_names_the_task_and_then_skips_the_drain(self):
        task = self.start_task(label="Report")
        self.running.cli_json("gateway", "restart", "--force", "--json", timeout=60)
        line = (f"taskId={task['taskId']} runId={task['runId']} status=running runtime=cli label=Report "
                f"title=slow {ENDLESS}")
        self.said(f"restart blocked by active background task run(s): {line}",
                  "forced restart requested; skipping active work drain")

    def test_a_wait_and_its_limit(self):
        self.start_task()
        self.running.cli("gateway", "restart", "--wait", "1s", "--json", timeout=60)
        self.said("draining 1 active task(s) and 1 active embedded run(s) before restart with timeout ",
                  "drain timeout reached; proceeding with restart")

    def test_a_second_gateway(self):
        done = self.running.cli("gateway", "run", "--port", "0")
        self.assertIn("gateway already running", done.stderr + done.stdout)


class SchedulerTest(MessagesCase):
    def test_requests_that_join(self):
        self.start_task()
        self.client.chat_send("ops", "/restart")  # Due in 2 s.
        self.client.chat_send("other", "/restart")
        self.said("restart request coalesced (already scheduled)")
        self.client.request("gateway.restart.request", {"reason": "now"})
        self.said("restart request rescheduled earlier")
        self.client.request("gateway.restart.request", {"reason": "at once", "skipDeferral": True})
        self.said("restart request bypassed active deferral")


class ReloadTest(MessagesCase):
    def test_a_change_while_work_runs_is_deferred(self):
        self.start_task()
        config = self.model.config()
        config["gateway"]["auth"] = {"mode": "password", "password": TOKEN}
        self.running.write_config(config)
        self.said("config change requires gateway restart (gateway.auth.mode, gateway.auth.token, gateway.auth.password) — deferring until ")

    def test_an_invalid_change(self):
        (self.running.state / "openclaw.json").write_text("{ gateway: oops")
        self.said("config reload skipped (invalid config)")


class CommandLineTest(MessagesCase):
    def test_what_a_safe_restart_answers(self):
        self.start_task()
        done = self.running.cli("gateway", "restart", "--safe")
        self.assertIn("safe restart requested; gateway will restart after active work drains", done.stdout)
        done = self.running.cli("gateway", "restart", "--safe")
        self.assertIn("safe restart request joined an existing pending gateway restart", done.stdout)

    def test_what_an_idle_one_answers(self):
        done = self.running.cli("gateway", "restart", "--safe")
        self.assertIn("safe restart requested; gateway will restart momentarily", done.stdout)


class StartUpTest(FunctionalCase):
    def test_a_start_that_fails(self):
        running = self.gateway(default_config(), start=False)
        (running.state / "gateway.sqlite").mkdir()
        running.spawn()
        self.assertNotEqual(running.process.wait(20), 0)
        self.assertIn("startup failed: ", running.output())
