"""Under a real systemd: what the service manager is told, and what it does with it."""

import concurrent.futures
import json
import os
import time
import unittest

from support.gateway import PROGRAM, TOKEN
from support.systemd_machine import SystemdMachine, why_not
from support.timing import wait_until

CONFIG = {"gateway": {"mode": "local", "auth": {"mode": "token", "token": TOKEN}},
          "native": {"echo": {"chunkDelayMs": 100, "chunkChars": 1}, "restart": {"probationMs": 100, "crashLoopStarts": 0}}}
LONG = "a message that takes its time"  # 35 pieces of its echo, 100 ms each.


class MachineCase(unittest.TestCase):
    """One machine for all tests of a class."""

    maxDiff = None

    @classmethod
    def setUpClass(cls):
        try:
            if missing := why_not():
                raise OSError(missing)
            cls.machine = cls.enterClassContext(SystemdMachine([PROGRAM.parent.parent]))
        except Exception as error:
            if os.environ.get("GW_SYSTEMD") == "require":
                raise
            raise unittest.SkipTest(f"no real systemd can start here: {str(error).splitlines()[0]}") from None
        cls.pool = cls.enterClassContext(concurrent.futures.ThreadPoolExecutor())

    def systemctl(self, *words, **options):
        return self.machine.run("systemctl", *words, **options)

    def shown(self, unit, *names, user=None):
        """Properties of a unit, by name."""
        scope = ["--user"] if user else []
        properties = [word for name in names for word in ("-p", name)]
        lines = self.systemctl(*scope, "show", unit, *properties, user=user, check=True).stdout.splitlines()
        return dict(line.split("=", 1) for line in lines)


class NotifyTest(MachineCase):
    """A unit written by hand: everything of the restart that systemd can see."""

    UNIT = "by-hand.service"
    STATE = "/root/state"

    def setUp(self):
        state = self.machine.path(self.STATE)
        state.mkdir(mode=0o700, exist_ok=True)
        (state / "openclaw.json").write_text(json.dumps(CONFIG))
        self.machine.path(f"/etc/systemd/system/{self.UNIT}").write_text(
            f"[Service]\nType=notify\nExecStart={PROGRAM} gateway --port 18999\nTimeoutStopSec=2\nKillMode=mixed\nRestart=always\n"
            f"Environment=OPENCLAW_STATE_DIR={self.STATE}\n")
        self.systemctl("daemon-reload", user=None, check=True)
        self.systemctl("start", self.UNIT, user=None, check=True)
        self.addCleanup(self.systemctl, "stop", self.UNIT, user=None, check=True)

    def openclaw(self, *words, **options):
        return self.machine.run(PROGRAM, *words, user=None, environment={"OPENCLAW_STATE_DIR": self.STATE}, **options)

    def start_turn(self):
        turn = self.pool.submit(self.openclaw, "agent", "--session-id", "s", "--message", LONG, "--json")
        preflight = ("gateway", "call", "gateway.restart.preflight", "--json")
        wait_until(lambda: not json.loads(self.openclaw(*preflight, check=True).stdout)["safe"], 10, "the turn runs")
        return turn

    def status_text(self):
        return self.shown(self.UNIT, "StatusText")["StatusText"]

    def test_a_start_is_over_when_it_serves(self):
        self.assertTrue(self.openclaw("health", "--json", check=True))
        shown = self.shown(self.UNIT, "ActiveState", "StatusText", "NotifyAccess")
        self.assertEqual(shown, {"ActiveState": "active", "StatusText": "Serving", "NotifyAccess": "main"})

    def test_it_sees_what_a_restart_waits_for_and_keeps_its_process(self):
        before = self.shown(self.UNIT, "MainPID")
        turn = self.start_turn()
        self.openclaw("gateway", "restart", "--safe", "--json", check=True)
        wait_until(lambda: self.status_text() == "restart: waiting", 10, "the status names the phase")
        done = turn.result(60)
        self.assertEqual((done.returncode, json.loads(done.stdout)["status"]), (0, "ok"))
        wait_until(lambda: self.status_text() == "Serving, generation 2", 20, "the successor serves")
        self.assertEqual(self.shown(self.UNIT, "MainPID", "NRestarts"), {**before, "NRestarts": "0"})

    def test_a_stop_may_take_longer_than_the_unit_says(self):
        """The keeper asks for the time that it gives a generation which does not answer."""
        keeper = self.shown(self.UNIT, "MainPID")["MainPID"]
        generation = self.machine.run("pgrep", "-P", keeper, user=None, check=True).stdout.strip()
        self.machine.run("kill", "-STOP", generation, user=None, check=True)
        begun = time.monotonic()
        self.systemctl("stop", self.UNIT, user=None, check=True, timeout=90)
        self.assertGreater(time.monotonic() - begun, 2, "the unit's own limit")
        journal = self.machine.run("journalctl", "-u", self.UNIT, "-n", "3", user=None, check=True).stdout
        self.assertRegex(journal, r"completed cleanly in \d+ms")
        self.assertIn(f"{self.UNIT}: Deactivated successfully", journal)


if __name__ == "__main__":
    unittest.main(verbosity=2)
