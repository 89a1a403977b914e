"""`openclaw logs`: with and without a gateway, and while the log moves on."""

import json
import subprocess
import unittest

from support.case import FunctionalCase


class LogsTest(FunctionalCase):
    def setUp(self):
        super().setUp()
        self.here = self.gateway(start=False)
        self.dir = self.here.state / "logs"

    def write(self, day, message):
        self.dir.mkdir(exist_ok=True)
        with open(self.dir / f"openclaw-2026-11-{day}.log", "a") as file:
            file.write(json.dumps({"time": f"2026-11-{day}T00:00:00.000Z", "level": "info", "subsystem": "test",
                                   "message": message}) + "\n")

    def follow(self, *args):
        process = subprocess.Popen([self.here.program, "logs", "--follow", *args], env=self.here.environment, text=True,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(process.__exit__, None, None, None)
        self.addCleanup(process.kill)
        return process

    def test_the_log_of_a_gateway_that_has_ended_is_shown(self):
        self.here.start()
        self.assertEqual(self.here.stop(), 0)
        shown = self.here.cli("logs", check=True).stdout
        self.assertRegex(shown, r"(?m)^\S+  info   gateway +ready")
        written = [line for line in self.here.log().splitlines() if line]
        lines = [json.loads(line) for line in self.here.cli("logs", "--json", check=True).stdout.splitlines()]
        self.assertEqual([line["raw"] for line in lines[1:]], written[-200:])

    def test_following_goes_over_rotation_and_date(self):
        self.write(23, "before")
        process = self.follow("--json", "--limit", "1")

        def said():
            return json.loads(process.stdout.readline()).get("message")

        self.assertEqual(json.loads(process.stdout.readline())["type"], "meta")
        self.assertEqual(said(), "before")
        self.write(23, "appended")
        self.assertEqual(said(), "appended")
        monday = self.dir / "openclaw-2026-11-23.log"
        self.write(23, "last of its file")
        monday.rename(f"{monday}.1")
        self.write(23, "first after the rotation")
        self.assertEqual([said(), said()], ["last of its file", "first after the rotation"])
        self.write(24, "another day")
        self.assertEqual(said(), "another day")

    def test_following_waits_for_the_first_log(self):
        process = self.follow()
        self.assertIn("no log", process.stderr.readline())
        self.write(23, "here it is")
        self.assertIn("here it is", process.stdout.readline())

    def test_a_reader_that_goes_ends_it(self):
        self.write(23, "one")
        process = self.follow()
        self.assertIn("one", process.stdout.readline())
        process.stdout.close()
        self.write(23, "two")
        self.assertNotEqual(process.wait(10), 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
