"""A successor that cannot start never takes the service down."""

import os
import pathlib
import shutil
import signal
import stat
import unittest

from support.case import FunctionalCase
from support.gateway import PROGRAM, Probe, default_config, is_alive
from support.timing import wait_until
from support.ws import Closed, text_of


class FailingSuccessorTest(FunctionalCase):
    def setUp(self):
        super().setUp()
        # A copy of the programs, so that the generation can be replaced on disk while the gateway runs.
        self.running = self.gateway(start=False)
        self.installed = self.running.state.parent / "installed"
        for part in ("bin/openclaw", "libexec/openclaw-gateway"):
            target = self.installed / part
            target.parent.mkdir(parents=True)
            shutil.copy2(PROGRAM.parent.parent / part, target)
        self.running.program = self.installed / "bin/openclaw"
        self.libexec = self.installed / "libexec/openclaw-gateway"
        self.running.start()
        self.generation = self.running.serving()

    def replace_program(self, script):
        other = pathlib.Path(f"{self.libexec}.new")
        other.write_text(script)
        other.chmod(other.stat().st_mode | stat.S_IXUSR)
        os.replace(other, self.libexec)

    def failed_restart(self, timeout=40):
        """Asks for a restart that must fail, and returns its record."""
        client = self.connect(self.running)
        with Probe(self.running.port) as probe:
            client.request("gateway.restart.request", {"reason": "will fail"})

            def failure():
                last = client.request("gateway.restart.status", {})["last"]
                return last if last and last["outcome"] == "failed" else None

            record = wait_until(failure, timeout, "the restart is reported as failed", every=0.05)
        self.assertEqual(probe.refused, 0)
        return client, record

    def check_still_serving(self, client):
        self.assertTrue(client.is_open, "the connection survived")
        run = client.chat_send("s", "still there?")["runId"]
        self.assertEqual(text_of(client.wait_chat_end(run)["message"]), "echo: still there?")
        wait_until(lambda: self.running.generations() == [self.generation], 25, "only the old generation is left")

    def test_a_broken_configuration(self):
        (self.running.state / "openclaw.json").write_text('{\n  "gateway": {\n    "mode": oops\n')
        client, record = self.failed_restart()
        self.assertRegex(record["failure"], r"configuration.*\n?.*line 3, column \d+")
        self.check_still_serving(client)
        # Mended, the next restart works.
        self.running.write_config(default_config())
        wait_until(lambda: self.try_restart(), 60, "a restart after the configuration was mended", every=0.5)

    def try_restart(self):
        try:
            with self.running.connect() as client:
                client.request("gateway.restart.request", {})
        except Closed as closed:  # the hand-over of the restart asked for before
            self.assertEqual(closed.code, 1012)
        return self.generation not in self.running.generations()

    def test_a_program_that_fails(self):
        self.replace_program("#!/bin/sh\nexit 3\n")
        client, record = self.failed_restart()
        self.assertIn("3", record["failure"])
        self.check_still_serving(client)

    def test_a_program_that_is_killed(self):
        self.replace_program("#!/bin/sh\nkill -9 $$\n")
        client, record = self.failed_restart()
        self.assertTrue(record["failure"])
        self.check_still_serving(client)

    def test_a_gateway_that_hangs_is_told_with_what_to_do(self):
        serving = self.running.serving()
        os.kill(serving, signal.SIGSTOP)
        self.addCleanup(os.kill, serving, signal.SIGCONT)
        done = self.running.cli("gateway", "restart")
        self.assertEqual(done.returncode, 1)
        self.assertIn("a gateway that hangs is ended and replaced within 50 s", done.stderr)

    def test_a_program_that_hangs(self):
        self.replace_program("#!/bin/sh\nexec sleep 600\n")
        client, record = self.failed_restart()
        self.assertTrue(record["failure"])
        self.check_still_serving(client)

    def test_a_program_that_is_gone(self):
        self.libexec.unlink()
        client, record = self.failed_restart()
        self.assertTrue(record["failure"])
        self.check_still_serving(client)

    def test_a_program_that_cannot_be_run(self):
        self.replace_program("this is not a program")
        client, record = self.failed_restart()
        self.assertTrue(record["failure"])
        self.check_still_serving(client)

    def test_too_little_memory(self):
        """From too little to load the program to too little to open the database, which is noticed after the
        hand-over: whenever it runs out, the old one serves, and says what happened."""
        real = self.libexec.with_name("real-gateway")
        shutil.copy2(self.libexec, real)
        config = self.running.state / "openclaw.json"
        # To read so much takes more than the steps below: at one of them it runs out there.
        config.write_text(f"{config.read_text()}\n// {'x' * 3_000_000}\n")
        failures = []
        with Probe(self.running.port) as probe:
            for kilobytes in range(10_000, 20_000, 1_000):
                self.replace_program(f'#!/bin/sh\nulimit -v {kilobytes}\nexec "{real}" "$@"\n')
                done = self.running.cli("gateway", "restart", "--force", "--json", timeout=60)
                self.assertEqual(done.returncode, 1, done.stdout)
                wait_until(lambda: self.running.generations() == [self.generation], 25, "only the old generation is left")
                with self.running.connect() as client:
                    failures.append(client.request("gateway.restart.status", {})["last"]["failure"])
        self.assertEqual(probe.refused, 0)
        self.assertIn("exited with code 127", failures)
        self.assertIn("out of memory", failures)
        self.check_still_serving(self.connect(self.running))

    def test_the_command_line_tells_that_the_restart_failed(self):
        self.replace_program("#!/bin/sh\nexit 3\n")
        done = self.running.cli("gateway", "restart", "--json", timeout=90)
        self.assertNotEqual(done.returncode, 0, done.stdout)
        self.assertIn('"ok"', done.stdout)
        self.assertEqual(self.running.generations()[:1], [self.generation])


class ProbationTest(FunctionalCase):
    """A successor that served and then proves to be no good gives back to its predecessor, which has waited."""

    def setUp(self):
        super().setUp()
        self.running = self.gateway(default_config(restart={"probationMs": 60_000}))
        self.old = self.running.serving()
        self.running.cli_json("gateway", "restart", "--json")
        old, self.new = self.running.generations()
        self.assertEqual(old, self.old)

    def check_old_serves_again(self, failure):
        wait_until(lambda: self.running.generations() == [self.old], 25, "the old generation serves again")

        def record():
            try:
                with self.running.connect() as client:
                    return client.request("gateway.restart.status", {})["last"]
            except Closed:
                return None

        last = wait_until(lambda: (r := record()) and r["outcome"] == "failed" and r, 10, "the restart is recorded")
        self.assertRegex(last["failure"], failure)
        with self.running.connect() as client:
            run = client.chat_send("s", "who is there?")["runId"]
            self.assertEqual(text_of(client.wait_chat_end(run)["message"]), "echo: who is there?")

    def test_one_that_crashes(self):
        with Probe(self.running.port) as probe:
            os.kill(self.new, signal.SIGKILL)
            self.check_old_serves_again("was killed by SIGKILL")
        self.assertEqual(probe.refused, 0)

    def test_one_that_hangs(self):
        os.kill(self.new, signal.SIGSTOP)
        self.check_old_serves_again("did not answer within 5 s during its probation")

    def test_a_stop_ends_both(self):
        self.running.stop()
        self.assertEqual([pid for pid in (self.old, self.new) if is_alive(pid)], [])
        self.assertNotIn("could not record a restart", self.running.output())


if __name__ == "__main__":
    unittest.main(verbosity=2)
