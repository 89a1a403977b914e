"""`gateway run --dev` and `--reset`: a configuration to develop with, and back to it."""

import json
import unittest

from support.case import FunctionalCase


class DevTest(FunctionalCase):
    def setUp(self):
        super().setUp()
        self.here = self.gateway(None, args=("--dev",), start=False)
        self.file = self.here.state / "openclaw.json"

    def trash(self):
        return sorted(path.name for folder in (self.here.state / "trash").iterdir() for path in folder.iterdir())

    def reset(self, *words, **environment):
        return self.here.cli("gateway", "run", "--dev", "--reset", *words, environment=environment)

    def test_a_configuration_is_made_once(self):
        self.here.start()
        self.assertIn(f"Dev config ready: {self.file}", self.here.output())
        config = json.loads(self.file.read_text())
        self.assertEqual(config["gateway"], {"mode": "local", "bind": "loopback"})
        self.assertEqual(config["agents"]["list"], [{"id": "dev", "default": True}])
        self.assertEqual(self.file.stat().st_mode & 0o777, 0o600)
        self.here.cli("agent", "--session-id", "s", "--message", "hello", check=True)
        self.here.stop()
        self.here.cli("config", "set", "agents.defaults.maxConcurrent", "3", check=True)
        self.here.start()
        self.assertEqual(json.loads(self.file.read_text())["agents"]["defaults"], {"maxConcurrent": 3}, "as it was left")

    def test_a_reset_moves_away_what_there_was(self):
        self.here.start()
        self.here.cli("agent", "--session-id", "s", "--message", "hello", check=True)
        done = self.reset()
        self.assertEqual(done.returncode, 1)
        self.assertIn("a gateway runs on this state directory, so nothing was reset", done.stderr)
        self.here.stop()
        self.here.cli("config", "set", "agents.defaults.maxConcurrent", "3", check=True)
        self.here.args = ["--port", "0", "--dev", "--reset"]
        self.here.start()
        self.assertNotIn("defaults", json.loads(self.file.read_text())["agents"])
        self.assertEqual(json.loads(self.here.cli("gateway", "call", "sessions.list", check=True).stdout.partition("\n")[2])["sessions"], [])
        self.assertLessEqual({"openclaw.json", "gateway.sqlite"}, set(self.trash()))

    def test_it_is_refused_where_it_cannot_be_meant(self):
        done = self.here.cli("gateway", "run", "--reset")
        self.assertEqual((done.returncode, done.stderr), (1, "error: Use --reset with --dev.\n"))
        for name in ("OPENCLAW_NIX_MODE", "OPENCLAW_CONFIG_READONLY"):
            self.file.write_text("{}")
            done = self.reset(**{name: "1"})
            self.assertEqual((done.returncode, done.stderr), (1, f"error: {name} is set: nothing was reset\n"))
            self.assertEqual(self.file.read_text(), "{}")
            self.file.unlink()
            self.assertEqual(self.here.cli("gateway", "run", "--dev", environment={name: "1"}).returncode, 1)
            self.assertFalse(self.file.exists())

    def test_a_reset_that_cannot_be_done_says_so(self):
        self.file.write_text("{}")
        (self.here.state / "trash").write_text("a file in the way")
        self.assertEqual(self.reset().returncode, 1)
        self.assertEqual(self.file.read_text(), "{}")


if __name__ == "__main__":
    unittest.main(verbosity=2)
