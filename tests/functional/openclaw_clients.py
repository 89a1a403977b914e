"""The original OpenClaw command lines, 2026.5.6 and 2026.9.6, against our gateway.

Runs when OPENCLAW_PEERS names the directory that script/lib/peers.sh fills (`script/test --with-openclaw`).
"""

import json
import os
import pathlib
import subprocess
import unittest

from support.case import FunctionalCase
from support.gateway import clean_environment, default_config
from support.timing import scaled
from support.ws import text_of

PEERS = os.environ.get("OPENCLAW_PEERS", "")


class ClientCase(FunctionalCase):
    release = ""

    def setUp(self):
        super().setUp()
        if not self.release or not PEERS:
            self.skipTest("the original clients are not asked for (script/test --with-openclaw)")
        self.node = pathlib.Path(PEERS) / "node/bin/node"
        self.script = pathlib.Path(PEERS) / f"openclaw-{self.release}/node_modules/openclaw/openclaw.mjs"
        self.assertTrue(self.script.exists(), f"{self.script} is missing")
        self.running = self.gateway(default_config(echo={"chunkDelayMs": 20}))
        # The original writes caches and identities into its state directory: it gets one of its own, with our token.
        self.home = self.running.state.parent / "original"
        (self.home / ".openclaw").mkdir(parents=True)
        config = default_config()
        del config["native"]
        config["gateway"]["port"] = self.running.port
        (self.home / ".openclaw/openclaw.json").write_text(json.dumps(config))

    def original(self, *args, timeout=120):
        """Runs one command of the original; fails the test unless it exits 0."""
        environment = clean_environment(self.home, OPENCLAW_GATEWAY_PORT=self.running.port,
                                        PATH=f"{self.node.parent}:{os.environ['PATH']}", TZ="UTC")
        done = subprocess.run([self.node, self.script, *args], env=environment, stdin=subprocess.DEVNULL, text=True,
                              capture_output=True, timeout=scaled(timeout), cwd=self.home)
        self.assertEqual(done.returncode, 0, f"{args}\nstdout: {done.stdout}\nstderr: {done.stderr}")
        # 2026.5.6 falls back to a turn of its own when it cannot use a gateway, and still exits 0.
        self.assertNotIn("EMBEDDED FALLBACK", done.stderr)
        # The answer of 2026.5.6 to `restart --json` goes to standard error.
        return done.stdout or done.stderr

    def original_json(self, *args):
        output = self.original(*args)
        start = min((at for at in (output.find("{"), output.find("[")) if at >= 0), default=0)
        try:
            return json.loads(output[start:])
        except ValueError:
            self.fail(f"{args} did not print JSON: {output!r}")


class Commands:
    """The command lines that must work with each release; mixed into one class for each."""

    def test_reading_commands(self):
        self.assertTrue(self.original_json("gateway", "call", "health", "--json")["ok"])
        self.assertTrue(self.original_json("gateway", "health", "--json")["ok"])
        status = self.original_json("gateway", "status", "--json")
        self.assertTrue(status["rpc"]["ok"], status.get("rpc"))
        self.assertTrue(self.original("status"))
        self.assertTrue(self.original_json("gateway", "call", "gateway.restart.preflight", "--json")["safe"])

    def test_safe_restart_after_a_first_reading_call(self):
        generation = self.running.serving()
        # This call may pair the client's device with the right to read only; the restart then needs more.
        self.original("gateway", "call", "gateway.restart.preflight", "--json")
        answer = self.original_json("gateway", "restart", "--safe", "--json")
        self.assertEqual((answer["ok"], answer["result"]), (True, "scheduled"))
        self.running.wait_new_generation(generation)

    def test_an_agent_turn(self):
        answer = self.original_json("agent", "--session-id", "x", "--message", "hi", "--json")
        self.assertEqual(answer["result"]["payloads"][0]["text"], "echo: hi")
        with self.running.connect() as client:
            self.assertEqual([text_of(row) for row in client.history("agent:main:explicit:x")], ["hi", "echo: hi"])


class Release202656Test(Commands, ClientCase):
    release = "2026.5.6"


class Release202696Test(Commands, ClientCase):
    release = "2026.9.6"


if __name__ == "__main__":
    unittest.main(verbosity=2)
