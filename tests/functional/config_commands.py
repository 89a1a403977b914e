"""`openclaw config …`: one key is changed, everything else stays; bad input changes nothing and says why."""

import concurrent.futures
import json
import os
import pathlib
import random
import subprocess
import tempfile
import unittest

from support.case import FunctionalCase
from support.gateway import default_config
from support.openclaw_peers import Original, why_not

COMMENTED = """// My gateway. Keep this comment.
{
  gateway: {
    mode: 'local',   // what this machine does
    port: 18789,
    auth: { token: "${MY_TOKEN}", },
  },
  /* models
     follow */
  "agents": {"defaults": {"maxConcurrent": 0x4}},
}
"""
TOKEN = {"MY_TOKEN": "from-the-environment"}
MUTANTS = 200


class ConfigCase(FunctionalCase):
    def setUp(self):
        super().setUp()
        self.here = self.gateway(None, start=False)
        self.file = self.here.state / "openclaw.json"

    def config(self, *args, **options):
        return self.here.cli("config", *args, environment={**TOKEN, **options.pop("environment", {})}, **options)


class ChangeTest(ConfigCase):
    def test_the_rest_of_the_file_stays_byte_for_byte(self):
        self.file.write_text(COMMENTED)
        self.config("set", "gateway.port", "18800", check=True)
        self.assertEqual(self.file.read_text(), COMMENTED.replace("18789", "18800"))
        self.assertEqual((self.here.state / "openclaw.json.bak").read_text(), COMMENTED)
        self.config("set", "logging.level", "debug", check=True)
        self.config("unset", "logging", check=True)
        self.config("set", "gateway.port", "18789", check=True)
        self.assertEqual(self.file.read_text(), COMMENTED)
        self.assertEqual(self.file.stat().st_mode & 0o777, 0o600)

    def test_a_file_is_made_when_there_is_none(self):
        self.config("set", "gateway.mode", "local", check=True)
        self.assertEqual(json.loads(self.file.read_text()), {"gateway": {"mode": "local"}})
        self.assertEqual(self.config("get", "gateway.mode", check=True).stdout, "local\n")
        self.assertEqual(self.config("file", check=True).stdout, f"{self.file}\n")

    def test_an_invalid_change_writes_nothing(self):
        self.file.write_text(COMMENTED)
        for words, why in ((("set", "gateway.port", "99999"), "- gateway.port: expected a whole number from 1 to 65535"),
                           (("set", "gateway.token", "x"), "did you mean gateway.auth.token"),
                           (("set", "gateway.mode.x", "1"), "gateway.mode is neither an object nor a list"),
                           (("set", "a..b", "1"), "is not a path"),
                           (("set", "gateway.port", "1", "2"), "too many arguments"),
                           (("set", "gateway.port"), "missing required argument 'value'"),
                           (("set", "gateway.port", "{", "--strict-json"), "the value is not JSON"),
                           (("unset", "gateway.bind"), "gateway.bind is not set"),
                           (("get", "gateway.bind"), "gateway.bind is not set")):
            with self.subTest(words=words):
                done = self.config(*words)
                self.assertEqual(done.returncode, 1)
                self.assertIn(why, done.stderr)
                answer = self.config(*words, "--json")
                self.assertEqual((answer.returncode, json.loads(answer.stdout)["ok"]), (1, False))
        self.assertEqual(self.file.read_text(), COMMENTED)
        self.assertEqual(sorted(path.name for path in self.here.state.iterdir()), ["openclaw.json"])

    def test_a_broken_file_can_be_mended_key_by_key(self):
        self.file.write_text("{gateway: {port: 0, mode: 'locl'}}")
        self.config("set", "gateway.port", "1", check=True)
        self.assertEqual(self.config("validate").returncode, 1)
        self.config("set", "gateway.mode", "local", check=True)
        self.config("validate", check=True)

    def test_secrets_are_not_shown(self):
        self.file.write_text('{gateway: {auth: {token: "very secret"}}}')
        self.assertNotIn("very secret", self.config("get", "gateway", check=True).stdout)

    def test_two_changes_at_once_are_both_kept(self):
        self.file.write_text("{}")
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda i: self.config("set", f"env.vars.V{i}", f"x{i}", check=True), range(16)))
        self.assertEqual(json.loads(self.file.read_text())["env"]["vars"], {f"V{i}": f"x{i}" for i in range(16)})

    def test_it_is_not_written_where_somebody_else_manages_it(self):
        self.file.write_text("{}")
        for name in ("OPENCLAW_NIX_MODE", "OPENCLAW_CONFIG_READONLY"):
            done = self.config("set", "gateway.port", "1", environment={name: "1"})
            self.assertEqual(done.returncode, 1)
            self.assertIn(name, done.stderr)
        self.assertEqual(self.file.read_text(), "{}")

    def test_the_schema_is_a_document(self):
        schema = json.loads(self.config("schema", check=True).stdout)
        self.assertEqual(schema["properties"]["gateway"]["properties"]["port"]["maximum"], 65535)


class IncludeTest(ConfigCase):
    """Parts of the file in files of their own."""

    MAIN = "{\n  // mine\n  gateway: { $include: './gateway.json5' },\n  env: { $include: ['a.json'] },\n}\n"
    PART = "{\n  mode: 'local', // what this machine does\n  port: 18789,\n}\n"

    def setUp(self):
        super().setUp()
        self.part = self.here.state / "gateway.json5"
        self.file.write_text(self.MAIN)
        self.part.write_text(self.PART)
        (self.here.state / "a.json").write_text('{"A": "1"}')

    def test_a_key_of_an_included_section_is_changed_there(self):
        self.config("set", "gateway.port", "18800", check=True)
        self.assertEqual(self.part.read_text(), self.PART.replace("18789", "18800"))
        self.assertEqual((self.here.state / "gateway.json5.bak").read_text(), self.PART)
        self.config("set", "logging.level", "debug", check=True)
        self.assertEqual(self.file.read_text().replace('  logging: {\n    "level": "debug"\n  },\n', ""), self.MAIN)
        self.assertEqual(self.config("get", "gateway.port", check=True).stdout, "18800\n")

    def test_anything_else_is_for_people(self):
        for words in (("set", "env.B", "1"), ("set", "gateway", "{}"), ("unset", "env.A")):
            done = self.config(*words)
            self.assertEqual(done.returncode, 1)
            self.assertIn("comes from or holds an $include", done.stderr)
        self.assertEqual((self.file.read_text(), self.part.read_text()), (self.MAIN, self.PART))

    def test_a_fault_in_an_included_file_is_found_there(self):
        done = self.config("set", "gateway.prot", "1")
        self.assertEqual(done.returncode, 1)
        self.assertIn("- gateway.prot: Unrecognized key (gateway.json5, line 4, column 3)", done.stderr)
        self.assertEqual(self.part.read_text(), self.PART)
        self.part.write_text("{\n  port: 0 }")
        answer = json.loads(self.config("validate", "--json").stdout)
        self.assertEqual(answer["issues"], [{"path": "gateway.port", "message":
                         "expected a whole number from 1 to 65535 (gateway.json5, line 2, column 3)"}])
        done = self.here.cli("gateway", "run")
        self.assertEqual(done.returncode, 78)
        self.assertIn("(gateway.json5, line 2, column 3)", done.stderr)


class GuardTest(ConfigCase):
    """Changes that look like accidents."""

    def assert_rejected(self, words, why):
        before = self.file.read_bytes()
        done = self.config(*words, "--json")
        self.assertEqual(done.returncode, 1)
        error = json.loads(done.stdout)["error"]
        self.assertEqual(error["code"], "CONFIG_WRITE_REJECTED")
        self.assertIn(why, error["message"])
        self.assertEqual(self.file.read_bytes(), before)
        [kept] = self.here.state.glob("openclaw.json.rejected.*")
        self.assertEqual(kept.stat().st_mode & 0o777, 0o600)
        return kept.read_text()

    def test_the_role_of_the_machine_does_not_disappear(self):
        self.file.write_text(COMMENTED)
        kept = self.assert_rejected(("unset", "gateway.mode"), "gateway.mode would be gone")
        self.assertIn("18789", kept)
        self.assertNotIn("local", kept)

    def test_the_file_does_not_lose_half_of_itself(self):
        self.file.write_text(json.dumps({"gateway": {"mode": "local"}, "env": {"vars": {"LONG": "x" * 600}}}))
        self.assert_rejected(("unset", "env"), "would shrink from")

    def test_a_small_file_may(self):
        self.file.write_text(json.dumps({"gateway": {"mode": "local"}, "env": {"vars": {"LONG": "x" * 300}}}))
        self.config("unset", "env", check=True)


class PlaceTest(ConfigCase):
    """What may stand in the way of the file."""

    def test_a_link_is_followed_and_stays(self):
        real = self.here.state / "dotfiles"
        real.mkdir()
        (real / "gateway.json").write_text(COMMENTED)
        self.file.symlink_to("dotfiles/gateway.json")
        self.config("set", "gateway.port", "18800", check=True)
        self.assertTrue(self.file.is_symlink())
        self.assertIn("18800", (real / "gateway.json").read_text())

    def test_what_is_no_file_is_named(self):
        self.file.mkdir()
        for words in (("set", "gateway.port", "1"), ("validate",), ("get", "gateway")):
            done = self.config(*words)
            self.assertEqual(done.returncode, 1)
            self.assertIn("not a regular file", done.stderr)

    def test_without_a_home_it_says_what_to_set(self):
        # An empty variable counts as unset.
        done = self.config("file", environment={name: "" for name in ("HOME", "OPENCLAW_HOME", "OPENCLAW_STATE_DIR", "USERPROFILE")})
        self.assertEqual(done.returncode, 1)
        self.assertIn("set HOME or OPENCLAW_STATE_DIR", done.stderr)

    @unittest.skipUnless(os.geteuid() == 0, "needs root to make a file of another user")
    def test_a_file_of_another_user_is_left_alone(self):
        self.file.write_text(COMMENTED)
        os.chown(self.file, 12345, 12345)
        done = self.config("set", "gateway.port", "1")
        self.assertEqual(done.returncode, 1)
        self.assertIn("belongs to another user (uid 12345)", done.stderr)
        self.assertEqual(self.file.stat().st_uid, 12345)

    @unittest.skipUnless(os.geteuid() == 0, "mounting a small file system needs root")
    def test_a_full_disk_changes_nothing(self):
        disk = pathlib.Path(tempfile.mkdtemp(prefix="openclaw-small-disk-"))
        self.addCleanup(disk.rmdir)
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k,mode=0700", "tmpfs", disk], capture_output=True).returncode != 0:
            self.skipTest("a small file system cannot be mounted here")
        self.addCleanup(subprocess.run, ["umount", "-l", str(disk)], check=True)
        file = disk / "openclaw.json"
        file.write_text(COMMENTED)
        with open(disk / "ballast", "wb", buffering=0) as ballast:
            try:
                while True:
                    ballast.write(bytes(4096))
            except OSError:
                pass
        done = self.config("set", "gateway.port", "18800", environment={"OPENCLAW_CONFIG_PATH": str(file)})
        self.assertEqual(done.returncode, 1)
        self.assertIn("No space left on device", done.stderr)
        self.assertEqual(file.read_text(), COMMENTED)
        self.assertEqual(sorted(path.name for path in disk.iterdir()), ["ballast", "openclaw.json"])


class MutantsTest(ConfigCase):
    """200 damaged files, the same ones every time: the answer is one document, with a reason, and nothing is written."""

    def mutant(self, seed):
        chance = random.Random(seed)
        text = bytearray(COMMENTED.encode())
        for _ in range(chance.randint(1, 4)):
            at = chance.randrange(len(text))
            kind = chance.randrange(5)
            if kind == 0:
                del text[at:at + chance.randint(1, 20)]
            elif kind == 1:
                text[at] = chance.randrange(256)
            elif kind == 2:
                text[at:at] = chance.choice([b"{", b"}", b"[", b"\"", b",", b"\x00", b"\xff", b"1e999", b"null", b"\\u12"])
            elif kind == 3:
                text[at:at] = bytes(text[:at])
            else:
                text = text[:at] or bytearray(b" ")
        return bytes(text)

    def test_damaged_files_get_an_answer(self):
        invalid = 0
        for seed in range(MUTANTS):
            text = self.mutant(seed)
            self.file.write_bytes(text)
            done = self.config("validate", "--json")
            self.assertIn(done.returncode, (0, 1), (seed, done.stderr))
            answer = json.loads(done.stdout)
            self.assertEqual(done.returncode == 0, answer["valid"], seed)
            invalid += not answer["valid"]
            for issue in answer["issues"]:
                self.assertTrue(issue["message"], seed)
            changed = self.config("set", "logging.level", "info", "--json")
            if not json.loads(changed.stdout)["ok"]:
                self.assertEqual(self.file.read_bytes(), text, seed)
        self.assertGreater(invalid, MUTANTS // 2)

    def test_a_gateway_does_not_start_with_one(self):
        self.file.write_text('{gateway: {mode: "local", prot: 1}}')
        done = self.here.cli("gateway", "run")
        self.assertEqual(done.returncode, 78)
        self.assertIn("gateway.prot: Unrecognized key", done.stderr)


class RoundTripTest(FunctionalCase):
    """Files that the original wrote itself."""

    def setUp(self):
        super().setUp()
        if missing := why_not():
            self.skipTest(missing)

    def check_release(self, release):
        here = self.gateway(None, start=False)
        original = Original(release, here, here.state.parent / "original")
        del original.environment["OPENCLAW_GATEWAY_PORT"]
        file = original.home / ".openclaw/openclaw.json"
        file.unlink()
        for path, value in (("gateway.mode", "local"), ("gateway.port", "18850"), ("agents.defaults.maxConcurrent", "3"),
                            ("logging.level", "debug")):
            original.run("config", "set", path, value)
        written = file.read_bytes()
        self.assertIn(b"lastTouchedVersion", written)
        ours = {"OPENCLAW_CONFIG_PATH": str(file)}
        validated = here.cli_json("config", "validate", "--json", environment=ours)
        self.assertEqual((validated["valid"], validated["issues"]), (True, []))
        here.cli("config", "set", "gateway.port", "18851", environment=ours, check=True)
        self.assertEqual(file.read_bytes(), written.replace(b"18850", b"18851"))

    def test_a_file_of_2026_5_6(self):
        self.check_release("2026.5.6")

    def test_a_file_of_2026_9_6(self):
        self.check_release("2026.9.6")


if __name__ == "__main__":
    unittest.main(verbosity=2)
