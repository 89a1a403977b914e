"""`openclaw doctor`: what it finds, what `--fix` mends and what it leaves alone."""

import json
import os
import pathlib
import re
import stat
import unittest

from support.case import FunctionalCase
from support.gateway import default_config

TOKEN = "a token of more than sixteen characters"
GOOD = {"gateway": {"mode": "local", "auth": {"mode": "token", "token": TOKEN}}}

# Says of the unit whatever `show` holds; remembers what it was asked to do.
SYSTEMCTL = """#!/bin/sh
echo "$*" >> "{here}/calls"
case "$*" in
  *"--property UnitPath"*) echo "UnitPath=$HOME/.config/systemd/user /etc/systemd/user" ;;
  *show*) cat "{here}/show" ;;
esac
exit 0
"""
LOGINCTL = """#!/bin/sh
case "$*" in
  *enable-linger*) [ -e "{here}/refuses" ] && echo "Access denied" >&2 && exit 1; rm -f "{here}/leaves" ;;
  *) [ -e "{here}/leaves" ] && echo Linger=no || echo Linger=yes ;;
esac
"""
SHOWN = """LoadState=loaded
ActiveState=active
SubState=running
UnitFileState=enabled
FragmentPath={unit}
NeedDaemonReload=no
MainPID=1
"""


class DoctorCase(FunctionalCase):
    def setUp(self):
        super().setUp()
        self.here = self.gateway(None, start=False)
        self.file = self.here.state / "openclaw.json"
        # Without a service manager, unless a test brings one.
        self.bin = self.here.state.parent / "bin"
        self.bin.mkdir()
        self.path = {"PATH": str(self.bin)}

    def write(self, config, mode=0o600):
        self.file.write_text(config if isinstance(config, str) else json.dumps(config, indent=2))
        self.file.chmod(mode)

    def doctor(self, *args, code=None, environment=None):
        done = self.here.cli("doctor", *args, "--json", environment={**self.path, **(environment or {})})
        if code is not None:
            self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        answer = json.loads(done.stdout)
        self.assertEqual(done.returncode == 0, answer["ok"])
        return answer

    def codes(self, answer):
        return [one["code"] for one in answer["findings"] if one["severity"] != "info"]


class ConfigTest(DoctorCase):
    def test_a_fresh_machine_is_made_ready_and_the_second_run_finds_nothing(self):
        self.assertEqual(self.codes(self.doctor(code=1)), ["config-missing"])
        self.assertFalse(self.file.exists(), "without --fix nothing is written")
        answer = self.doctor("--fix", "--non-interactive", code=0)
        self.assertEqual([one["code"] for one in answer["repairs"]], ["config-missing", "auth-token-missing"])
        self.assertTrue(all(one["ok"] for one in answer["repairs"]))
        config = json.loads(self.file.read_text())
        self.assertEqual(config["gateway"]["mode"], "local")
        self.assertRegex(config["gateway"]["auth"]["token"], r"^[0-9a-f]{48}$")
        self.assertNotIn(config["gateway"]["auth"]["token"], json.dumps(answer))
        again = self.doctor("--fix", code=0)
        self.assertEqual((again["repairs"], self.codes(again)), ([], []))

    def test_keys_are_mended_one_by_one_with_a_backup(self):
        text = """{
  // Mine.
  gateway: { mode: 'local', prot: 1, auth: { token: '%s' } },
  logLevel: 'debug',
}
""" % TOKEN
        self.write(text)
        self.assertEqual(self.codes(self.doctor(code=1)), ["config-unknown-key", "config-legacy-key"])
        answer = self.doctor("--fix", code=0)
        self.assertEqual([one["message"] for one in answer["repairs"]],
                         ["removed gateway.prot", "moved logLevel to logging.level"])
        self.assertIn("// Mine.", self.file.read_text())
        self.assertEqual(self.here.cli("config", "get", "logging.level", check=True).stdout, "debug\n")
        self.assertEqual((self.here.state / "openclaw.json.bak.1").read_text(), text)

    def test_a_value_that_only_a_person_can_correct_stays(self):
        self.write({"gateway": {**GOOD["gateway"], "port": 99999}})
        before = self.file.read_text()
        answer = self.doctor("--fix", code=1)
        self.assertEqual((answer["repairs"], self.codes(answer)), ([], ["config-invalid"]))
        self.assertEqual(answer["findings"][0]["fix"], "openclaw config set gateway.port <value>")
        self.assertEqual(self.file.read_text(), before)

    def test_a_move_that_would_make_the_file_invalid_is_reported_and_not_made(self):
        self.write({"gateway": {**GOOD["gateway"], "host": "moon"}})
        answer = self.doctor("--fix", code=1)
        self.assertEqual(answer["repairs"][0]["ok"], False)
        self.assertIn("nothing was written", answer["repairs"][0]["message"])
        self.assertEqual(self.codes(answer), ["config-legacy-key"])

    def test_a_broken_file_comes_back_from_the_last_good_one(self):
        self.write("{ gateway: { mode: ")
        self.assertEqual(self.codes(self.doctor("--fix", code=1)), ["config-syntax"])
        good = self.here.state / "openclaw.json.last-good"
        good.write_text(json.dumps(GOOD))
        good.chmod(0o600)
        answer = self.doctor("--fix", code=0)
        self.assertEqual(json.loads(self.file.read_text()), GOOD)
        kept = list(self.here.state.glob("openclaw.json.clobbered.*"))
        self.assertEqual([path.read_text() for path in kept], ["{ gateway: { mode: "])
        self.assertIn(str(kept[0]), answer["repairs"][0]["message"])

    def test_a_broken_last_good_copy_is_no_offer(self):
        self.write("{ gateway: { mode: ")
        (self.here.state / "openclaw.json.last-good").write_text("{ also: broken")
        (self.here.state / "openclaw.json.last-good").chmod(0o600)
        finding = self.doctor(code=1)["findings"][0]
        self.assertEqual((finding["code"], finding["fixable"]), ("config-syntax", False))

    def test_what_is_managed_elsewhere_is_left_alone(self):
        for variable in ("OPENCLAW_NIX_MODE", "OPENCLAW_CONFIG_READONLY"):
            answer = self.doctor("--fix", code=1, environment={variable: "1"})
            self.assertEqual((answer["repairs"], self.codes(answer)), ([], ["config-missing"]))
            self.assertIn("--fix leaves it alone", answer["findings"][0]["fix"])
        self.assertFalse(self.file.exists())

    def test_a_directory_in_place_of_the_file_is_named(self):
        self.file.mkdir(mode=0o700)
        answer = self.doctor("--fix", code=1)
        self.assertEqual(self.codes(answer), ["config-unreadable"])
        self.assertIn("not a regular file", answer["findings"][0]["message"])


class StateTest(DoctorCase):
    def test_rights_of_others_are_taken_away(self):
        self.write(GOOD, mode=0o644)
        self.here.state.chmod(0o755)
        (self.here.state / ".env").write_text("KEY=value\n")
        (self.here.state / ".env").chmod(0o640)
        self.assertEqual(self.codes(self.doctor(code=1)), ["state-mode", "file-mode", "file-mode"])
        self.doctor("--fix", code=0)
        modes = [stat.S_IMODE(path.stat().st_mode) for path in (self.here.state, self.file, self.here.state / ".env")]
        self.assertEqual(modes, [0o700, 0o600, 0o600])

    def test_what_a_killed_gateway_left_is_removed(self):
        """A token of the run, a lock: both say who serves, and nobody does."""
        gateway = self.gateway({"gateway": {"mode": "local", "auth": {"mode": "token"}}})
        gateway.file = gateway.state / "openclaw.json"
        gateway.file.chmod(0o600)
        gateway.state.chmod(0o700)
        gateway.kill()
        self.here, self.file = gateway, gateway.file
        self.assertEqual(self.codes(self.doctor(code=1)), ["auth-token-missing", "lock-stale", "run-token-stale"])
        self.doctor("--fix", code=0)
        self.assertFalse((gateway.state / "run-token").exists())
        self.assertEqual((gateway.state / "gateway.lock").read_text(), "")

    def test_a_link_to_the_state_directory_is_fine_and_a_broken_one_is_not(self):
        self.write(GOOD)
        link = self.here.state.parent / "link"
        link.symlink_to(self.here.state)
        answer = self.doctor(code=0, environment={"OPENCLAW_STATE_DIR": str(link)})
        self.assertIn("state-link", [one["code"] for one in answer["findings"]])
        link.unlink()
        link.symlink_to(self.here.state.parent / "nowhere")
        answer = self.doctor(code=1, environment={"OPENCLAW_STATE_DIR": str(link)})
        self.assertEqual(self.codes(answer), ["state-link-broken", "config-missing"])


class GatewayTest(DoctorCase):
    def test_a_running_gateway_is_asked_and_nothing_is_wrong_with_it(self):
        gateway = self.gateway(GOOD)
        (gateway.state / "openclaw.json").chmod(0o600)
        self.here = gateway
        answer = self.doctor(code=0)
        self.assertEqual(self.codes(answer), [])
        # The credentials that it was started with are not those of the file any more.
        gateway.write_config({"gateway": {"mode": "local", "auth": {"mode": "token", "token": "x" * 20},
                                          "reload": {"mode": "off"}}})
        human = gateway.cli("doctor", environment=self.path)
        self.assertEqual((human.returncode, human.stderr), (1, ""))
        self.assertRegex(human.stdout, r"(?m)^error    .*lets us not in.*\[gateway-not-answering\]$")
        self.assertRegex(human.stdout, r"(?m)^         Try: openclaw gateway status --deep")
        self.assertRegex(human.stdout, r"(?m)^1 problem")


class NoFileTest(DoctorCase):
    def test_what_is_no_file_keeps_its_mode(self):
        for make in (self.file.mkdir, lambda: os.mkfifo(self.file)):
            make()
            self.file.chmod(0o755)
            answer = self.doctor("--fix", code=1)
            self.assertIn("config-unreadable", self.codes(answer))
            self.assertEqual(([one["code"] for one in answer["repairs"] if one["ok"]], self.file.stat().st_mode & 0o777), ([], 0o755))
            self.file.rmdir() if self.file.is_dir() else self.file.unlink()


class ServiceTest(DoctorCase):
    def setUp(self):
        super().setUp()
        self.write(GOOD)
        self.unit = self.here.state.parent / ".config/systemd/user/openclaw-gateway.service"
        for name, text in (("systemctl", SYSTEMCTL), ("loginctl", LOGINCTL)):
            (self.bin / name).write_text(text.format(here=self.bin))
            (self.bin / name).chmod(0o755)
        self.path = {"PATH": f"{self.bin}:/usr/bin:/bin"}
        self.show(LoadState="not-found")
        self.here.cli("gateway", "install", "--json", environment=self.path, check=True)
        self.show()
        self.forget()

    def show(self, **changed):
        lines = dict(line.split("=", 1) for line in SHOWN.format(unit=self.unit).splitlines())
        (self.bin / "show").write_text("".join(f"{key}={value}\n" for key, value in {**lines, **changed}.items()))

    def forget(self):
        (self.bin / "calls").write_text("")

    def asked_for(self, word):
        return [line for line in (self.bin / "calls").read_text().splitlines() if f" {word}" in line]

    def test_what_install_wrote_is_right(self):
        self.assertEqual(self.codes(self.doctor(code=0)), [])

    def test_a_unit_edited_by_hand_is_told_line_by_line_and_written_again(self):
        good = self.unit.read_text()
        self.unit.write_text(re.sub("TimeoutStopSec=.*", "TimeoutStopSec=5", good).replace("UMask=0077\n", ""))
        answer = self.doctor(code=1)
        self.assertEqual([(one["code"], one["severity"]) for one in answer["findings"] if one["severity"] != "info"],
                         [("systemd-stop-timeout", "error"), ("systemd-umask", "warning")])
        self.assertIn("TimeoutStopSec=5 instead of TimeoutStopSec=330", json.dumps(answer))
        self.assertEqual(self.asked_for("restart"), [])
        self.doctor("--fix", code=0)
        self.assertEqual(self.unit.read_text(), good)
        self.assertEqual(len(self.asked_for("restart")), 1, "once, however many lines differ")

    def test_services_managed_elsewhere_are_only_looked_at(self):
        self.unit.write_text(self.unit.read_text().replace("UMask=0077\n", ""))
        self.show(ActiveState="inactive")
        for policy in ({"OPENCLAW_SERVICE_REPAIR_POLICY": "external"}, {"OPENCLAW_NIX_MODE": "1"}):
            answer = self.doctor("--fix", code=1, environment=policy)
            self.assertEqual((answer["repairs"], self.codes(answer)), ([], ["service-stopped", "systemd-umask"]))
        self.assertEqual(self.asked_for("start") + self.asked_for("restart"), [])

    def test_a_service_that_ends_with_the_session_is_kept_or_the_command_is_told(self):
        (self.bin / "leaves").touch()
        (self.bin / "refuses").touch()
        self.assertEqual(self.codes(self.doctor(code=1)), ["service-linger"])
        answer = self.doctor("--fix", code=1)
        self.assertEqual(answer["repairs"][0]["ok"], False)
        self.assertRegex(answer["repairs"][0]["message"], r"Access denied\); run: sudo loginctl enable-linger \S+$")
        (self.bin / "refuses").unlink()
        self.assertEqual(self.doctor("--fix", code=0)["repairs"][0]["ok"], True)

    def test_a_stopped_service_is_started(self):
        self.show(ActiveState="failed", Result="exit-code")
        answer = self.doctor("--fix", code=1)  # This systemctl never says that it runs.
        self.assertEqual((answer["repairs"][0]["code"], answer["repairs"][0]["ok"]), ("service-failed", True))
        self.assertEqual(len(self.asked_for("start")), 1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
