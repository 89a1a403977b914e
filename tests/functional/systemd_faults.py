"""A service on a real systemd, where something is not as it should be: who runs it, its files, its drop-ins."""

import json
import unittest

from support.gateway import PROGRAM
from support.systemd_machine import USER
from support.timing import wait_until
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


class DefinitionTest(ServiceCase):
    """The unit, its drop-ins, and where they lie."""

    def write_unit(self, text):
        self.machine.run("sh", "-c", f"mkdir -p {self.unit_dir()} && cat > {self.unit_dir()}/{UNIT} <<'END'\n{text}END", check=True)
        self.reload()

    def unit_dir(self):
        return f"{self.home}/.config/systemd/user"

    def reload(self):
        self.systemctl("--user", "daemon-reload", user=USER, check=True)

    def issues(self):
        return {issue["code"]: issue for issue in self.json("gateway", "status")["service"]["configAudit"]["issues"]}

    def test_a_masked_unit_is_told_with_the_command_that_unmasks_it(self):
        for runtime in ([], ["--runtime"]):
            with self.subTest(runtime=runtime):
                # As somebody does it who has no file of that name.
                self.systemctl("--user", "mask", *runtime, UNIT, user=USER, check=True)
                words = " ".join(["systemctl --user unmask", *runtime, UNIT])
                self.assertEqual(self.issues()["systemd-masked"]["fix"], words)
                self.assertIn("cannot be used", self.openclaw("gateway", "status").stdout)
                for command in (("start",), ("restart",), ("install", "--force")):
                    answer = self.json("gateway", *command, code=1)
                    self.assertIn("the unit is masked", answer["error"])
                    self.assertEqual(answer["hints"], [words])
                self.machine.run(*words.split(), check=True)
                self.assertFalse(self.json("gateway", "status")["service"]["loaded"])
        self.install()

    def test_a_gateway_whose_unit_was_broken_meanwhile_can_be_stopped(self):
        self.install()
        self.write_unit("[Servicee]\nExecStart=/bin/true\n")
        self.assertIn("systemd-unit-broken", self.issues())
        self.assertEqual(self.json("gateway", "stop", "--force")["result"], "stopped")
        self.assertFalse(self.json("gateway", "status")["rpc"]["ok"])
        self.assertEqual(self.json("gateway", "uninstall")["result"], "uninstalled")
        self.assertFalse(self.unit_file.exists())

    def test_a_broken_unit_is_told_and_a_new_installation_mends_it(self):
        for text in ("[Servicee]\nExecStart=/bin/true\n", "", "[Service]\nType=notify\n"):
            with self.subTest(text=text):
                self.write_unit(text)
                code = "systemd-masked" if not text else "systemd-unit-broken"
                self.assertEqual(self.issues()[code]["fix"], "openclaw gateway install --force")
                answer = self.json("gateway", "start", code=1)
                self.assertEqual(answer["hints"], ["openclaw gateway install --force"])
                self.assertNotIn("not installed", answer["error"])
                self.install("--force")
                self.assertTrue(self.json("health")["ok"])
                self.json("gateway", "uninstall")

    def test_a_drop_in_that_was_taken_away_needs_no_reload(self):
        self.install()
        folder = f"{self.unit_dir()}/{UNIT}.d"
        self.machine.run("sh", "-c", f"mkdir -p {folder} && ln -s /dev/null {folder}/mine.conf", check=True)
        self.reload()
        self.assertEqual(self.issues(), {})

    def test_a_drop_in_that_breaks_the_unit_is_named(self):
        self.install()
        folder = f"{self.unit_dir()}/{UNIT}.d"
        self.machine.run("sh", "-c", f"mkdir -p {folder} && printf '[Service]\nExecStart=\n' > {folder}/mine.conf", check=True)
        self.assertIn("service-reload-needed", self.issues())
        self.json("gateway", "stop", "--force")
        self.reload()
        self.assertIn(f"{folder}/mine.conf", self.issues()["systemd-unit-broken"]["fix"])
        self.assertIn(f"{folder}/mine.conf", self.json("gateway", "start", code=1)["hints"][0])

    def test_a_directory_that_systemd_does_not_look_into_is_not_written_to(self):
        answer = self.json("gateway", "install", code=1, environment={"XDG_CONFIG_HOME": f"{self.home}/elsewhere"})
        self.assertIn(f"does not look into {self.home}/elsewhere/systemd/user", answer["error"])
        self.assertEqual(answer["hints"], ["env -u XDG_CONFIG_HOME openclaw gateway install"])
        self.assertFalse(self.machine.path(f"{self.home}/elsewhere").exists())
        self.assertEqual(self.json("gateway", "install", environment={"XDG_CONFIG_HOME": "not/absolute"})["result"], "installed")

    def test_another_name_of_the_home_directory_is_as_good(self):
        self.machine.run("ln", "-sfn", self.home, "/opt/home", user=None, check=True)
        self.assertEqual(self.json("gateway", "install", environment={"XDG_CONFIG_HOME": "/opt/home/.config"})["result"], "installed")

    def test_a_home_that_cannot_be_written_is_named(self):
        self.machine.run("sh", "-c", f"rm -rf {self.home}/.openclaw && chown root {self.home}", user=None, check=True)
        self.addCleanup(self.machine.run, "chown", USER, self.home, user=None)
        answer = self.json("gateway", "install", code=1)
        self.assertIn(f"cannot make the directory {self.home}/.openclaw", answer["error"])
        self.assertRegex(answer["hints"][0], f"^make it yours: sudo chown [0-9]+ {self.home}$")

    def test_a_directory_of_somebody_else_is_named_with_the_next_step(self):
        self.machine.run("mkdir", "-p", self.unit_dir(), check=True)
        self.machine.run("chown", "root", self.unit_dir(), user=None, check=True)
        self.addCleanup(self.machine.run, "chown", USER, self.unit_dir(), user=None)
        answer = self.json("gateway", "install", code=1)
        self.assertIn(f"cannot write into the directory {self.unit_dir()}", answer["error"])
        self.assertRegex(answer["hints"][0], f"sudo chown .* {self.unit_dir()}$")
        self.machine.run("sh", "-c", answer["hints"][0].split(": ")[1].removeprefix("sudo "), user=None, check=True)
        self.install()

    def test_a_program_with_an_odd_path_is_started(self):
        odd = f"{self.home}/a$b 100%"
        self.machine.path(odd).mkdir()
        for folder in ("bin", "libexec"):
            self.machine.path(f"{odd}/{folder}").symlink_to(PROGRAM.parent.parent / folder)
        self.program = f"{odd}/bin/../bin/openclaw"
        self.install()
        self.assertTrue(self.json("health")["ok"])
        status = self.json("gateway", "status")["service"]
        self.assertEqual(status["command"]["programArguments"][0], f"{odd}/bin/openclaw")
        self.assertTrue(status["configAudit"]["ok"], status["configAudit"])

    def test_installations_at_once_make_one_token(self):
        self.machine.run("rm", "-rf", f"{self.home}/.openclaw", check=True)
        at_once = [self.pool.submit(self.openclaw, "gateway", "install", "--port", str(PORT), "--json") for _ in range(4)]
        answers = [json.loads(one.result(120).stdout) for one in at_once]
        self.assertEqual(sorted(answer["result"] for answer in answers), ["already-installed"] * 3 + ["installed"], answers)
        self.assertEqual(sum("generated" in json.dumps(answer) for answer in answers), 1)
        self.assertTrue(self.json("health")["ok"])
        self.assertEqual(self.unit("NRestarts"), {"NRestarts": "0"})

    def test_a_profile_that_is_named_beats_the_service_of_the_shell(self):
        self.install()
        inherited = {"OPENCLAW_SYSTEMD_UNIT": UNIT, "OPENCLAW_SERVICE_MARKER": "openclaw"}
        status = self.json("--profile", "work", "gateway", "status", environment=inherited)
        self.assertFalse(status["service"]["loaded"])
        answer = self.json("--profile", "work", "gateway", "start", code=1, environment=inherited)
        self.assertEqual(answer["hints"][0], "openclaw --profile work gateway install")
        answer = self.json("--profile", "work", "gateway", "stop", code=1, environment=inherited)
        self.assertEqual(answer["hints"], ["openclaw --profile work gateway stop --force", "openclaw --profile work gateway restart --safe"])
        self.assertEqual(self.json("--profile", "work", "gateway", "uninstall", environment=inherited)["result"], "uninstalled")
        self.assertTrue(self.unit_file.exists() and self.json("health")["ok"])

    def test_a_stop_that_disables_is_taken_back_by_a_start(self):
        self.install()
        answer = self.json("gateway", "stop", "--force", "--disable")
        self.assertEqual((answer["result"], answer["service"]["loaded"]), ("stopped", False))
        self.assertEqual(self.unit("ActiveState", "UnitFileState"), {"ActiveState": "inactive", "UnitFileState": "disabled"})
        self.assertNotIn("topping", self.openclaw("gateway", "status").stdout, "the last word of the process that ended")
        answer = self.json("gateway", "start")
        self.assertEqual((answer["result"], answer["service"]["loaded"]), ("started", True))
        self.assertEqual(self.unit("UnitFileState"), {"UnitFileState": "enabled"})

    def test_start_names_who_holds_the_port(self):
        self.install()
        self.json("gateway", "stop", "--force")
        listen = f"python3 -c 'import socket, time; s = socket.socket(); s.bind((\"127.0.0.1\", {PORT})); s.listen(); time.sleep(60)'"
        self.machine.run("systemd-run", "--user", "--unit=holder", "-q", "sh", "-c", listen, check=True)
        self.addCleanup(self.systemctl, "--user", "stop", "holder", user=USER)
        wait_until(lambda: self.machine.run("ss", "-ltn", user=None).stdout.count(f":{PORT} "), 20, "the port is taken")
        self.assertRegex(self.json("gateway", "start", code=1)["error"], rf"^port {PORT} is held by pid \d+ \(python3\)$")


if __name__ == "__main__":
    unittest.main(verbosity=2)
