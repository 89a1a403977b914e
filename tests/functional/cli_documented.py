"""Every example of docs/cli and README.md is run, and works.

The service commands find a systemctl that only remembers what it was told: what a real one does is tested by
systemd_service.py. Commands that stay in the foreground are watched for a moment and ended as a person would.
"""

import os
import pty
import re
import shlex
import signal
import subprocess
import unittest

from support.case import SharedGatewayCase, new_key
from support.gateway import ROOT
from support.model_server import ModelServer
from support.timing import scaled

PAGES = ROOT / "docs/cli"

SYSTEMCTL = """#!/bin/sh
# This file is there while the service is installed. Its main process is the one that asks.
unit=${0%/*}/installed
case "$*" in
  *" enable "*) : >"$unit" ;;
  *" disable "*) rm -f "$unit" ;;
  *"--property UnitPath") echo "UnitPath=$HOME/.config/systemd/user /etc/systemd/user" ;;
  *" show "*)
    [ -e "$unit" ] && printf '%s\\n' LoadState=loaded UnitFileState=enabled ActiveState=active MainPID=$PPID ;;
esac
exit 0
"""


def examples_of(page):
    """The command lines below the title `Examples`."""
    _, _, below = page.read_text().partition("\n## Examples\n")
    return re.search(r"```\n(.*?)```", below, re.S)[1].splitlines() if below else []


def shown_in_readme():
    for block in re.findall(r"```(?:sh|bash|console)\n(.*?)```", (ROOT / "README.md").read_text(), re.S):
        for line in block.splitlines():
            words = shlex.split(line.removeprefix("$ "), comments=True)
            if words and words[0].endswith("openclaw"):
                yield shlex.join(["openclaw", *words[1:]])


class DocumentedTest(SharedGatewayCase):
    @classmethod
    def make_config(cls):
        return cls.enterClassContext(ModelServer()).config()

    def setUp(self):
        super().setUp()
        self.tools = self.shared.state.parent / "bin"
        self.tools.mkdir(exist_ok=True)
        self.unit = self.tools / "installed"
        (self.tools / "systemctl").write_text(SYSTEMCTL)
        (self.tools / "systemctl").chmod(0o755)
        self.environment = {"PATH": f"{self.tools}:{os.environ['PATH']}"}

    def run_example(self, line):
        program, *words = shlex.split(line)
        self.assertEqual(program, "openclaw")
        if words == ["gateway"] or words[:2] == ["gateway", "run"]:
            return self.run_gateway(words)
        if words[0] == "logs" and "--follow" in words:
            return self.follow(words)
        if words[:2] == ["gateway", "auth-token"]:
            return self.run_on_a_terminal(words)
        self.prepare(words)
        # A service is not installed beside a gateway that runs in the foreground.
        here = self.gateway(start=False) if words[1:2] == ["install"] else self.shared
        done = here.cli(*words, environment=self.environment, timeout=90)
        self.assertEqual(done.returncode, 0, f"{line}\n{done.stdout}{done.stderr}")

    def prepare(self, words):
        """What the reader of an example has done before."""
        if words[:2] in (["gateway", "start"], ["gateway", "stop"], ["gateway", "uninstall"]):
            self.unit.touch()
        if words[0] == "doctor":  # Files that a test wrote are readable by all.
            self.shared.cli("doctor", "--fix", environment=self.environment, check=True)
        if words[0] == "tasks":
            client = self.connect(self.shared)
            request = client.send_request("agent", {"message": "@pace=100 @pieces=600", "idempotencyKey": new_key(),
                                                    "sessionKey": words[2] if words[1] != "list" else "main"})
            self.assertTrue(client.wait_response(request)["ok"])

    def run_gateway(self, words):
        """A gateway of its own, on a port that the kernel chooses in place of the one that the example names."""
        here = self.gateway(start=False)
        with open(here.output_path, "ab") as output:
            here.process = subprocess.Popen([here.program, *words, "--port", "0"], env=here.environment,
                                            stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True)
        here.wait_ready()
        self.assertEqual(here.stop(), 0)

    def follow(self, words):
        # A shell's background job ignores SIGINT, and so would its children.
        process = subprocess.Popen([self.shared.program, *words], env=self.shared.environment, text=True,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
        try:
            self.assertIn("gateway", process.stdout.readline())
            process.send_signal(signal.SIGINT)
            self.assertEqual(process.wait(scaled(10)), -signal.SIGINT)
        finally:
            process.kill()
            process.communicate()

    def run_on_a_terminal(self, words):
        ours, its = pty.openpty()
        with open(its, "wb", buffering=0) as terminal:
            done = subprocess.run([self.shared.program, *words], env=self.shared.environment, stdin=terminal, stdout=terminal,
                                  stderr=terminal, timeout=scaled(10))
        with open(ours, "rb", buffering=0) as screen:
            self.assertEqual((done.returncode, screen.read(200).decode().strip()), (0, self.shared.token))

    def test_each_example_of_a_page_works(self):
        pages = sorted(PAGES.glob("*.md"))
        self.assertGreater(len(pages), 20)
        for page in pages:
            for line in examples_of(page):
                with self.subTest(page=page.name, line=line):
                    self.run_example(line)

    def test_each_command_of_the_readme_works(self):
        lines = list(shown_in_readme())
        self.assertTrue(lines)
        for line in lines:
            with self.subTest(line=line):
                self.run_example(line)


if __name__ == "__main__":
    unittest.main(verbosity=2)
