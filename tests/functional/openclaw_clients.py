"""The command lines of the original OpenClaw, 2026.5.6 and 2026.9.6, against our gateway.

Runs when OPENCLAW_PEERS names the directory that script/lib/peers.sh fills (`script/test --with-openclaw`).
"""

import unittest

from support.case import FunctionalCase, new_key
from support.gateway import default_config
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
        self.assertTrue(original.json("gateway", "call", "health")["ok"])
        self.assertTrue(original.json("gateway", "health", "--json")["ok"])
        status = original.json("gateway", "status", "--json")
        self.assertTrue(status["rpc"]["ok"], status["rpc"])
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


class BusyCommands:
    """Restarts asked for while a turn runs. The turn is long enough for the slow start of the original."""

    pace_ms = 100
    text = " ".join(["word"] * 250)  # More than half a minute.

    def test_a_safe_restart_waits_for_the_running_turn(self):
        generation = self.running.serving()
        self.start_turn("busy", self.text)
        answer = self.original.json("gateway", "restart", "--safe", "--json")
        self.assertEqual((answer["ok"], answer["result"], answer["preflight"]["safe"]), (True, "deferred", False))
        self.assertEqual(answer["preflight"]["counts"]["embeddedRuns"], 1)
        self.assertIn("embedded-run", [blocker["kind"] for blocker in answer["preflight"]["blockers"]])
        self.assertEqual(self.running.generations(), [generation])
        self.running.wait_new_generation(generation, 90)
        self.assertEqual(self.answers("busy"), [f"echo: {self.text}"])


class Release202656Test(Commands, ClientCase):
    release = "2026.5.6"


class Release202696Test(Commands, ClientCase):
    release = "2026.9.6"

    def test_the_models_are_those_of_this_gateway(self):
        self.assertIn("builtin/echo", self.original.text("models", "list"))


class BusyRelease202656Test(BusyCommands, ClientCase):
    release = "2026.5.6"


class BusyRelease202696Test(BusyCommands, ClientCase):
    release = "2026.9.6"

    def test_skip_deferral_restarts_under_a_running_turn(self):
        generation = self.running.serving()
        self.start_turn("busy", self.text)
        answer = self.original.json("gateway", "restart", "--safe", "--skip-deferral", "--json")
        self.assertEqual((answer["ok"], answer["result"]), (True, "scheduled"))
        self.running.wait_new_generation(generation)
        wait_until(lambda: self.answers("busy") == [f"echo: {self.text}"], 90, "the cut turn is answered")


if __name__ == "__main__":
    unittest.main(verbosity=2)
