"""The LaunchAgent: its files read by other parsers, and the calls of launchctl, which is a fake (docs/service.md)."""

import json
import os
import pathlib
import plistlib
import shutil
import socket
import stat
import subprocess
import tempfile
import unittest

from support.case import FunctionalCase
from support.gateway import ROOT, TOKEN
from support.service_tools import Tools
from support.timing import wait_until

GOLDEN = ROOT / "tests/unit/service/golden"
LABEL = "ai.openclaw.gateway"
DOMAIN = f"gui/{os.getuid()}"
TARGET = f"{DOMAIN}/{LABEL}"
CONFIG = {"gateway": {"mode": "local", "port": 18991, "auth": {"mode": "token", "token": TOKEN}}}


class GoldenTest(unittest.TestCase):
    """What tests/unit/service compares byte by byte, as others read it."""

    def test_the_property_list(self):
        agent = plistlib.loads((GOLDEN / "ai.openclaw.work.plist").read_bytes())
        state = "/Users/Jörg O'Neil/.openclaw-work"
        self.assertEqual(agent, {
            "Label": "ai.openclaw.work", "Comment": "OpenClaw Gateway (profile: work)",
            "ProgramArguments": ["/bin/sh", f"{state}/service-env/ai.openclaw.work-env-wrapper.sh",
                                 f"{state}/service-env/ai.openclaw.work.env", "/opt/it's <here> & there/openclaw", "gateway",
                                 "--port", "18789"],
            "WorkingDirectory": state, "ExitTimeOut": 30, "RunAtLoad": True, "KeepAlive": True, "ThrottleInterval": 10,
            "ProcessType": "Interactive", "Umask": 0o077, "SoftResourceLimits": {"NumberOfFiles": 16384},
            "StandardInPath": "/dev/null", "StandardOutPath": "/dev/null", "StandardErrorPath": f"{state}/logs/gateway.err.log"})

    def test_the_environment_file_sets_each_value_exactly(self):
        done = subprocess.run(["/bin/sh", "-c", '. "$1"; exec /usr/bin/env -0', "sh", str(GOLDEN / "ai.openclaw.work.env")],
                              env={}, capture_output=True, check=True)
        found = dict(line.split("=", 1) for line in done.stdout.decode().split("\0") if line)
        self.assertEqual(found["HOME"], "/Users/Jörg O'Neil")
        self.assertEqual(found["OPENCLAW_CONFIG_PATH"], "/Users/Jörg O'Neil/.openclaw-work/$HOME `x`.json")
        self.assertEqual(found["MODEL_KEY"], "it's $HOME \\ `x`")
        self.assertEqual(found["PATH"].split(":")[:2], ["/opt/it's <here> & there", "/opt/homebrew/bin"])

    @unittest.skipUnless(shutil.which("shellcheck"), "shellcheck is not installed")
    def test_the_script_pleases_shellcheck(self):
        # SC1090: which file it reads is its argument. SC2015: `refuse` ends the script.
        subprocess.run(["shellcheck", "--exclude=SC1090,SC2015", str(GOLDEN / "env-wrapper.sh")], check=True)


class WrapperTest(unittest.TestCase):
    """The script, run by a real shell."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="openclaw-wrapper-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.script = self.folder / "wrapper.sh"
        shutil.copy(GOLDEN / "env-wrapper.sh", self.script)
        self.file = self.folder / "it's an.env"
        shutil.copy(GOLDEN / "ai.openclaw.work.env", self.file)
        self.file.chmod(0o600)
        self.program = self.folder / "program"
        self.program.write_text("#!/bin/sh\n/usr/bin/env -0; printf '%s\\n' \"$@\"; exit 7\n")
        self.program.chmod(0o700)

    def run_it(self, *words, shell="/bin/sh"):
        return subprocess.run([shell, str(self.script), *map(str, words)], env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
                              capture_output=True, text=True)

    def assert_refused(self, why, *words):
        done = self.run_it(*words)
        self.assertEqual((done.returncode, done.stdout), (78, ""), done.stderr)
        self.assertIn(why, done.stderr)

    def test_it_becomes_the_program_with_its_variables(self):
        for shell in filter(os.path.exists, ("/bin/sh", "/bin/bash")):
            done = self.run_it(self.file, self.program, "gateway", "--port", "1 2", shell=shell)
            self.assertEqual(done.returncode, 7, done.stderr)
            self.assertIn("MODEL_KEY=it's $HOME \\ `x`\0", done.stdout)
            self.assertTrue(done.stdout.endswith("gateway\n--port\n1 2\n"))

    def test_it_refuses_a_file_that_is_not_what_it_wrote(self):
        text = self.file.read_text()
        for bad in ("touch here\n", "export A=1\n", "export A='x' B='y'\n", "export A='$(x)'; touch here\n", "export A='x'y\n",
                    "export A='x'\\''\n", "export 1A='x'\n", " export A='x'\n", "export A='two\nlines'\n", ". /elsewhere\n"):
            with self.subTest(bad=bad):
                self.file.write_text(text + bad)
                self.assert_refused("has a line that is not", self.file, self.program)
        self.assertFalse(pathlib.Path("here").exists())
        self.file.write_text(text + "\n# a comment; $(x)\nexport EMPTY=''\n")
        self.assertEqual(self.run_it(self.file, self.program).returncode, 7)
        self.file.write_text(text.split("\n", 1)[1])
        self.assert_refused("was not written by", self.file, self.program)
        self.file.write_text("")
        self.assert_refused("was not written by", self.file, self.program)

    def test_it_refuses_a_file_of_others(self):
        for mode in (0o640, 0o604, 0o620, 0o700):
            self.file.chmod(mode)
            self.assert_refused("chmod 600", self.file, self.program)
        self.file.chmod(0o400)
        self.assertEqual(self.run_it(self.file, self.program).returncode, 7)
        link = self.folder / "link.env"
        link.symlink_to(self.file)
        self.assert_refused("is missing, or not a file", link, self.program)
        self.assert_refused("is missing, or not a file", self.folder, self.program)
        self.assert_refused("is missing, or not a file", self.folder / "none", self.program)
        if os.geteuid() == 0:
            os.chown(self.file, 12345, 12345)
            self.assert_refused("belongs to another user", self.file, self.program)

    def test_it_refuses_a_call_that_cannot_be_meant(self):
        self.assert_refused("usage:", self.file)
        self.assert_refused("usage:")
        self.assert_refused("not an absolute path", "an.env", self.program)
        self.assert_refused("is missing, or not a program", self.file, self.folder / "none")
        self.program.chmod(0o600)
        self.assert_refused("is missing, or not a program", self.file, self.program)


class LaunchdCase(FunctionalCase):
    def setUp(self):
        super().setUp()
        self.here = self.gateway(CONFIG, start=False)
        self.home = self.here.state.parent
        self.tools = Tools(self.home / "tools")
        self.here.environment.update(PATH=f"{self.tools.folder}:{os.environ['PATH']}", OPENCLAW_SERVICE_MANAGER="launchd")
        self.plist = self.home / f"Library/LaunchAgents/{LABEL}.plist"
        self.env_file = self.here.state / f"service-env/{LABEL}.env"
        self.script = self.here.state / f"service-env/{LABEL}-env-wrapper.sh"

    def json(self, *words, code=0, **environment):
        done = self.here.cli(*words, "--json", environment=environment)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return json.loads(done.stdout)

    def install(self, *words):
        answer = self.json("gateway", "install", *words)
        self.assertEqual(answer["result"], "installed")
        self.tools.calls()
        return answer

    def launchctl(self):
        return [call[1:] for call in self.tools.calls()]

    def service(self):
        return self.json("gateway", "status", "--no-probe")["service"]


class LifeTest(LaunchdCase):
    BOOT = [["enable", TARGET], ["bootstrap", DOMAIN, "PLIST"]]
    PRINT = ["print", TARGET]
    STATE = [PRINT, ["print-disabled", DOMAIN]]

    def assert_called(self, *expected):
        calls = [[word.replace(str(self.plist), "PLIST") for word in call] for call in self.launchctl()]
        self.assertEqual(calls, list(expected))

    def test_from_nothing_to_an_agent_and_back(self):
        answer = self.json("gateway", "install")
        self.assert_called(self.PRINT, self.PRINT, ["print", f"system/{LABEL}"], *self.BOOT, *self.STATE)
        self.assertEqual((answer["result"], answer["service"]),
                         ("installed", {"label": "LaunchAgent", "loaded": True, "loadedText": "loaded", "notLoadedText": "not loaded"}))
        self.assertIn("was not checked", answer["message"])

        self.assertEqual([stat.S_IMODE(path.stat().st_mode) for path in (self.plist, self.env_file, self.script, self.env_file.parent)],
                         [0o600, 0o600, 0o700, 0o700])
        agent = plistlib.loads(self.plist.read_bytes())
        self.assertEqual(agent["ProgramArguments"], ["/bin/sh", str(self.script), str(self.env_file), str(self.here.program), "gateway",
                                                     "--port", "18991"])
        self.assertNotIn(TOKEN, self.plist.read_text() + self.env_file.read_text())
        self.assertIn(f"export OPENCLAW_STATE_DIR='{self.here.state}'\n", self.env_file.read_text())
        self.assertIn(f"export OPENCLAW_LAUNCHD_LABEL='{LABEL}'\n", self.env_file.read_text())
        self.assertEqual(self.script.read_bytes(), (GOLDEN / "env-wrapper.sh").read_bytes())
        self.assertTrue((self.here.state / "logs").is_dir() and (self.here.state / "tmp").is_dir())

        service = self.service()
        self.assert_called(*self.STATE)
        self.assertEqual((service["label"], service["loaded"], service["loadState"]), ("LaunchAgent", True, {"status": "loaded"}))
        self.assertEqual({name: service["runtime"][name] for name in ("status", "state", "subState", "pid")},
                         {"status": "running", "state": "active", "subState": "running", "pid": 35711})
        self.assertNotIn("systemd", service["runtime"])
        self.assertNotIn("systemdInstallation", service)
        self.assertTrue(service["configAudit"]["ok"], service["configAudit"])
        self.assertEqual(service["command"]["programArguments"][1:], ["gateway", "--port", "18991"])
        self.assertEqual(service["command"]["environmentValueSources"]["HOME"], "file")
        self.assertEqual(service["command"]["sourcePath"], str(self.plist))

        self.assertEqual(self.json("gateway", "install")["result"], "already-installed")
        self.assertEqual(self.json("gateway", "start")["result"], "already-running")
        self.assert_called(*self.STATE, *self.STATE)

        answer = self.json("gateway", "stop", "--force")
        self.assertEqual((answer["result"], answer["service"]["loaded"]), ("stopped", False))
        self.assert_called(*self.STATE, ["bootout", TARGET], self.PRINT)
        service = self.service()
        self.assertEqual((service["loaded"], service["loadState"]["status"], service["runtime"]["status"]), (False, "not-loaded", "stopped"))

        self.tools.calls()
        answer = self.json("gateway", "start")
        self.assertEqual((answer["result"], answer["service"]["loaded"]), ("started", True))
        self.assert_called(*self.STATE, self.PRINT, *self.BOOT)
        self.assertEqual(self.json("gateway", "uninstall")["result"], "uninstalled")
        self.assert_called(*self.STATE, ["bootout", TARGET], self.PRINT)
        self.assertFalse(self.plist.exists() or self.env_file.exists() or self.script.exists())
        self.assertTrue((self.here.state / "openclaw.json").exists())
        self.assertEqual(self.json("gateway", "uninstall")["result"], "uninstalled", "twice is fine")
        self.assert_called(self.PRINT)
        self.assertEqual(self.json("gateway", "start", code=1)["result"], "not-loaded")

    def test_one_that_waits_is_kicked(self):
        self.install()
        self.tools.know(print="launchctl/print-exited-78.txt")
        service = self.service()
        self.assertEqual((service["runtime"]["state"], service["runtime"]["lastExitStatus"]), ("activating", 78))
        self.tools.calls()
        self.assertEqual(self.json("gateway", "start")["result"], "started")
        self.assert_called(*self.STATE, self.PRINT, ["kickstart", TARGET])

    def test_one_that_waits_for_its_next_start_is_stopped(self):
        self.install()
        for printed in ("print-exited-78", "print-not-running"):
            self.tools.know(loaded=True, print=f"launchctl/{printed}.txt")
            self.assertEqual(self.json("gateway", "stop", "--force")["result"], "stopped")
            self.assertFalse(self.tools.state["loaded"])

    def test_an_agent_that_is_not_loaded_is_loaded_again_by_install(self):
        self.install()
        self.tools.know(loaded=False)
        self.assertEqual(self.json("gateway", "install")["result"], "installed")
        self.assert_called(*self.STATE, self.PRINT, ["print", f"system/{LABEL}"], *self.BOOT, *self.STATE)

    def test_a_stop_that_disables_outlives_the_next_login(self):
        self.assertEqual(self.json("gateway", "stop", "--force", "--disable", code=1)["result"], "not-loaded")
        self.install()
        self.assertEqual(self.json("gateway", "stop", "--force", "--disable")["result"], "stopped")
        self.assert_called(*self.STATE, ["disable", TARGET], ["bootout", TARGET], self.PRINT)
        self.json("gateway", "start")
        self.assert_called(*self.STATE, self.PRINT, *self.BOOT)

    def test_a_restart_starts_what_is_stopped_and_never_kicks(self):
        self.install()
        self.tools.know(loaded=False)
        answer = self.json("gateway", "restart")
        self.assertEqual(answer["result"], "restarted")
        self.assertNotIn("-k", sum(self.launchctl(), []))

    def test_install_over_a_running_agent_waits_until_it_is_gone(self):
        self.install()
        self.tools.know(lingers=2)
        self.assertEqual(self.json("gateway", "install", "--force")["result"], "installed")
        self.assert_called(*self.STATE, self.PRINT, ["print", f"system/{LABEL}"], ["bootout", TARGET], self.PRINT, self.PRINT,
                           self.PRINT, *self.BOOT, *self.STATE)

    def test_what_somebody_added_to_the_variables_stays(self):
        self.install()
        self.env_file.write_text(self.env_file.read_text() + "export MODEL_KEY='it'\\''s'\nexport OPENCLAW_GATEWAY_TOKEN='no'\n"
                                 "export DYLD_INSERT_LIBRARIES='no'\n")
        self.install("--force")
        text = self.env_file.read_text()
        self.assertIn("export MODEL_KEY='it'\\''s'\n", text)
        self.assertNotIn("'no'", text)

    def test_each_profile_has_an_agent_of_its_own(self):
        environment = {"OPENCLAW_STATE_DIR": "", "OPENCLAW_CONFIG_PATH": ""}
        answer = json.loads(self.here.cli("--profile", "work", "gateway", "install", "--json", environment=environment, check=True).stdout)
        self.assertIn("ai.openclaw.work", answer["message"])
        self.assertTrue((self.home / "Library/LaunchAgents/ai.openclaw.work.plist").exists())
        self.assertTrue((self.home / ".openclaw-work/service-env/ai.openclaw.work.env").exists())
        self.assertFalse(self.plist.exists())

    def test_what_a_service_needs_of_the_shell_is_told(self):
        self.here.write_config({"gateway": {**CONFIG["gateway"], "auth": {"token": "${MODEL_KEY}"}}})
        warnings = " ".join(self.json("gateway", "install", MODEL_KEY="k")["warnings"])
        self.assertIn(f"put export MODEL_KEY='…' into {self.env_file}", warnings)


class RealGatewayTest(LaunchdCase):
    """The fake runs what the list says: script, variables and gateway are the real ones."""

    def setUp(self):
        super().setUp()
        with socket.socket() as probe:  # A service wants its port in its definition.
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.tools.know(spawns=True)
        self.addCleanup(lambda: self.here.cli("gateway", "uninstall"))

    def wait_serving(self):
        wait_until(lambda: self.json("gateway", "status").get("rpc", {}).get("ok"), 20, "the service serves", every=0.1)

    def test_it_runs_restarts_and_stops_in_peace(self):
        self.json("gateway", "install", "--port", self.port)
        self.wait_serving()
        status = self.json("gateway", "status", "--require-rpc")
        pid = self.tools.state["pid"]
        self.assertEqual((status["service"]["runtime"]["pid"], self.here.lock()["pid"], status["gateway"]["port"]), (pid, pid, self.port))
        self.assertEqual(stat.S_IMODE((self.here.state / "gateway.lock").stat().st_mode), 0o600)
        self.assertEqual((self.here.state / "logs/gateway.err.log").read_text(), "")

        self.tools.calls()
        answer = self.json("gateway", "restart")
        self.assertEqual((answer["result"], answer["message"]), ("restarted", "Gateway service restarted."))
        self.assertEqual(self.here.lock()["pid"], pid, "the job stays")
        self.assertEqual({call[0] for call in self.launchctl()}, {"print", "print-disabled"}, "launchd is only asked")

        self.assertEqual(self.json("gateway", "stop", "--force")["result"], "stopped")
        self.assertIsNone(self.here.lock())
        self.assertIn("received SIGTERM", self.here.log())

    def test_a_script_that_refuses_says_why_where_status_points_to(self):
        self.json("gateway", "install", "--port", self.port)
        self.wait_serving()
        self.json("gateway", "stop", "--force")
        self.env_file.chmod(0o644)
        self.json("gateway", "start")
        log = self.here.state / "logs/gateway.err.log"
        wait_until(lambda: "chmod 600" in log.read_text(), 10, "the script has refused")
        self.assertIn("launchd-file-mode", {issue["code"] for issue in self.service()["configAudit"]["issues"]})


class OutputTest(FunctionalCase):
    def test_what_launchd_keeps_for_ever_has_no_log_lines(self):
        gateway = self.gateway(environment={"OPENCLAW_LAUNCHD_LABEL": LABEL})
        self.assertEqual(gateway.output(), "")
        self.assertNotEqual(gateway.log(), "")
        refused = self.gateway("{gateway: {mode: 'local', port: 'x'}}", start=False, environment={"OPENCLAW_LAUNCHD_LABEL": LABEL})
        self.assertEqual(refused.spawn().process.wait(10), 78)
        self.assertIn("gateway.port", refused.output())


class TroubleTest(LaunchdCase):
    def test_without_a_desktop_session_it_says_so_and_writes_nothing(self):
        for code in (112, 125):
            self.tools.know(no_session=[code, f"launchctl/print-{code}.txt"])
            for verb in ("install", "start", "uninstall"):
                answer = self.json("gateway", verb, code=1)
                self.assertIn("no desktop session", answer["error"])
                self.assertTrue(any("log in to the desktop" in hint for hint in answer["hints"]), answer)
            status = self.json("gateway", "status", "--no-probe")
            self.assertEqual(status["service"]["inspectionReason"], "service-manager-unavailable")
        self.assertEqual(sorted(path.name for path in self.here.state.iterdir()), ["openclaw.json"])
        self.assertFalse((self.home / "Library").exists())

    def test_a_daemon_of_the_same_name_is_left_alone(self):
        self.tools.know(has_daemon=True)
        answer = self.json("gateway", "install", code=1)
        self.assertIn("has a LaunchDaemon with the label", answer["error"])
        self.assertIn("OPENCLAW_LAUNCHD_LABEL", answer["hints"][0])
        self.assertFalse(self.plist.exists())

    def test_a_link_in_the_place_of_the_list_is_left_alone(self):
        self.plist.parent.mkdir(parents=True)
        self.plist.symlink_to(self.home / "mine.plist")
        self.assertIn("is not a regular file", self.json("gateway", "install", code=1)["error"])
        self.assertTrue(self.plist.is_symlink())

    def test_without_launchctl_it_says_so(self):
        answer = self.json("gateway", "install", code=1, PATH="/nonexistent")
        self.assertIn("launchctl was not found on PATH", answer["error"])

    def test_without_a_home_it_says_what_to_set(self):
        self.assertIn("HOME is not set", self.json("gateway", "install", code=1, HOME="")["error"])
        self.assertEqual(self.launchctl()[-1], ["print", TARGET])

    @unittest.skipUnless(os.geteuid() == 0, "sudo makes it root")
    def test_under_sudo_there_is_one_way_only(self):
        answer = self.json("gateway", "install", code=1, SUDO_USER="me")
        self.assertEqual(answer["hints"], ["without sudo: openclaw gateway install"])

    def test_it_is_not_for_the_whole_system(self):
        self.assertIn("--system is for systemd", self.json("gateway", "install", "--system", code=1)["error"])

    def test_another_manager_than_the_known_is_refused(self):
        for words in (("gateway", "install"), ("gateway", "status", "--no-probe"), ("gateway", "stop", "--force"), ("doctor",)):
            answer = self.json(*words, code=1, OPENCLAW_SERVICE_MANAGER="upstart")
            self.assertEqual(answer["error"]["message"], 'OPENCLAW_SERVICE_MANAGER must be systemd, launchd or schtasks, not "upstart"')

    def test_one_that_does_not_go_is_told(self):
        self.install()
        self.tools.answer("bootout", (9, "launchctl/bootout-36.txt"))
        self.assertIn("Operation now in progress", self.json("gateway", "stop", "--force", code=1)["error"])

    def test_an_override_by_hand_is_shown(self):
        self.install()
        self.tools.know(loaded=False, print_disabled="launchctl/print-disabled.txt")
        self.assertIn("does not start when you log in", self.service()["runtime"]["detail"])

    def test_edited_files_are_told_key_by_key_and_mended(self):
        self.install()
        before = self.plist.read_text()
        self.plist.write_text(before.replace("<integer>30</integer>", "<integer>5</integer>"))
        self.plist.chmod(0o644)
        self.script.write_text("#!/bin/sh\n")
        audit = self.service()["configAudit"]
        issues = {issue["code"]: issue for issue in audit["issues"]}
        self.assertEqual(set(issues), {"launchd-exit-timeout", "launchd-env-wrapper-outdated", "launchd-file-mode"})
        self.assertEqual(issues["launchd-exit-timeout"]["detail"], "found ExitTimeOut 5, wanted ExitTimeOut 30")
        self.assertIn("may be cut off", " ".join(self.json("gateway", "install")["warnings"]))
        self.install("--force")
        self.assertTrue(self.service()["configAudit"]["ok"])

    def test_the_agent_of_another_state_directory_is_left_alone(self):
        self.install()
        other = self.gateway(CONFIG, start=False)
        done = other.cli("gateway", "uninstall", "--json", environment={
            "HOME": self.home, "PATH": self.here.environment["PATH"], "OPENCLAW_SERVICE_MANAGER": "launchd"})
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertTrue(self.plist.exists())


if __name__ == "__main__":
    unittest.main()
