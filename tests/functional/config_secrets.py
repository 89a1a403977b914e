"""Secrets that are kept outside of the configuration: followed when they count, never shown, and nothing starts without them."""

import os
import pathlib
import time
import unittest

from support.case import FunctionalCase
from support.gateway import default_config
from support.timing import wait_until

SECRET = "value-from-the-vault"
PROGRAM = """#!/bin/sh
echo asked >>"$ASKED"
cat >/dev/null
printf '{"protocolVersion":1,"values":{"gateway/token":"%s"},"errors":{"locked":{"message":"vault is locked"}}}' "$VALUE"
"""


class SecretsCase(FunctionalCase):
    def setUp(self):
        super().setUp()
        self.here = self.gateway(None, start=False)
        self.vault = self.here.state / "vault.sh"
        self.vault.write_text(PROGRAM)
        self.vault.chmod(0o700)
        self.asked = self.here.state / "asked"

    def config(self, reference, **more):
        config = {**default_config(), **more}
        config["gateway"] = {**config["gateway"], "auth": {"mode": "token", "token": reference}}
        config["secrets"] = {"providers": {
            "vault": {"source": "exec", "command": str(self.vault), "env": {"VALUE": SECRET, "ASKED": str(self.asked)}},
            "file": {"source": "file", "path": str(self.here.state / "secrets.json")}}}
        return config

    def start_with(self, reference, **more):
        self.here.write_config(self.config(reference, **more))
        self.here.token = SECRET
        self.here.start()

    def assert_not_shown(self, *texts):
        for text in (*texts, self.here.output(), self.here.log()):
            self.assertNotIn(SECRET, text)


class FollowedTest(SecretsCase):
    def test_a_token_of_a_program(self):
        self.start_with({"source": "exec", "provider": "vault", "id": "gateway/token"})
        self.connect(self.here)
        shown = [self.here.cli("config", "get", "gateway", check=True).stdout,
                 self.here.cli("gateway", "call", "config.get", "--json", check=True).stdout,
                 self.here.cli("gateway", "status", "--json", check=True).stdout]
        self.assertIn('"gateway/token"', shown[0])
        # Nor is it handed on: each generation asks for itself.
        for pid in (self.here.keeper, *self.here.generations()):
            self.assertNotIn(SECRET.encode(), pathlib.Path(f"/proc/{pid}/environ").read_bytes())
        asked = self.asked.read_text()
        self.here.cli("gateway", "restart", check=True)
        self.assertGreater(len(self.asked.read_text()), len(asked))
        self.assert_not_shown(*shown)

    def test_a_token_of_a_private_file(self):
        file = self.here.state / "secrets.json"
        file.write_text('{"gateway": {"token": "%s"}}' % SECRET)
        file.chmod(0o600)
        self.start_with({"source": "file", "provider": "file", "id": "/gateway/token"})
        self.here.cli("health", check=True)
        self.assert_not_shown()

    def test_the_command_line_follows_only_what_could_win(self):
        self.here.write_config(self.config({"source": "exec", "provider": "vault", "id": "locked"}))
        done = self.here.cli("gateway", "call", "health")
        self.assertEqual(done.returncode, 1)
        self.assertIn("GATEWAY_SECRET_REF_UNAVAILABLE: gateway.auth.token", done.stderr)
        self.assertIn("vault is locked", done.stderr)
        self.asked.unlink()
        self.here.cli("gateway", "call", "health", "--token", "x")
        self.here.cli("config", "validate", check=True)
        self.assertFalse(self.asked.exists())
        status = self.here.cli_json("gateway", "status", "--json")
        self.assertIn("gateway.auth.token", status["rpc"]["authWarning"])


class SlowProgramTest(SecretsCase):
    """Nobody waits for a program that takes its time; the file may change meanwhile."""

    def setUp(self):
        super().setUp()
        self.gate = self.here.state / "gate"
        self.gate.mkdir()

    def hold(self):
        """From now on the program waits until `release`."""
        os.mkfifo(self.gate / "fifo")
        asked = 'echo asked >>"$ASKED"\n'
        self.vault.write_text(PROGRAM.replace(asked, f"{asked}[ ! -p {self.gate}/fifo ] || : <{self.gate}/fifo\n"))

    def release(self):
        fifo = self.gate / "fifo"
        with open(fifo, "wb"):  # Opens once the program waits there.
            fifo.unlink()

    def config_with(self, chars):
        config = self.config({"source": "exec", "provider": "vault", "id": "gateway/token"},
                             native={"echo": {"chunkDelayMs": 0, "chunkChars": chars}})
        config["gateway"]["reload"] = {"debounceMs": 0}
        config["secrets"]["providers"]["vault"]["timeoutMs"] = 60_000
        return config

    def test_clients_are_answered_while_it_runs_and_the_last_edit_counts(self):
        self.here.write_config(self.config_with(3))
        self.here.token = SECRET
        self.here.start()
        client = self.connect(self.here)
        wait_until(lambda: client.request("health", {})["configReload"]["hotReloadStatus"] == "active", 10, "it watches")
        self.hold()
        asked = len(self.asked.read_text())
        self.here.write_config(self.config_with(4))
        wait_until(lambda: len(self.asked.read_text()) > asked, 10, "the program is asked")
        begin = time.monotonic()
        for _ in range(20):
            self.assertTrue(client.request("health", {})["ok"])
        self.assertLess(time.monotonic() - begin, 2)
        self.assertNotIn("hot reload applied", self.here.output())
        for chars in (5, 6, 7):
            self.here.write_config(self.config_with(chars))
        self.release()
        wait_until(lambda: "config hot reload applied (native.echo.chunkChars" in self.here.output(), 10, "it is applied")
        wait_until(lambda: client.request("config.get", {})["config"]["native"]["echo"]["chunkChars"] == 7, 10, "the last")
        self.assertEqual(len(self.here.generations()), 1)


class RefusedTest(SecretsCase):
    def assert_refused(self, config, *texts):
        self.here.write_config(config)
        done = self.here.cli("gateway", "run", "--port", "0")
        self.assertEqual(done.returncode, 78, done.stderr)
        for text in texts:
            self.assertIn(text, done.stderr)
        self.assert_not_shown(done.stderr, done.stdout)

    def test_a_program_that_has_no_answer(self):
        self.assert_refused(self.config({"source": "exec", "provider": "vault", "id": "locked"}),
                            "- gateway.auth.token: ", "vault is locked")

    def test_a_program_that_fails(self):
        self.vault.write_text(f"#!/bin/sh\necho {SECRET}; echo {SECRET} >&2; exit 4\n")
        self.assert_refused(self.config({"source": "exec", "provider": "vault", "id": "gateway/token"}), "exit code 4")

    def test_a_file_that_others_may_read(self):
        file = self.here.state / "secrets.json"
        file.write_text('{"token": "%s"}' % SECRET)
        file.chmod(0o644)
        self.assert_refused(self.config({"source": "file", "provider": "file", "id": "/token"}),
                            "- gateway.auth.token: ", "chmod 600")

    def test_a_key_of_a_model_that_cannot_be_had(self):
        models = {"providers": {"lm": {"baseUrl": "http://127.0.0.1:1", "models": [],
                                       "apiKey": {"source": "exec", "provider": "vault", "id": "locked"}}}}
        self.assert_refused(self.config("plain", models=models), "models.providers.lm.apiKey: ", "vault is locked")

    @unittest.skipUnless(os.geteuid() == 0, "needs root to make a program of another user")
    def test_a_program_of_another_user(self):
        os.chown(self.vault, 12345, 12345)
        self.assert_refused(self.config({"source": "exec", "provider": "vault", "id": "gateway/token"}),
                            "belongs to another user")


if __name__ == "__main__":
    unittest.main(verbosity=2)
