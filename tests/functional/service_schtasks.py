"""The scheduled task: its files read by other parsers, and the calls of schtasks, which is a fake (docs/service.md)."""

import json
import os
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree

from support.case import FunctionalCase
from support.gateway import ROOT, TOKEN
from support.service_tools import Tools

GOLDEN = ROOT / "tests/unit/service/golden"
SCHEMA = ROOT / "tests/support/schema/windows-task.xsd"
SPACE = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"
NAME = "OpenClaw Gateway"
CONFIG = {"gateway": {"mode": "local", "port": 18992, "auth": {"mode": "token", "token": TOKEN}}}


def validated(data):
    """What xmllint says of a definition; empty when the schema accepts it."""
    with tempfile.NamedTemporaryFile(suffix=".xml") as file:
        file.write(data)
        file.flush()
        done = subprocess.run(["xmllint", "--noout", "--schema", str(SCHEMA), file.name], capture_output=True, text=True)
    return "" if done.returncode == 0 else done.stderr


class GoldenTest(unittest.TestCase):
    """What tests/unit/service compares byte by byte, as others read it."""

    def setUp(self):
        self.data = (GOLDEN / "OpenClaw Gateway (work).xml").read_bytes()

    def test_the_definition_follows_the_schema(self):
        self.assertTrue(self.data.startswith(b"\xff\xfe<\0?\0"), "little endian UTF-16 with its mark")
        self.assertEqual(validated(self.data), "")

    def test_the_schema_refuses_others(self):
        text = self.data.decode("utf-16")
        for old, new in (("IgnoreNew", "Ignore"), ("PT1M", "PT30S"), ("<Count>3<", "<Count>0<"), ("<Priority>7<", "<Priority>11<"),
                         ("PT0S", "0"), ('Context="Author"', 'Context="Nobody"'), ("<Actions", "<Settings/><Actions"),
                         ("LeastPrivilege", "Least"), ("<Enabled>true</Enabled>", "<Enabled>yes</Enabled>"),
                         ("<Priority>", "<Hiding>x</Hiding><Priority>"), ('version="1.2"', 'version="new"')):
            with self.subTest(new=new):
                self.assertIn(old, text)
                self.assertNotEqual(validated(text.replace(old, new).encode("utf-16")), "")

    def test_the_values_are_read_as_they_were_meant(self):
        task = xml.etree.ElementTree.fromstring(self.data)
        self.assertEqual(task.findtext(f"{SPACE}Triggers/{SPACE}LogonTrigger/{SPACE}UserId"), "DESKTOP-1\\Jörg & <Co>")
        self.assertEqual(task.findtext(f"{SPACE}RegistrationInfo/{SPACE}URI"), "\\OpenClaw Gateway (work)")
        self.assertEqual(task.findtext(f"{SPACE}Actions/{SPACE}Exec/{SPACE}Command"), "C:\\Users\\Jörg\\.openclaw-work\\gateway.cmd")

    def test_scripts_have_the_line_ends_of_windows(self):
        for name in ("gateway.cmd", "startup.cmd"):
            data = (GOLDEN / name).read_bytes()
            self.assertEqual(data.count(b"\n"), data.count(b"\r\n"))
            self.assertTrue(data.endswith(b"\r\n"))
            # cmd.exe takes what comes before this line in the old code page.
            before, after = data.split(b"chcp 65001 > NUL\r\n")
            self.assertTrue(before.isascii() and not after.isascii())


class TaskCase(FunctionalCase):
    def setUp(self):
        super().setUp()
        self.here = self.gateway(CONFIG, start=False)
        self.home = self.here.state.parent
        self.tools = Tools(self.home / "tools")
        self.here.environment.update(PATH=f"{self.tools.folder}:{os.environ['PATH']}", OPENCLAW_SERVICE_MANAGER="schtasks",
                                     USERNAME="me & you", USERDOMAIN="DESKTOP-1", APPDATA=str(self.home / "AppData"))
        self.script = self.here.state / "gateway.cmd"
        self.startup = self.home / f"AppData/Microsoft/Windows/Start Menu/Programs/Startup/{NAME}.cmd"

    def json(self, *words, code=0, **environment):
        done = self.here.cli(*words, "--json", environment=environment)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return json.loads(done.stdout)

    def install(self, *words):
        answer = self.json("gateway", "install", *words)
        self.assertEqual(answer["result"], "installed", answer)
        self.tools.calls()
        return answer

    def service(self):
        return self.json("gateway", "status", "--no-probe")["service"]

    def registered(self):
        return (self.tools.folder / "registered.xml").read_bytes()


class LifeTest(TaskCase):
    XML = ["schtasks", "/Query", "/TN", NAME, "/XML", "/HRESULT"]
    SHOW = ["schtasks", "/Query", "/TN", NAME, "/V", "/FO", "CSV", "/NH", "/HRESULT"]
    RUN = ["schtasks", "/Run", "/TN", NAME, "/HRESULT"]
    END = ["schtasks", "/End", "/TN", NAME, "/HRESULT"]
    DELETE = ["schtasks", "/Delete", "/F", "/TN", NAME, "/HRESULT"]

    def create(self):
        return ["schtasks", "/Create", "/F", "/TN", NAME, "/XML", str(self.here.state / "gateway-task.xml"), "/HRESULT"]

    def assert_called(self, *expected):
        self.assertEqual(self.tools.calls(), list(expected))

    def test_from_nothing_to_a_task_and_back(self):
        answer = self.json("gateway", "install")
        self.assert_called(self.XML, self.XML, self.create(), self.XML, self.RUN, self.XML, self.SHOW)
        self.assertEqual((answer["result"], answer["service"]),
                         ("installed", {"label": "Scheduled Task", "loaded": True, "loadedText": "registered", "notLoadedText": "missing"}))
        self.assertEqual(validated(self.registered()), "")
        text = self.registered().decode("utf-16")
        self.assertIn(f"<Command>{self.script}</Command>", text)
        self.assertIn("<UserId>DESKTOP-1\\me &amp; you</UserId>", text)
        self.assertFalse((self.here.state / "gateway-task.xml").exists())
        script = self.script.read_bytes().decode()
        self.assertIn(f'{self.here.program} gateway --port 18992 < NUL\r\n', script)
        self.assertIn(f'set "OPENCLAW_STATE_DIR={self.here.state}"\r\n', script)
        self.assertIn(f'set "OPENCLAW_WINDOWS_TASK_NAME={NAME}"\r\n', script)
        self.assertNotIn("PATH=", script.replace("OPENCLAW_CONFIG_PATH=", ""))
        self.assertNotIn(TOKEN, script + text)
        self.assertEqual(self.script.stat().st_mode & 0o777, 0o600)

        service = self.service()
        self.assert_called(self.XML, self.SHOW, self.XML)
        self.assertEqual((service["label"], service["loaded"]), ("Scheduled Task", True))
        self.assertEqual({name: service["runtime"][name] for name in ("status", "subState", "lastRunResult")},
                         {"status": "running", "subState": "running", "lastRunResult": "267009"})
        self.assertTrue(service["configAudit"]["ok"], service["configAudit"])
        self.assertEqual(service["command"]["programArguments"], [str(self.here.program), "gateway", "--port", "18992"])

        self.assertEqual(self.json("gateway", "install")["result"], "already-installed")
        self.assertEqual(self.json("gateway", "start")["result"], "already-running")
        self.tools.calls()
        self.assertEqual(self.json("gateway", "stop", "--force")["result"], "stopped")
        self.assert_called(self.XML, self.SHOW, self.XML, self.SHOW, self.END)
        self.assertEqual(self.service()["runtime"]["subState"], "terminated")
        self.tools.calls()
        self.assertEqual(self.json("gateway", "start")["result"], "started")
        self.assert_called(self.XML, self.SHOW, self.XML, self.RUN)
        self.assertEqual(self.json("gateway", "uninstall")["result"], "uninstalled")
        self.assert_called(self.XML, self.SHOW, self.XML, self.SHOW, self.END, self.XML, self.DELETE)
        self.assertFalse(self.script.exists())
        self.assertTrue((self.here.state / "openclaw.json").exists())
        self.assertEqual(self.json("gateway", "uninstall")["result"], "uninstalled", "twice is fine")
        self.assert_called(self.XML)
        self.assertEqual(self.json("gateway", "start", code=1)["result"], "not-loaded")

    def test_a_german_windows_is_understood(self):
        self.tools.know(language="de", is_utf16=True)
        self.install()
        self.assertEqual(self.service()["runtime"]["status"], "running")
        self.tools.know(**{"is": "running-again"})
        self.assertEqual(self.service()["runtime"]["status"], "running", "after a start that was ignored")
        self.tools.know(**{"is": "failed"})
        runtime = self.service()["runtime"]
        self.assertEqual((runtime["status"], runtime["lastExitStatus"], runtime["lastRunTime"]), ("stopped", 78, "12.09.2026 22:41:43"))

    def test_the_gateway_is_stopped_before_its_task_is_ended(self):
        self.install()
        self.here.start()
        service = self.service()
        self.assertEqual(service["runtime"]["pid"], self.here.process.pid)
        self.assertEqual(self.json("gateway", "stop", "--force")["result"], "stopped")
        self.assertEqual(self.here.process.wait(10), 0, "in peace")
        self.assertIn(self.END, self.tools.calls())

    def test_a_stop_that_disables_outlives_the_next_logon(self):
        self.install()
        self.tools.calls()
        self.assertEqual(self.json("gateway", "stop", "--force", "--disable")["result"], "stopped")
        self.assertIn(["schtasks", "/Change", "/TN", "OpenClaw Gateway", "/DISABLE", "/HRESULT"], self.tools.calls())

    def test_install_over_a_running_gateway_stops_it_first(self):
        self.install()
        self.here.start()
        self.install("--force")
        self.assertEqual(self.here.process.wait(10), 0)
        self.assertEqual(self.service()["runtime"]["subState"], "running")

    def test_each_profile_has_a_task_of_its_own(self):
        self.json("--profile", "work", "gateway", "install", OPENCLAW_STATE_DIR="", OPENCLAW_CONFIG_PATH="")
        self.assertIn(["schtasks", "/Run", "/TN", "OpenClaw Gateway (work)", "/HRESULT"], self.tools.calls())
        self.assertTrue((self.home / ".openclaw-work/gateway.cmd").exists())

    def test_names_may_be_chosen(self):
        self.json("gateway", "install", OPENCLAW_WINDOWS_TASK_NAME="Mine", OPENCLAW_TASK_SCRIPT_NAME="mine.cmd")
        self.assertIn(["schtasks", "/Run", "/TN", "Mine", "/HRESULT"], self.tools.calls())
        self.assertTrue((self.here.state / "mine.cmd").exists())
        script = self.home / "elsewhere.cmd"
        self.json("gateway", "install", "--force", OPENCLAW_TASK_SCRIPT=script)
        self.assertTrue(script.exists())

    def test_what_a_service_needs_of_the_shell_is_told(self):
        self.here.write_config({"gateway": {**CONFIG["gateway"], "auth": {"token": "${MODEL_KEY}"}}})
        self.assertIn("setx MODEL_KEY", " ".join(self.json("gateway", "install", MODEL_KEY="k")["warnings"]))


class StartupFolderTest(TaskCase):
    def refuse(self, *answer):
        self.tools.answer("/Create", *[answer] * 4)

    def test_without_the_right_to_make_tasks_the_startup_folder_is_used(self):
        for language in ("en", "de"):
            with self.subTest(language=language):
                self.refuse(5, f"schtasks/{language}/error-5.txt")
                answer = self.json("gateway", "install")
                self.assertEqual((answer["result"], answer["service"]["loaded"]), ("installed", True))
                self.assertIn("may not make tasks", answer["warnings"][-1])
                self.assertIn(["cmd.exe", "/d", "/c", str(self.startup)], self.tools.calls())
                self.assertIn(f"start \"\" /min cmd.exe /d /c {self.script}\r\n", self.startup.read_bytes().decode())
                service = self.service()
                self.assertEqual((service["loaded"], service["command"]["sourcePath"]), (True, str(self.startup)))
                self.assertEqual(service["runtime"]["subState"], "in the Startup folder")
                self.assertTrue(service["configAudit"]["ok"])
                self.assertEqual(self.json("gateway", "install")["result"], "already-installed")
                self.assertEqual(self.json("gateway", "uninstall")["result"], "uninstalled")
                self.assertFalse(self.startup.exists() or self.script.exists())

    def test_a_schtasks_that_takes_too_long_counts_as_refused(self):
        self.refuse(124, "")
        self.json("gateway", "install")
        self.assertTrue(self.startup.exists())

    def test_its_gateway_is_stopped_and_started(self):
        self.refuse(5, "schtasks/en/error-5.txt")
        self.install()
        self.here.start()
        self.assertEqual(self.service()["runtime"]["status"], "running")
        self.assertEqual(self.json("gateway", "stop", "--force")["result"], "stopped")
        self.assertEqual(self.here.process.wait(10), 0)
        self.tools.calls()
        self.assertEqual(self.json("gateway", "start")["result"], "started")
        self.assertEqual(self.tools.calls()[-1], ["cmd.exe", "/d", "/c", str(self.startup)])
        self.tools.answer("/d", (1, b"no such drive"))
        self.assertIn("cmd.exe: no such drive", self.json("gateway", "start", code=1)["error"])

    def test_a_task_that_could_be_made_later_takes_its_place(self):
        self.refuse(5, "schtasks/en/error-5.txt")
        self.install()
        self.tools.know(answers={})
        self.install("--force")
        self.assertFalse(self.startup.exists())
        self.assertEqual(validated(self.registered()), "")

    def test_without_a_startup_folder_the_refusal_stands(self):
        self.refuse(5, "schtasks/en/error-5.txt")
        answer = self.json("gateway", "install", code=1, APPDATA="")
        self.assertIn("Access is denied", answer["error"])
        self.assertTrue(any("administrator" in hint for hint in answer["hints"]))


class TroubleTest(TaskCase):
    def test_another_failure_is_told_in_readable_words(self):
        self.tools.answer("/Create", (1, "FEHLER: ungültig".encode("cp850")))
        self.assertIn("FEHLER: ung?ltig", self.json("gateway", "install", code=1)["error"])
        self.assertFalse((self.here.state / "gateway-task.xml").exists())

    def test_a_task_that_does_not_run_is_told(self):
        self.tools.answer("/Run", (5, "schtasks/en/error-5.txt"))
        self.assertIn("Access is denied", self.json("gateway", "install", code=1)["error"])

    def test_without_schtasks_it_says_so(self):
        self.assertIn("schtasks was not found on PATH", self.json("gateway", "install", code=1, PATH="/nonexistent")["error"])

    def test_without_a_user_it_says_so(self):
        self.assertIn("USERNAME is not set", self.json("gateway", "install", code=1, USERNAME="")["error"])
        self.assertFalse(self.script.exists())

    def test_edited_definitions_are_told_element_by_element_and_mended(self):
        self.install()
        text = self.registered().decode("utf-16").replace("PT0S", "PT72H").replace("<Priority>", "<Enabled>false</Enabled><Priority>")
        (self.tools.folder / "registered.xml").write_bytes(text.encode("utf-16"))
        self.script.write_bytes(self.script.read_bytes() + b'set "OPENCLAW_GATEWAY_TOKEN=seen-by-all"\r\n')
        service = self.service()
        self.assertFalse(service["loaded"], "it is disabled")
        issues = {issue["code"]: issue for issue in service["configAudit"]["issues"]}
        self.assertEqual(set(issues), {"task-disabled", "task-time-limit", "gateway-token-embedded"})
        self.assertEqual(issues["task-time-limit"]["detail"], "found Settings/ExecutionTimeLimit PT72H, wanted Settings/ExecutionTimeLimit PT0S")
        self.assertNotIn("seen-by-all", json.dumps(service))
        self.install("--force")
        self.assertTrue(self.service()["configAudit"]["ok"])


if __name__ == "__main__":
    unittest.main()
