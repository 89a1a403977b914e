"""What an operator sees of a restart on the command line: the one request, following, cancelling, the history."""

import json
import os
import pathlib
import pty
import signal
import subprocess
import threading
import time
import unittest

from support.case import FunctionalCase
from support.fake_gateway import FakeGateway
from support.gateway import TOKEN, default_config
from support.model_server import ModelServer
from support.timing import scaled, wait_until

SAFE = {"safe": True, "counts": {"totalActive": 0}, "blockers": [], "summary": "safe to restart now"}
BUSY = {**SAFE, "safe": False, "summary": "restart deferred: 1 active embedded run(s)"}


class SafeRequestTest(FunctionalCase):
    """Against a gateway that only records what it is asked."""

    def setUp(self):
        super().setUp()
        self.home = self.gateway(default_config(), start=False)
        self.stubs = pathlib.Path(self.home.state.parent / "stubs")
        self.called = self.stubs / "called"
        self.stubs.mkdir()
        for name in ("systemctl", "launchctl", "service", "loginctl"):
            (self.stubs / name).write_text(f'#!/bin/sh\necho "{name} $*" >> "{self.called}"\n')
            (self.stubs / name).chmod(0o755)

    def restart(self, fake, *words):
        environment = {"PATH": f"{self.stubs}:{os.environ['PATH']}", "OPENCLAW_GATEWAY_PORT": fake.port}
        return self.home.cli(*words, environment={name: str(value) for name, value in environment.items()})

    def fake(self, status="scheduled", preflight=SAFE, **answers):
        answer = {"ok": True, "status": status, "preflight": preflight, "restart": {"ok": True, "id": "r-1"}}
        return self.enterContext(FakeGateway({"gateway.restart.request": answer, **answers}))

    def test_it_is_exactly_one_request_and_no_service_manager(self):
        for words in (["gateway", "restart", "--safe"], ["gateway", "--safe", "restart"], ["daemon", "restart", "--safe"],
                      ["daemon", "--safe", "restart"]):
            with self.subTest(words=words):
                fake = self.fake()
                done = self.restart(fake, *words, "--json")
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual(fake.methods(), ["connect", "gateway.restart.request"])
                self.assertEqual(fake.requests[1]["params"], {"reason": "gateway.restart.safe"})
                self.assertEqual(fake.requests[0]["params"]["auth"], {"token": TOKEN})
                self.assertFalse(self.called.exists(), "a service manager was called")
                self.assertEqual(list(json.loads(done.stdout)), ["ok", "result", "message", "preflight", "restart"])

    def test_what_blocks_it_is_a_warning(self):
        fake = self.fake("deferred", BUSY)
        answer = json.loads(self.restart(fake, "gateway", "restart", "--safe", "--json").stdout)
        self.assertEqual(list(answer), ["ok", "result", "message", "preflight", "restart", "warnings"])
        self.assertEqual(answer["warnings"], [BUSY["summary"]])
        done = self.restart(fake, "gateway", "restart", "--safe")
        self.assertEqual(done.stdout, "safe restart requested; gateway will restart after active work drains\n")
        self.assertEqual(done.stderr, f"warning: {BUSY['summary']}\n")

    def test_skip_deferral_says_so_in_the_request(self):
        fake = self.fake()
        self.restart(fake, "gateway", "restart", "--safe", "--skip-deferral")
        self.assertEqual(fake.requests[1]["params"], {"reason": "gateway.restart.safe", "skipDeferral": True})

    def test_force_is_not_the_safe_path(self):
        fake = self.fake()
        done = self.restart(fake, "gateway", "--force", "restart", "--json")
        self.assertEqual((done.returncode, json.loads(done.stdout)["result"]), (1, "not-loaded"))
        self.assertEqual(fake.methods(), [])

    def test_options_that_exclude_each_other_ask_nobody(self):
        fake = self.fake()
        for words, text in ((["--force", "--wait", "5s"], "--force cannot be combined with --wait"),
                            (["--safe", "--force"], "--safe cannot be combined with --force; omit --safe to force restart now"),
                            (["--safe", "--wait", "5s"], "--safe cannot be combined with --wait; safe restart uses gateway deferral"),
                            (["--skip-deferral"], "--skip-deferral requires --safe"),
                            (["--follow"], "--follow requires --safe; the other forms wait for the end of the restart anyway"),
                            (["--cancel", "--force"],
                             "--cancel cannot be combined with --safe, --force, --wait, --skip-deferral or --follow")):
            with self.subTest(words=words):
                done = self.restart(fake, "gateway", "restart", *words)
                self.assertEqual((done.returncode, done.stderr), (1, f"error: {text}\n"))
        self.assertEqual(fake.requests, [])

    def test_a_gateway_that_never_answers_is_given_ten_seconds(self):
        fake = self.enterContext(FakeGateway({}))
        begun = time.monotonic()
        done = self.restart(fake, "gateway", "restart", "--safe", "--json")
        took = time.monotonic() - begun
        self.assertEqual(done.returncode, 1)
        error = json.loads(done.stdout)["error"]
        self.assertEqual((error["type"], error["kind"]), ("gateway_transport_error", "timeout"))
        self.assertGreaterEqual(took, 9.9)
        self.assertLess(took, scaled(14))


class OperatorCase(FunctionalCase):
    def setUp(self):
        super().setUp()
        self.model = self.enterContext(ModelServer())
        self.running = self.gateway(self.model.config())
        self.first = self.running.serving()

    def start_turn(self, text):
        client = self.connect(self.running)
        client.chat_send("s", text)
        wait_until(lambda: self.model.count(text.split(" @")[0]), 5, "the model was asked")
        return client

    def follow(self, *words, **popen):
        command = [str(self.running.program), "gateway", "restart", "--safe", "--follow", *words]
        process = subprocess.Popen(command, env=self.running.environment, stdin=subprocess.DEVNULL,
                                   **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, **popen})
        self.addCleanup(lambda: process.poll() is None and process.kill())
        return process

    def phase(self):
        return self.running.cli_json("gateway", "call", "gateway.restart.status", "--json")["phase"]


class FollowTest(OperatorCase):
    def test_on_a_pipe_it_prints_plain_lines_until_the_successor_serves(self):
        self.start_turn("slow @pace=300 @pieces=5")
        out, err = self.follow().communicate(timeout=scaled(30))
        lines = out.splitlines()
        self.assertEqual(lines[0], "safe restart requested; gateway will restart after active work drains")
        self.assertIn("1 active embedded run(s)", lines[1])
        self.assertIn("time left unknown, at most", lines[1])
        self.assertRegex(lines[-1], r"^Gateway restarted; clients waited \d+ ms\.$")
        self.assertNotIn("\x1b", out)
        self.assertTrue(all(line.startswith("restart: ") for line in lines[1:-1]), out)
        self.assertNotEqual(self.running.wait_new_generation(self.first), self.first)

    def test_on_a_terminal_it_writes_one_line_over(self):
        self.start_turn("slow @pace=300 @pieces=5")
        primary, secondary = pty.openpty()
        self.addCleanup(os.close, primary)
        process = self.follow(stdout=secondary, stderr=secondary)
        os.close(secondary)
        shown = bytearray()
        reader = threading.Thread(target=_read_all, args=(primary, shown), daemon=True)
        reader.start()
        self.assertEqual(process.wait(scaled(30)), 0)
        reader.join(5)
        self.assertIn(b"\r\x1b[2K[....................] ", shown)
        self.assertRegex(bytes(shown), rb"\r\x1b\[2KGateway restarted; clients waited \d+ ms\.\r\n$")
        self.assertEqual(shown.count(b"\n"), 3, shown)  # The message, the warning and the end.

    def test_with_json_it_prints_the_end_and_nothing_else(self):
        out, err = self.follow("--json").communicate(timeout=scaled(30))
        answer = json.loads(out)
        self.assertEqual((answer["ok"], answer["result"], err), (True, "restarted", ""))
        self.assertEqual((answer["restart"]["outcome"], answer["restart"]["mode"]), ("restarted", "safe"))

    def test_a_cancelled_restart_ends_it_with_one(self):
        self.start_turn("slow @pace=500 @pieces=40")
        process = self.follow()
        wait_until(lambda: self.phase() in ("waiting", "draining"), 10, "the restart waits")
        answer = self.running.cli_json("gateway", "restart", "--cancel", "--json")
        self.assertEqual((answer["ok"], answer["cancelled"]), (True, True))
        out, err = process.communicate(timeout=scaled(10))
        self.assertEqual(process.returncode, 1)
        self.assertIn("error: Gateway restart cancelled: cancelled on request", err)
        self.assertEqual(self.running.generations(), [self.first])

    def test_ctrl_c_leaves_the_restart_going(self):
        self.start_turn("slow @pace=500 @pieces=8")
        process = self.follow()
        wait_until(lambda: self.phase() in ("waiting", "draining"), 10, "the restart waits")
        process.stdout.readline()
        self.assertIn("restart: ", process.stdout.readline())
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=scaled(10))
        self.assertEqual(process.returncode, 130)
        self.assertRegex(err, r"no longer following; restart \S+ goes on")
        self.assertIn(self.phase(), ("waiting", "draining"))
        self.running.wait_new_generation(self.first, 30)


class HistoryTest(OperatorCase):
    def test_nothing_to_cancel_is_an_error(self):
        done = self.running.cli("gateway", "restart", "--cancel")
        self.assertEqual(done.returncode, 1)
        self.assertIn("no restart is under way", done.stderr)

    def test_another_restart_is_not_cancelled(self):
        client = self.start_turn("slow @pace=500 @pieces=40")
        asked = client.request("gateway.restart.request", {})["restart"]["id"]
        with self.assertRaisesRegex(Exception, f"the one under way is {asked}"):
            client.request("gateway.restart.cancel", {"id": "another"})
        self.assertEqual(client.request("gateway.restart.cancel", {"id": asked}), {"ok": True, "cancelled": True, "id": asked})
        self.assertEqual(client.request("gateway.restart.status", {})["phase"], "idle")

    def test_every_restart_is_on_record(self):
        self.start_turn("cut me @pace=500 @pieces=10")
        self.running.cli_json("gateway", "restart", "--force", "--json", timeout=60)
        second = self.running.wait_new_generation(self.first)
        config = (self.running.state / "openclaw.json").read_text()
        (self.running.state / "openclaw.json").write_text("{ broken")
        failed = self.running.cli("gateway", "call", "gateway.restart.request", "--json", environment=self.port())
        wait_until(lambda: self.history()[0]["outcome"] == "failed", 40, f"the second restart fails {failed}")
        (self.running.state / "openclaw.json").write_text(config)
        self.running.cli_json("gateway", "restart", "--force", "--json", timeout=60)
        self.running.wait_new_generation(second)

        rows = self.history()
        self.assertEqual([row["outcome"] for row in rows], ["restarted", "failed", "restarted"])
        self.assertEqual([row["mode"] for row in rows], ["force", "safe", "force"])
        self.assertEqual((rows[2]["cutRuns"], rows[2]["resumedRuns"]), (1, 1))
        self.assertEqual(rows[0]["requesters"][0]["client"], "cli")
        with self.running.connect() as client:
            page = client.request("gateway.restart.history", {"limit": 2})
            self.assertEqual(page, {"restarts": rows[:2], "nextBefore": rows[1]["id"]})
            self.assertEqual(client.request("gateway.restart.history", {"before": rows[1]["id"]}), {"restarts": rows[2:]})
        table = self.running.cli("gateway", "restart", "history", "--limit", "2", check=True).stdout.splitlines()
        self.assertEqual(len(table), 3)
        self.assertEqual(table[0].index("OUTCOME"), table[1].index("restarted"))
        self.assertEqual(table[0].index("OUTCOME"), table[2].index("failed"))
        self.assertTrue(table[1].startswith(rows[0]["id"][:8]))
        self.assertEqual(self.running.cli("gateway", "restart", "history", "--limit", "201").returncode, 1)

    def port(self):
        return {"OPENCLAW_GATEWAY_PORT": str(self.running.port), "OPENCLAW_GATEWAY_TOKEN": TOKEN}

    def history(self):
        with self.running.connect() as client:
            return client.request("gateway.restart.history", {})["restarts"]


def _read_all(fd, into):
    while True:
        try:
            data = os.read(fd, 4096)
        except OSError:  # The other end is closed.
            return
        if not data:
            return
        into += data


if __name__ == "__main__":
    unittest.main(verbosity=2)
