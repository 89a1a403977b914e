"""The command lines of the original OpenClaw, 2026.5.6 and 2026.9.6, against our gateway.

Runs when OPENCLAW_PEERS names the directory that script/lib/peers.sh fills (`script/test --with-openclaw`).
"""

import json
import pathlib
import tempfile
import time
import unittest

from support.case import FunctionalCase, new_key
from support.gateway import default_config, with_quick_probation
from support.openclaw_peers import Original, why_not
from support.timing import wait_until
from support.ws import text_of

SKIP = why_not()


class ClientCase(FunctionalCase):
    release = ""
    pace_ms = 20

    def setUp(self):
        super().setUp()
        if SKIP or not self.release:
            self.skipTest(SKIP or "only a base class")
        self.running = self.gateway(default_config(echo={"chunkDelayMs": self.pace_ms, "chunkChars": 4}))
        self.original = Original(self.release, self.running, self.running.state.parent / "original")

    def start_turn(self, session, text):
        """A turn that still runs when this returns; the session's transcript says when it has ended."""
        with self.running.connect() as client:
            client.chat_send(session, text, new_key())

            def is_running():
                return client.request("gateway.restart.preflight")["counts"]["embeddedRuns"] == 1

            wait_until(is_running, 10, "the turn runs")

    def answers(self, session):
        with self.running.connect() as client:
            return [text_of(row) for row in client.history(session) if row["role"] == "assistant"]


class Commands:
    """The command lines that must work with each release; mixed into one class for each."""

    def test_reading_commands_show_this_gateway(self):
        original = self.original
        status = original.json("gateway", "status", "--json")  # First: later it knows a token of its device.
        self.assertEqual((status["rpc"]["ok"], status["rpc"]["capability"]), (True, "connected_no_operator_scope"), status["rpc"])
        self.assertTrue(original.json("gateway", "call", "health")["ok"])
        self.assertTrue(original.json("gateway", "health", "--json")["ok"])
        self.assertRegex(original.text("status"), r"reachable \d+ms")
        self.assertTrue(original.json("gateway", "call", "gateway.restart.preflight", "--json")["safe"])
        self.assertIn("Gateway reachable", original.text("channels", "status"))
        self.assertIn(str(self.running.state / "gateway.sqlite"), original.text("health"))
        self.assertIn("http server listening", original.text("logs"))

    def test_an_agent_turn_is_answered_here(self):
        answer = self.original.json("agent", "--session-id", "x", "--message", "hi", "--json")
        self.assertEqual((answer["status"], answer["result"]["payloads"][0]["text"]), ("ok", "echo: hi"))
        self.assertEqual(self.original.text("agent", "--session-id", "x", "--message", "again").strip(), "echo: again")
        self.assertEqual(self.answers("agent:main:explicit:x"), ["echo: hi", "echo: again"])

    def test_a_safe_restart_after_a_first_reading_call(self):
        generation = self.running.serving()
        # This call pairs the client's device, with the right to read only; the restart then needs more.
        self.original.text("gateway", "call", "gateway.restart.preflight", "--json")
        answer = self.original.json("gateway", "restart", "--safe", "--json")
        self.assertEqual((answer["ok"], answer["result"]), (True, "scheduled"))
        self.running.wait_new_generation(generation)


class SharedStateCase(ClientCase):
    """Client and gateway have one state directory, as after an exchange of the programs: the client finds the process."""

    def setUp(self):
        FunctionalCase.setUp(self)
        if SKIP or not self.release:
            self.skipTest(SKIP or "only a base class")
        home = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="openclaw-home-")))
        # The original refuses a file with a section that it does not know, so ours is another one.
        ours = home / "native.json"
        config = default_config(echo={"chunkDelayMs": self.pace_ms, "chunkChars": 4})
        ours.write_text(json.dumps(with_quick_probation(config)))
        self.running = self.gateway(None, state=home / ".openclaw", environment={"OPENCLAW_CONFIG_PATH": ours})
        self.original = Original(self.release, self.running, home)
        self.generation = self.running.serving()

    def next_generation(self, timeout=20):
        self.generation = self.running.wait_new_generation(self.generation, timeout)

    def last_restart(self):
        with self.running.connect() as client:
            return client.request("gateway.restart.status", {})["last"]

    def check_unmanaged_restart(self, answer, mode):
        """What the original says of a process that no service manager runs, and what came of it here."""
        self.assertEqual((answer["action"], answer["ok"], answer["result"]), ("restart", True, "restarted"))
        self.assertEqual(answer["message"], f"{self.sent} on port {self.running.port}: {self.running.keeper}.")
        self.next_generation()
        self.assertEqual((self.last_restart()["outcome"], self.last_restart()["mode"]), ("restarted", mode))


class IdleRestarts:
    def test_every_form_restarts_an_idle_gateway(self):
        original = self.original
        self.assertEqual(original.text("gateway", "restart", "--safe").strip(),
                         "safe restart requested; gateway will restart momentarily")
        self.next_generation()
        self.check_skip_deferral()
        self.check_unmanaged_restart(original.json("gateway", "restart", "--force", "--json"), "force")
        self.check_unmanaged_restart(original.json("gateway", "restart", "--wait", "5s", "--json"), "wait")
        self.check_unmanaged_restart(original.json("daemon", "restart", "--json"), "plain")

        refused = original.try_run("gateway", "restart", "--force", "--wait", "5s")
        self.assertEqual(refused.returncode, 1)
        self.assertIn("--force cannot be combined with --wait", refused.stdout + refused.stderr)
        self.assertEqual(self.running.serving(), self.generation)


class BusyRestarts:
    """Restarts asked for while a turn runs. The turn is long enough for the slow start of the original."""

    pace_ms = 100
    text = " ".join(["word"] * 250)  # More than half a minute.

    def test_a_safe_restart_waits_for_the_running_turn(self):
        with self.running.connect() as client:
            client.send_request("agent", {"message": self.text, "sessionKey": "busy", "idempotencyKey": new_key()})
            task = wait_until(lambda: client.request("tasks.list", {"status": "running"})["tasks"], 10, "the task runs")[0]
        shown = self.original.run("gateway", "restart", "--safe")
        lines = (shown.stdout + shown.stderr).strip().splitlines()
        self.assertEqual(lines[0], f"safe restart requested; gateway will restart after active work drains{self.bound}")
        self.assertIn("restart deferred: ", lines[1])
        self.assertIn("1 active embedded run(s)", lines[1])
        self.assertIn(f"taskId={task['taskId']} runId={task['runId']} status=running runtime=cli", lines[1])

        answer = self.original.json("gateway", "restart", "--safe", "--json")
        self.assertEqual(list(answer), ["ok", "result", "message", "preflight", "restart", "warnings"])
        self.assertEqual((answer["ok"], answer["result"]), (True, "coalesced"))
        self.assertEqual(answer["message"], "safe restart request joined an existing pending gateway restart")
        self.assertEqual(answer["warnings"], [answer["preflight"]["summary"]])
        self.assertEqual((answer["preflight"]["safe"], answer["preflight"]["counts"]["activeTasks"]), (False, 1))
        self.assertEqual(self.running.generations(), [self.generation])
        self.next_generation(90)
        self.assertEqual(self.answers("busy"), [f"echo: {self.text}"])
        self.assertEqual((self.last_restart()["cutRuns"], len(self.last_restart()["requesters"])), (0, 2))

    def test_cut_work_is_finished_by_the_successor(self):
        self.start_turn("busy", self.text)
        self.check_unmanaged_restart(self.original.json("gateway", "restart", "--force", "--json"), "force")
        self.assertEqual(self.last_restart()["cutRuns"], 1)
        begun = time.monotonic()
        self.check_unmanaged_restart(self.original.json("gateway", "restart", "--wait", "5s", "--json"), "wait")
        self.assertGreater(time.monotonic() - begun, 5)
        self.assertEqual(self.last_restart()["cutRuns"], 1)
        wait_until(lambda: self.answers("busy") == [f"echo: {self.text}"], 90, "the cut turn is answered, once")


class Release202656Test(Commands, ClientCase):
    release = "2026.5.6"


class Release202696Test(Commands, ClientCase):
    release = "2026.9.6"

    def test_the_models_are_those_of_this_gateway(self):
        self.assertIn("builtin/echo", self.original.text("models", "list"))


class SkipDeferral:
    """An option that only 2026.9.6 has."""

    def check_skip_deferral(self):
        answer = self.original.json("gateway", "restart", "--safe", "--skip-deferral", "--json")
        self.assertEqual((answer["ok"], answer["result"]), (True, "scheduled"))
        self.next_generation()


class NoSkipDeferral:
    def check_skip_deferral(self):
        refused = self.original.try_run("gateway", "restart", "--safe", "--skip-deferral")
        self.assertEqual((refused.returncode, refused.stderr.strip()), (1, "error: unknown option '--skip-deferral'"))
        self.assertEqual(self.running.serving(), self.generation)


class IdleRelease202656Test(NoSkipDeferral, IdleRestarts, SharedStateCase):
    release = "2026.5.6"
    sent = "Gateway restart signal sent to unmanaged process"


class IdleRelease202696Test(SkipDeferral, IdleRestarts, SharedStateCase):
    release = "2026.9.6"
    sent = "Gateway restart request sent to unmanaged process"


class BusyRelease202656Test(BusyRestarts, SharedStateCase):
    release = "2026.5.6"
    sent = IdleRelease202656Test.sent
    bound = ""


class BusyRelease202696Test(SkipDeferral, BusyRestarts, SharedStateCase):
    release = "2026.9.6"
    sent = IdleRelease202696Test.sent
    bound = " (bounded wait; may force after the timeout expires)"

    def test_skip_deferral_restarts_under_a_running_turn(self):
        self.start_turn("busy", self.text)
        self.check_skip_deferral()
        wait_until(lambda: self.answers("busy") == [f"echo: {self.text}"], 90, "the cut turn is answered")


if __name__ == "__main__":
    unittest.main(verbosity=2)
