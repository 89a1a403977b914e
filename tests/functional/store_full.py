"""A full disk: what cannot be stored is refused, everything else goes on, and it recovers by itself."""

import json
import os
import pathlib
import signal
import subprocess
import tempfile
import unittest

from support.case import FunctionalCase, new_key
from support.gateway import Gateway, default_config
from support.timing import wait_until
from support.ws import RpcError, text_of


class FullDiskTest(FunctionalCase):
    def setUp(self):
        super().setUp()
        if os.geteuid() != 0:
            self.skipTest("mounting a small file system needs root")
        self.disk = pathlib.Path(tempfile.mkdtemp(prefix="openclaw-small-disk-"))
        self.addCleanup(self.disk.rmdir)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m,mode=0700", "tmpfs", self.disk], capture_output=True)
        if mounted.returncode != 0:
            self.skipTest("a small file system cannot be mounted here")
        self.addCleanup(subprocess.run, ["umount", "-l", str(self.disk)], check=True)
        self.running = Gateway(default_config(), state=self.disk / "state")
        self.running.output_path = pathlib.Path(tempfile.mkstemp(prefix="openclaw-output-")[1])
        self.addCleanup(self.running.output_path.unlink)
        self.addCleanup(self.running.close)
        self.running.start()
        self.client = self.connect(self.running)

    def fill(self):
        """Takes every last block."""
        ballast = self.disk / "ballast"
        with open(ballast, "wb", buffering=0) as file:
            for size in (65536, 4096, 1):
                try:
                    while True:
                        file.write(b"x" * size)
                except OSError:
                    pass
        return ballast

    def send(self, key, size=20_000):
        return self.client.chat_send("s", "y" * size, key)

    def test_the_command_line_is_answered_while_full(self):
        self.fill()
        for command in (["health"], ["gateway", "call", "gateway.restart.preflight"], ["gateway", "status"]):
            with self.subTest(command=command):
                self.assertTrue(self.running.cli_json(*command, "--json"))

    def test_errors_while_full_and_recovery_after(self):
        run = self.client.chat_send("s", "before")["runId"]
        self.client.wait_chat_end(run)
        generation = self.running.serving()
        ballast = self.fill()

        refused = None
        keys = []
        for _ in range(400):  # The journal may have room for some more.
            keys.append(new_key())
            try:
                self.send(keys[-1])
            except RpcError as error:
                refused = error
                break
        self.assertIsNotNone(refused, "a full disk was never noticed")
        self.assertEqual(refused.code, "UNAVAILABLE")
        self.assertTrue(refused.message)

        # Nothing that only reads is disturbed, for this client and for new ones.
        self.assertTrue(self.client.request("health")["ok"])
        self.assertEqual(text_of(self.client.history("s")[0]), "before")
        other = self.connect(self.running)
        self.assertIn("sessions", other.request("sessions.list", {}))
        self.assertEqual(self.running.serving(), generation, "the generation did not crash")

        # With room again the same key is taken, and nothing was stored twice.
        ballast.unlink()

        def taken():
            try:
                return self.send(keys[-1])["status"]
            except RpcError:
                return None

        self.assertIn(wait_until(taken, 15, "work is accepted again", every=0.1), ("started", "in_flight", "ok"))
        asked = []

        def all_answered():
            rows = self.client.history("s")
            asked[:] = [row for row in rows if row["role"] == "user"]
            return len(asked) == len(keys) + 1 and sum(row["role"] == "assistant" for row in rows) == len(asked)

        wait_until(all_answered, 60, f"{len(keys) + 1} messages, each answered once", every=0.1)

    def test_a_restart_on_a_full_disk(self):
        """It needs no room: the successor serves. Only the record of the restart is missing, and that is told."""
        first = self.running.serving()
        self.fill()
        done = self.running.cli("gateway", "restart", "--json", timeout=90)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(json.loads(done.stdout)["error"]["message"], "^generation 2 serves and has no record of restart ")
        self.assertNotEqual(self.running.serving(), first)
        with self.running.connect() as client:
            self.assertTrue(client.request("health")["ok"])
            with self.assertRaises(RpcError) as refused:
                for _ in range(400):
                    client.chat_send("s", "y" * 20_000, new_key())
        self.assertEqual(refused.exception.code, "UNAVAILABLE")

    def test_a_successor_that_cannot_take_the_queue_over_serves_and_takes_it_later(self):
        self.running.stop()
        self.running.write_config(default_config(echo={"chunkDelayMs": 20, "chunkChars": 1}))
        first = self.running.start().serving()
        with self.running.connect() as client:
            run = client.chat_send("s", "a turn that is cut by the death of its generation")["runId"]
            client.wait_event("chat", lambda payload: payload["runId"] == run)
        ballast = self.fill()
        os.kill(first, signal.SIGKILL)
        second = self.running.wait_new_generation(first)
        with self.running.connect() as client:
            self.assertTrue(client.request("health")["ok"])
            with self.assertRaises(RpcError) as refused:
                client.chat_send("s", "more", new_key())
            self.assertEqual(refused.exception.code, "UNAVAILABLE")
            self.assertIn("the database cannot be written", str(refused.exception))
            ballast.unlink()
            wait_until(lambda: [row["role"] for row in client.history("s")] == ["user", "assistant"], 30, "it goes on", every=0.1)
        self.assertEqual(self.running.serving(), second, "nobody had to be replaced")


if __name__ == "__main__":
    unittest.main(verbosity=2)
