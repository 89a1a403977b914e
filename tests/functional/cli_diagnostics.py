"""`openclaw gateway diagnostics export`: a file to pass on, with nothing secret in it."""

import datetime
import json
import pathlib
import stat
import unittest
import zipfile

from support.case import FunctionalCase
from support.gateway import TOKEN, default_config

MEMBERS = ["manifest.json", "diagnostics.json", "config/shape.json", "config/sanitized.json",
           "logs/openclaw-sanitized.jsonl", "status/gateway-status.json", "health/gateway-health.json", "summary.md"]
# Each in another place, so that a leak names where it came from.
PLANTED = {"config": "plum-of-the-config", "env": "plum-of-the-env-block", "variable": "plum of a variable",
           "header": "plum-of-a-header", "log": "plumofthelog", "dotenv": "plum-of-dot-env", "url": "plum-of-a-url",
           "said": "plum that a person wrote"}


class DiagnosticsTest(FunctionalCase):
    def config(self):
        config = default_config()
        config["env"] = {"vars": {"SOME_NAME": PLANTED["env"]}}
        config["models"] = {"providers": {"p": {
            "baseUrl": f"http://user:{PLANTED['url']}@127.0.0.1:1/v1", "api": "openai-completions", "apiKey": PLANTED["config"],
            "headers": {"X-Any": PLANTED["header"]}, "models": [{"id": "m", "name": "m"}]}}}
        return config

    def plant(self, gateway):
        (gateway.state / ".env").write_text(f"# A comment.\nANY='{PLANTED['dotenv']}'\n")
        log = max((gateway.state / "logs").glob("*.log"), default=gateway.state / "logs/openclaw-1.log")
        log.parent.mkdir(exist_ok=True, mode=0o700)
        with log.open("a") as file:
            for message in (f"the token={PLANTED['log']} of a request", f"uses {PLANTED['config']} and {PLANTED['dotenv']}",
                            f"Authorization: Bearer {PLANTED['log']}", f"{PLANTED['variable']} {TOKEN}"):
                file.write(json.dumps({"time": "t", "level": "info", "subsystem": "s", "message": message,
                                       "sessionText": PLANTED["said"]}) + "\n")
            file.write(f"no record: {PLANTED['log']}\n")

    def export(self, gateway, *args, **options):
        answer = gateway.cli_json("gateway", "diagnostics", "export", "--json", *args, **options)
        path = pathlib.Path(answer["path"])
        self.assertEqual((path.stat().st_size, stat.S_IMODE(path.stat().st_mode)), (answer["bytes"], 0o600))
        archive = self.enterContext(zipfile.ZipFile(path))
        self.assertIsNone(archive.testzip())
        self.assertEqual(archive.namelist(), MEMBERS)
        return answer, {name: archive.read(name).decode() for name in archive.namelist()}

    def test_a_running_gateway_is_described_without_its_secrets(self):
        gateway = self.gateway(self.config())
        client = self.connect(gateway)
        client.chat_send("agent:main:plum-session", PLANTED["said"], key="k1")
        client.wait_chat_end("k1")
        self.plant(gateway)
        answer, members = self.export(gateway, environment={"OPENCLAW_GATEWAY_PASSWORD": PLANTED["variable"]})

        for name, text in members.items():
            for place, secret in {**PLANTED, "token": TOKEN, "home": str(gateway.state.parent)}.items():
                self.assertNotIn(secret, text, f"{place} in {name}")
            self.assertNotIn("plum-session", text, name)

        manifest = json.loads(members["manifest.json"])
        self.assertEqual(manifest, answer["manifest"])
        self.assertEqual([(one["path"], one["bytes"]) for one in manifest["contents"]],
                         [(name, len(members[name].encode())) for name in MEMBERS[1:]])
        self.assertEqual(set(manifest), {"version", "generatedAt", "openclawVersion", "platform", "arch", "node", "stateDir",
                                         "contents", "privacy"})
        self.assertEqual((manifest["stateDir"], manifest["privacy"]["payloadFree"], manifest["privacy"]["rawLogsIncluded"]),
                         ("$OPENCLAW_STATE_DIR", True, False))
        status, health = (json.loads(members[name]) for name in MEMBERS[5:7])
        self.assertEqual((status["ok"], status["payload"]["sessions"]["count"]), (True, 1))
        self.assertEqual((health["ok"], health["payload"]["ok"]), (True, True))
        lines = [json.loads(line) for line in members["logs/openclaw-sanitized.jsonl"].splitlines()]
        self.assertIn("the token=[redacted] of a request", [line["message"] for line in lines])
        self.assertIn("ready", [line["message"] for line in lines])
        self.assertEqual(json.loads(members["config/sanitized.json"])["gateway"]["mode"], "local")
        self.assertEqual(json.loads(members["config/shape.json"])["shape"]["gateway"]["mode"], "string")
        about = json.loads(members["diagnostics.json"])
        self.assertEqual((about["log"]["lines"], about["log"]["linesLeftOut"]), (len(lines), 1))
        self.assertIn("file-mode", [one["code"] for one in about["findings"]])
        self.assertIn("the gateway answered", members["summary.md"])

    def test_it_works_without_a_gateway_and_with_a_broken_configuration(self):
        gateway = self.gateway("{ gateway: { auth: { token: 'plum-of-the-config'", start=False)
        self.plant(gateway)
        _, members = self.export(gateway, "--log-lines", "1", "--port", "1")
        for text in members.values():
            self.assertNotIn(PLANTED["dotenv"], text)
        for name in MEMBERS[5:7]:
            answer = json.loads(members[name])
            self.assertEqual((answer["ok"], bool(answer["error"])), (False, True))
        self.assertFalse(json.loads(members["config/shape.json"])["valid"])
        self.assertIn("did not answer", members["summary.md"])
        self.assertEqual(members["logs/openclaw-sanitized.jsonl"], "", "the one line is no record")

    def test_the_output_may_be_a_file_or_a_directory_and_members_are_dated(self):
        gateway = self.gateway(start=False)
        here = gateway.state.parent
        before = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
        answer, _ = self.export(gateway, "--output", here / "new/one.zip")
        self.assertEqual(answer["path"], str(here / "new/one.zip"))
        dated = datetime.datetime(*zipfile.ZipFile(answer["path"]).infolist()[0].date_time)
        self.assertLess(abs((dated - before).total_seconds()), 60)
        answer, _ = self.export(gateway, "--output", here / "new")
        self.assertRegex(answer["path"], r"/new/openclaw-diagnostics-[0-9TZ-]+-\d+\.zip$")
        human = gateway.cli("gateway", "diagnostics", "export", "--no-stability-bundle", check=True).stdout
        self.assertRegex(human, rf"^Wrote {gateway.state}/logs/support/openclaw-diagnostics-\S+\.zip \(\d+ bytes\)\.\n")

    def test_bad_options_and_a_place_that_cannot_be_written_are_told(self):
        gateway = self.gateway(start=False)
        (gateway.state / "file").write_text("")
        for options, why in ((("--log-lines", "0"), "Invalid --log-lines"), (("--log-bytes", "x"), "Invalid --log-bytes"),
                             (("--timeout", "x"), "Invalid --timeout"), (("--output", gateway.state / "file/x.zip"), "file")):
            done = gateway.cli("gateway", "diagnostics", "export", "--json", *options)
            answer = json.loads(done.stdout)
            self.assertEqual((done.returncode, answer["ok"]), (1, False))
            self.assertIn(why, answer["error"]["message"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
