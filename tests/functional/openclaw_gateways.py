"""Our command line against running gateways of the original OpenClaw, 2026.5.6 and 2026.9.6.

Runs when OPENCLAW_PEERS names the directory that script/lib/peers.sh fills (`script/test --with-openclaw`).
"""

import json
import os
import pathlib
import signal
import socket
import subprocess
import tempfile
import types
import unittest

from support.case import FunctionalCase
from support.gateway import PROGRAM, TOKEN, clean_environment
from support.openclaw_peers import Original, why_not
from support.timing import scaled, wait_until
from support.ws import http_get

SKIP = why_not()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class OriginalGateway:
    """`openclaw gateway run` of one release, on a home and a port of its own."""

    def __init__(self, release, home):
        self.port = free_port()
        self.original = Original(release, types.SimpleNamespace(port=self.port), home)
        self.output = pathlib.Path(home) / "output"
        environment = {**self.original.environment, "OPENCLAW_SKIP_CHANNELS": "1", "OPENCLAW_NO_AUTO_UPDATE": "1",
                       "OPENCLAW_DISABLE_BONJOUR": "1"}
        with open(self.output, "wb") as output:
            self.process = subprocess.Popen(self.original.command("gateway", "run", "--port", str(self.port)), env=environment,
                                            cwd=home, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True)

    def wait_ready(self):
        def ready():
            if self.process.poll() is not None:
                raise AssertionError(f"it ended with {self.process.returncode}:\n{self.output.read_text(errors='replace')[-3000:]}")
            try:
                return http_get(self.port, "/readyz", timeout=5)[0] == 200
            except OSError:
                return False

        wait_until(ready, 120, "the original gateway is ready", every=0.2)

    def close(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(scaled(30))
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()


class Commands:
    """What must work with each release; mixed into one class for each."""

    @classmethod
    def setUpClass(cls):
        if SKIP:
            raise unittest.SkipTest(SKIP)
        home = cls.enterClassContext(tempfile.TemporaryDirectory(prefix="openclaw-original-", ignore_cleanup_errors=True))
        cls.theirs = OriginalGateway(cls.release, home)
        cls.addClassCleanup(cls.theirs.close)
        cls.theirs.wait_ready()

    def ours(self, *words):
        """Our command line, with the configuration and the state directory of that gateway."""
        environment = clean_environment(self.theirs.original.home, OPENCLAW_STATE_DIR=self.theirs.original.home / ".openclaw")
        done = subprocess.run([str(PROGRAM), *words, "--json"], env=environment, stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=scaled(60))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return json.loads(done.stdout)

    def assert_capable(self, status):
        rpc = status["rpc"]
        self.assertTrue(rpc["ok"] and status["health"]["healthy"], rpc)
        self.assertEqual(rpc["url"], f"ws://127.0.0.1:{self.theirs.port}")
        self.assertEqual(rpc["auth"]["role"], "operator")
        self.assertIn(self.release, rpc["version"])
        return rpc["capability"]

    def test_status_finds_it_by_its_configuration(self):
        status = self.ours("gateway", "status")
        self.assertEqual(self.assert_capable(status), "connected_no_operator_scope", "as their own command says")
        self.assertEqual(status["gateway"]["port"], self.theirs.port)
        self.assertTrue(status["config"]["cli"]["valid"], status["config"])
        self.assertEqual(status["port"]["status"], "busy")

    def test_status_reads_it(self):
        status = self.ours("gateway", "status", "--require-rpc")
        self.assertEqual(self.assert_capable(status), "read_only")
        self.assertEqual(status["rpc"]["kind"], "read")

    def test_status_by_url_and_token(self):
        status = self.ours("gateway", "status", "--url", f"ws://127.0.0.1:{self.theirs.port}", "--token", TOKEN)
        self.assertEqual(self.assert_capable(status), "connected_no_operator_scope", "as their own command says")
        self.assertEqual(status["service"]["targetRole"], "diagnostic-only")

    def test_a_wrong_token_is_told(self):
        environment = clean_environment(self.theirs.original.home)
        words = ["gateway", "status", "--url", f"ws://127.0.0.1:{self.theirs.port}", "--token", "wrong", "--require-rpc", "--json"]
        done = subprocess.run([str(PROGRAM), *words], env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=scaled(60))
        self.assertEqual(done.returncode, 1)
        rpc = json.loads(done.stdout)["rpc"]
        self.assertEqual((rpc["ok"], rpc["gatewayReached"]), (False, True), rpc)

    def test_health_and_calls(self):
        self.assertTrue(self.ours("health")["ok"])
        self.assertIsInstance(self.ours("gateway", "call", "status"), dict)


class Release56Test(Commands, FunctionalCase):
    release = "2026.5.6"


class Release96Test(Commands, FunctionalCase):
    release = "2026.9.6"


if __name__ == "__main__":
    unittest.main(verbosity=2)
