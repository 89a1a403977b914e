"""The command line's failures: exit codes, messages, one JSON document on standard output."""

import json
import os
import signal
import socket
import subprocess
import sys
import unittest

from support.case import FunctionalCase
from support.fake_gateway import FakeGateway
from support.gateway import TOKEN, default_config
from support.timing import scaled


class RunErrorsTest(FunctionalCase):
    def run_gateway(self, gateway, *args, **popen):
        """Runs `gateway run` until it ends by itself; (exit code, output)."""
        gateway.spawn(*args, **popen)
        try:
            code = gateway.process.wait(scaled(20))
        except subprocess.TimeoutExpired:
            self.fail(f"the gateway runs although it must not:\n{gateway.output()}")
        return code, gateway.output()

    def test_a_syntax_error_names_line_and_column(self):
        gateway = self.gateway('{\n  gateway: {\n    mode: "local" port: 5\n  }\n}\n', start=False)
        code, output = self.run_gateway(gateway)
        self.assertEqual(code, 78, output)
        self.assertIn("openclaw.json", output)
        self.assertRegex(output, r"(?i)3[:, ].*1[0-9]|line 3.*column \d+")

    def test_an_invalid_value_is_named_by_its_path(self):
        config = default_config()
        config["gateway"]["auth"]["mode"] = "sometimes"
        code, output = self.run_gateway(self.gateway(config, start=False))
        self.assertEqual(code, 78, output)
        self.assertIn("gateway.auth.mode", output)

    def test_an_unknown_key_of_ours_is_named(self):
        config = default_config()
        config["native"]["restart"] = {"openPhaseSeconds": 1}
        code, output = self.run_gateway(self.gateway(config, start=False))
        self.assertEqual(code, 78, output)
        self.assertIn("native.restart.openPhaseSeconds", output)

    def test_a_key_of_openclaw_that_we_ignore_is_accepted(self):
        config = default_config()
        config["talk"] = {"voiceId": "x"}
        gateway = self.gateway(config)
        self.assertIn("talk", gateway.output() + gateway.log())

    def test_no_configuration_needs_allow_unconfigured(self):
        code, output = self.run_gateway(self.gateway(None, start=False))
        self.assertEqual(code, 78, output)
        self.assertIn("--allow-unconfigured", output)

    def test_a_configuration_without_mode_local_is_refused(self):
        for mode in (None, "remote"):
            with self.subTest(mode=mode):
                config = default_config()
                del config["gateway"]["mode"]
                if mode:
                    config["gateway"]["mode"] = mode
                code, output = self.run_gateway(self.gateway(config, start=False))
                self.assertEqual(code, 78, output)

    def test_a_port_in_use_is_named(self):
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            port = other.getsockname()[1]
            gateway = self.gateway(start=False)
            code, output = self.run_gateway(gateway, "--port", str(port))
            self.assertEqual(code, 1, output)
            self.assertIn(str(port), output)
            self.assertIn("another gateway instance is already listening on ws://", output)

    def test_force_ends_who_listens_on_the_port(self):
        stubborn = ("import signal, socket; signal.signal(signal.SIGTERM, signal.SIG_IGN); s = socket.socket();"
                    "s.bind(('127.0.0.1', 0)); s.listen(); print(s.getsockname()[1], flush=True); signal.pause()")
        with subprocess.Popen([sys.executable, "-c", stubborn], stdout=subprocess.PIPE, text=True) as other:
            self.addCleanup(other.kill)
            port = int(other.stdout.readline())
            gateway = self.gateway(start=False)
            gateway.spawn("--force", "--port", str(port))
            gateway.wait_ready()
            self.assertEqual((gateway.port, other.wait(10)), (port, -signal.SIGKILL))

    def test_force_ends_the_gateway_of_another_state_directory_cleanly(self):
        first = self.gateway()
        second = self.gateway(start=False)
        second.spawn("--force", "--port", str(first.port))
        second.wait_ready()
        self.assertEqual((second.port, first.process.wait(10)), (first.port, 0))

    def test_force_without_a_terminal_spares_the_gateway_that_it_may_run_in(self):
        first = self.gateway()
        done = first.cli("gateway", "run", "--force")
        self.assertEqual(done.returncode, 1)
        self.assertIn("openclaw gateway stop --force", done.stderr)
        self.assertTrue(first.cli_json("health", "--json")["ok"])

    def test_a_second_gateway_on_the_same_state_leaves_the_first_in_control(self):
        first = self.gateway()
        second = self.gateway(state=first.state, config=None, start=False)
        second.output_path = first.state.parent / "second.output"
        code, output = self.run_gateway(second)
        self.assertEqual(code, 0, output)
        self.assertIn(f"gateway already running (pid {first.process.pid})", output)
        with first.connect() as client:
            self.assertTrue(client.request("health")["ok"])

    def test_a_stale_lock_is_taken_over(self):
        gateway = self.gateway()
        gateway.kill()
        self.assertTrue((gateway.state / "gateway.lock").exists())
        gateway.start()

    def test_a_state_directory_that_cannot_be_written(self):
        gateway = self.gateway(start=False)
        options = {}
        if os.geteuid() == 0:  # Root may write anywhere: become somebody else for this.
            options = {"user": 65534, "group": 65534, "extra_groups": []}
            gateway.state.parent.chmod(0o755)
            gateway.state.chmod(0o755)
            (gateway.state / "openclaw.json").chmod(0o644)
            if subprocess.run([gateway.program, "--version"], capture_output=True, user=65534).returncode != 0:
                self.skipTest("the program cannot be run by another user here")
        else:
            gateway.state.chmod(0o500)
            self.addCleanup(gateway.state.chmod, 0o700)
        code, output = self.run_gateway(gateway, **options)
        self.assertNotEqual(code, 0, output)
        self.assertIn(str(gateway.state), output)

    def test_a_state_directory_that_is_a_file(self):
        gateway = self.gateway(start=False)
        path = gateway.state.parent / "file"
        path.write_text("")
        gateway.environment["OPENCLAW_STATE_DIR"] = str(path)
        code, output = self.run_gateway(gateway, "--allow-unconfigured")
        self.assertNotEqual(code, 0, output)
        self.assertIn(str(path), output)

    def test_a_database_that_is_none_is_not_overwritten(self):
        gateway = self.gateway(start=False)
        (gateway.state / "gateway.sqlite").write_text("this is not a database " * 100)
        code, output = self.run_gateway(gateway)
        self.assertNotEqual(code, 0, output)
        self.assertIn("gateway.sqlite", output + gateway.log())
        self.assertTrue((gateway.state / "gateway.sqlite").read_text().startswith("this is not"))

    def test_wrong_options_exit_1(self):
        for args in (["--auth", "perhaps"], ["--port", "many"], ["--port", "70000"], ["--no-such-option"]):
            with self.subTest(args=args):
                code, output = self.run_gateway(self.gateway(start=False), *args)
                self.assertEqual(code, 1, output)
                self.assertTrue(output.strip())

    def test_secrets_are_never_printed(self):
        gateway = self.gateway()
        with gateway.connect() as client:
            client.request("config.get", {})
        gateway.stop()
        self.assertNotIn(TOKEN, gateway.output() + gateway.log())


class CommandErrorsTest(FunctionalCase):
    def one_document(self, done):
        try:
            return json.loads(done.stdout)
        except ValueError:
            self.fail(f"standard output is not one JSON document: {done.stdout!r}\nstderr: {done.stderr}")

    def test_unknown_options_and_commands_exit_1(self):
        gateway = self.gateway(start=False)
        for args in (["gateway", "restart", "--no-such-option"], ["gateway", "no-such-command"], ["no-such-command"],
                     ["gateway", "call"], ["agent"]):
            with self.subTest(args=args):
                done = gateway.cli(*args)
                self.assertEqual(done.returncode, 1, done.stderr)
                self.assertTrue(done.stderr.strip())
        self.assertIn("unknown option '--no-such-option'", gateway.cli("gateway", "restart", "--no-such-option").stderr)

    def test_restart_options_that_exclude_each_other(self):
        gateway = self.gateway(start=False)
        cases = [(["--force", "--wait", "5s"], "--force cannot be combined with --wait"),
                 (["--safe", "--force"], "--safe cannot be combined with --force"),
                 (["--safe", "--wait", "5s"], "--safe cannot be combined with --wait"),
                 (["--wait", "soon"], "soon")]
        for args, message in cases:
            for json_option in ([], ["--json"]):
                with self.subTest(args=args, json=bool(json_option)):
                    done = gateway.cli("gateway", "restart", *args, *json_option)
                    self.assertEqual(done.returncode, 1)
                    self.assertIn(message, done.stdout + done.stderr)
                    if json_option:
                        self.assertFalse(self.one_document(done)["ok"])

    def test_no_gateway_is_an_error_in_one_document(self):
        gateway = self.gateway(start=False)
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            port = {"OPENCLAW_GATEWAY_PORT": str(unused.getsockname()[1])}
            for args in (["gateway", "call", "health", "--json"], ["health", "--json"],
                         ["gateway", "restart", "--safe", "--json"], ["agent", "--session-id", "x", "--message", "y", "--json"]):
                with self.subTest(args=args):
                    done = gateway.cli(*args, environment=port)
                    self.assertEqual(done.returncode, 1, done.stdout)
                    self.assertFalse(self.one_document(done)["ok"])

    def test_status_of_nothing_is_an_answer(self):
        gateway = self.gateway(start=False)
        done = gateway.cli("gateway", "status", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertFalse(self.one_document(done)["rpc"]["ok"])

    def test_a_wrong_token_is_told(self):
        gateway = self.gateway()
        done = gateway.cli("gateway", "call", "health", "--token", "wrong", "--json")
        self.assertEqual(done.returncode, 1)
        self.assertIn("AUTH_TOKEN_MISMATCH", json.dumps(self.one_document(done)))
        self.assertNotIn(TOKEN, done.stdout + done.stderr)

    def test_verbose_tells_whose_credential_it_is(self):
        gateway = self.gateway()
        for words in (("health",), ("gateway", "status"), ("status",)):
            note = gateway.cli(*words, "--verbose", "--json", check=True).stderr
            self.assertEqual(note, f"gateway ws://127.0.0.1:{gateway.port} (local loopback), credential from gateway.auth.token\n")
        note = gateway.cli("health", "--verbose", "--token", TOKEN, check=True).stderr
        self.assertIn("credential from --token", note)
        self.assertNotIn(TOKEN, note)

    def test_few_descriptors_are_told_as_such(self):
        gateway = self.gateway(start=False)
        done = subprocess.run(["sh", "-c", f"ulimit -n 8; exec {gateway.program} gateway status"], env=gateway.environment,
                              text=True, capture_output=True, timeout=scaled(30))
        self.assertNotIn("Invalid argument", done.stdout + done.stderr)

    def test_an_option_of_another_command_is_not_suggested_again(self):
        for words in (("--json",), ("gateway", "--days", "3")):
            done = self.gateway(start=False).cli(*words)
            self.assertIn("It belongs to other commands", done.stdout + done.stderr)

    def test_an_unknown_method_is_told(self):
        gateway = self.gateway()
        done = gateway.cli("gateway", "call", "no.such.method", "--json")
        self.assertEqual(done.returncode, 1)
        error = self.one_document(done)["error"]
        self.assertEqual((error["type"], error["code"]), ("gateway_request_error", "INVALID_REQUEST"))
        self.assertIn("unknown method: no.such.method", error["message"])

    def test_parameters_that_are_not_json(self):
        done = self.gateway().cli("gateway", "call", "health", "--params", "{oops", "--json")
        self.assertEqual(done.returncode, 1)
        self.assertFalse(self.one_document(done)["ok"])


class OutputTest(FunctionalCase):
    """A command whose answer reaches nobody has failed."""

    def test_standard_output_that_takes_nothing_is_an_error(self):
        gateway = self.gateway()
        for words in ("--version", "--help", "health --json", "gateway status", "gateway call health", "config get gateway", "doctor --json",
                      "completion bash", "logs --follow"):
            for target, why in ((">/dev/full", "No space left on device"), (">&-", "Bad file descriptor")):
                with self.subTest(words=words, target=target):
                    done = gateway.shell(f"{words} {target}")
                    self.assertEqual(done.returncode, 1, done.stderr)
                    self.assertIn(f"error: cannot write to standard output: {why}\n", done.stderr)
        for words in ("health", "gateway start"):
            self.assertEqual(gateway.shell(f"{words} >&- 2>&- <&-").returncode, 1)

    def test_a_closed_output_is_not_taken_for_another_file(self):
        """The first file that is opened would get its number, and the answer."""
        gateway = self.gateway()
        before = (gateway.state / "openclaw.json").read_text()
        gateway.shell("config set gateway.auth.rateLimit.maxAttempts 11 >&- 2>&-")
        after = json.loads((gateway.state / "openclaw.json").read_text())
        self.assertEqual(after["gateway"]["auth"].pop("rateLimit"), {"maxAttempts": 11})
        self.assertEqual(after, json.loads(before))


class AskAgainTest(FunctionalCase):
    """A restart closes the connection between a call and its answer. The moment is too short to be met with a real
    gateway, so that one stands here which does nothing else."""

    def ask(self, *words, restarts=1):
        home = self.gateway(start=False)
        answers = {"health": {"ok": True}, "status": {}, "tasks.list": {"tasks": []}, "gateway.restart.history": {"restarts": []},
                   "sessions.create": {"ok": True}}
        fake = self.enterContext(FakeGateway(answers, restarts))
        done = home.cli(*words, "--json", environment={"OPENCLAW_GATEWAY_PORT": str(fake.port)})
        return done, [method for method in fake.methods() if method != "connect"]

    def test_a_command_that_only_reads_asks_the_successor(self):
        for words, method in ((["health"], "health"), (["gateway", "call", "health"], "health"),
                              (["tasks", "list"], "tasks.list"), (["gateway", "restart", "history"], "gateway.restart.history"),
                              (["gateway", "status", "--require-rpc"], "status")):
            with self.subTest(words=words):
                done, asked = self.ask(*words)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                json.loads(done.stdout)
                self.assertEqual(asked[:2], [method, method])

    def test_one_that_changes_something_tells_instead(self):
        done, asked = self.ask("gateway", "call", "sessions.create")
        self.assertEqual((done.returncode, asked), (1, ["sessions.create"]))
        self.assertIn("1012", done.stdout)

    def test_it_is_not_asked_without_end(self):
        done, asked = self.ask("health", restarts=100)
        self.assertEqual((done.returncode, asked), (1, ["health"] * 5))


if __name__ == "__main__":
    unittest.main(verbosity=2)
