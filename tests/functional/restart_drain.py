"""While a restart waits for work: everything else is answered, and nothing that was asked for is lost."""

import json
import signal
import time

from support.case import FunctionalCase, new_key
from support.gateway import default_config
from support.model_server import ModelServer
from support.timing import wait_until
from support.ws import RpcError, http_get

ENDLESS = "@pace=200 @pieces=600"


class DrainCase(FunctionalCase):
    environment = None

    def setUp(self):
        super().setUp()
        self.model = self.enterContext(ModelServer())
        config = self.model.config()
        config["native"]["restart"] = {"openPhaseMs": 0}  # Fenced from the beginning.
        config["agents"]["defaults"]["maxConcurrent"] = 16
        self.running = self.gateway(config, environment=self.environment)
        self.first = self.running.serving()
        self.client = self.connect(self.running)

    def start_turn(self, text=f"slow {ENDLESS}", session="s"):
        before = self.model.count("slow")
        self.client.chat_send(session, text)
        wait_until(lambda: self.model.count("slow") > before, 5, "the model was asked")

    def status(self):
        return self.client.request("gateway.restart.status", {})

    def ask(self, **params):
        return self.client.request("gateway.restart.request", params)

    def drain(self):
        self.start_turn()
        self.assertEqual(self.ask()["status"], "deferred")
        self.assertEqual(self.status()["phase"], "draining")


class OperatorsTest(DrainCase):
    def test_who_looks_is_answered_while_draining(self):
        self.drain()
        for client in (self.client, self.connect(self.running)):
            self.assertTrue(client.request("health")["ok"])
            self.assertIn("restart", client.request("status"))
            self.assertFalse(client.request("gateway.restart.preflight")["safe"])
        for command in (["health"], ["gateway", "status"], ["gateway", "call", "gateway.restart.preflight"]):
            with self.subTest(command=command):
                self.assertTrue(self.running.cli_json(*command, "--json"))
        self.assertEqual(http_get(self.running.port, "/healthz")[0], 200)
        # It takes work still, so it is ready.
        self.assertEqual(http_get(self.running.port, "/readyz")[0], 200)
        self.assertEqual(self.status()["phase"], "draining")

    def test_coalescing_is_not_limited(self):
        self.drain()
        for number in range(25):
            self.assertEqual(self.ask(reason=f"again {number}")["status"], "coalesced")

    def test_tasks_beyond_the_eighth_are_counted(self):
        for number in range(10):
            key = new_key()
            request = self.client.send_request("agent", {"message": f"slow {ENDLESS}", "idempotencyKey": key,
                                                         "sessionKey": f"s{number}"})
            self.assertTrue(self.client.wait_response(request)["ok"])
        wait_until(lambda: self.model.count("slow") == 10, 10, "all run")
        preflight = self.client.request("gateway.restart.preflight")
        tasks = [blocker for blocker in preflight["blockers"] if blocker["kind"] == "task"]
        self.assertEqual([blocker["count"] for blocker in tasks], [1] * 8 + [2])
        self.assertEqual(tasks[-1]["message"], "2 additional active background task run(s)")
        self.assertIn(tasks[-1]["message"], preflight["summary"])
        self.assertEqual(preflight["counts"]["activeTasks"], 10)

    def test_a_second_signal_joins_and_nothing_is_lost(self):
        self.start_turn("slow @pace=100 @pieces=40")
        for number, name in enumerate((signal.SIGUSR1, signal.SIGUSR2, signal.SIGUSR1), start=1):
            self.running.process.send_signal(name)
            wait_until(lambda: len(self.status()["requestedBy"]) == number, 10, "each signal is on record")
        self.running.wait_new_generation(self.first, 30)
        with self.running.connect() as client:
            recent = client.request("gateway.restart.history", {})["restarts"]
        self.assertEqual([(one["outcome"], len(one["requesters"])) for one in recent], [("restarted", 3)])

    def test_what_another_command_left_behind_is_not_taken_for_this_request(self):
        self.start_turn()
        self.write_intent(force=True)
        answer = self.ask(reason="safe")
        self.assertEqual(answer["status"], "deferred")
        self.assertGreater(self.status()["cutInMs"], 60_000)
        # Nor does it outlive its minute: the signal that finds it is an ordinary one.
        self.write_intent(force=True, createdAt=int(time.time() * 1000) - 61_000)
        self.running.process.send_signal(signal.SIGUSR1)
        wait_until(lambda: len(self.status()["requestedBy"]) == 2, 10, "the signal is on record")
        self.assertGreater(self.status()["cutInMs"], 60_000)
        self.assertFalse(self.intent.exists())

    @property
    def intent(self):
        return self.running.state / "gateway-restart-intent.json"

    def write_intent(self, **what):
        self.intent.write_text(json.dumps({"kind": "gateway-restart", "pid": self.running.keeper,
                                           "createdAt": int(time.time() * 1000), **what}))

    def test_a_reading_client_does_not_keep_the_command_line_from_restarting(self):
        for command in (["health"], ["gateway", "call", "gateway.restart.preflight"]):
            self.running.cli_json(*command, "--json")
        self.assertTrue(self.running.cli_json("gateway", "restart", "--safe", "--json")["ok"])
        self.running.wait_new_generation(self.first)

    def test_who_may_only_read_is_told_which_scope_is_missing(self):
        with self.running.connect(scopes=["operator.read"]) as client:
            with self.assertRaisesRegex(RpcError, "operator.admin"):
                client.request("gateway.restart.request", {})
        self.assertEqual(self.status()["phase"], "idle")


class SupervisedEnvironmentTest(DrainCase):
    environment = {"INVOCATION_ID": "0123456789abcdef", "JOURNAL_STREAM": "8:1", "OPENCLAW_SERVICE_MARKER": "openclaw",
                   "OPENCLAW_SERVICE_KIND": "gateway", "OPENCLAW_SYSTEMD_UNIT": "openclaw-gateway.service",
                   "OPENCLAW_LAUNCHD_LABEL": "ai.openclaw.gateway", "SUPERVISOR_HINT": "1"}

    def test_an_inherited_environment_changes_nothing(self):
        keeper = self.running.keeper
        self.assertEqual(self.running.cli_json("gateway", "restart", "--json", timeout=60)["result"], "restarted")
        self.assertNotEqual(self.running.wait_new_generation(self.first), self.first)
        self.assertIsNone(self.running.process.poll(), "it did not leave the restart to a supervisor")
        self.assertEqual(self.running.keeper, keeper)
