"""A service on a real systemd, where something is not as it should be: who runs it, its files, its drop-ins."""

import json
import unittest

from support.gateway import PROGRAM
from support.systemd_machine import USER
from systemd_install import PORT, UNIT, ServiceCase

ON_TERMINAL = "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))"


class UnreachableTest(ServiceCase):
    """The gateway is a service, and the command cannot ask the manager that keeps it."""

    def setUp(self):
        super().setUp()
        self.install()
        self.keeper = self.pid()

    def assert_runs_on(self):
        self.assertEqual(self.pid(), self.keeper)
        self.assertTrue(self.json("health")["ok"])

    def test_without_systemctl_its_process_is_left_alone(self):
        nowhere = {"PATH": "/nowhere"}
        answer = self.json("gateway", "stop", "--force", code=1, environment=nowhere)
        self.assertIn(f"as {UNIT} of systemd", answer["error"])
        self.assertEqual(answer["hints"], [f"systemctl --user stop {UNIT}"])
        runtime = self.json("gateway", "status", environment=nowhere)["service"]["runtime"]
        self.assertEqual((runtime["status"], runtime["detail"]), ("running", f"as {UNIT} of systemd"))
        self.assertIn(f"running as {UNIT} of systemd (pid {self.keeper})", self.openclaw("gateway", "status", environment=nowhere).stdout)
        self.assert_runs_on()

    def test_root_in_the_home_of_the_user_is_told_the_command(self):
        home = {"HOME": self.home}
        done = self.machine.run(PROGRAM, "gateway", "stop", "--force", "--json", user=None, environment=home)
        answer = json.loads(done.stdout)
        self.assertEqual(done.returncode, 1, answer)
        self.assertIn(f"as {UNIT} of systemd, a service of {USER}", answer["error"])
        self.assert_runs_on()
        self.machine.run(*answer["hints"][0].split(), user=None, check=True)
        self.assertEqual(self.unit("ActiveState"), {"ActiveState": "inactive"}, "the command that was named does it")

    def test_a_name_inherited_from_elsewhere_stops_the_service_that_it_is(self):
        other = {"OPENCLAW_SYSTEMD_UNIT": "openclaw-gateway-other.service"}
        self.assertIn(f"runs as {UNIT} of systemd already", self.json("gateway", "install", code=1, environment=other)["error"])
        answer = self.json("gateway", "stop", "--force", environment=other)
        self.assertEqual((answer["result"], answer["message"]), ("stopped", f"Stopped {UNIT}; the gateway ran as that service."))
        self.assertEqual(self.unit("ActiveState"), {"ActiveState": "inactive"})

    def test_a_forced_run_does_not_fight_with_systemd(self):
        done = self.machine.run("python3", "-c", ON_TERMINAL, PROGRAM, "gateway", "run", "--force")
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn(f"systemctl --user stop {UNIT}", done.stdout)
        self.assert_runs_on()


if __name__ == "__main__":
    unittest.main(verbosity=2)
