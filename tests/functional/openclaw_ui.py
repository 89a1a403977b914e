"""The terminal interfaces of the original OpenClaw in tmux, and the browser interface of 2026.9.6 in Chromium.

Runs when OPENCLAW_PEERS names the directory that script/lib/peers.sh fills (`script/test --with-openclaw`), and tmux
and chromium are installed. GW_SCREENSHOTS names a directory that then gets a picture of the browser.
"""

import json
import os
import pathlib
import re
import signal
import subprocess
import unittest

from support.case import FunctionalCase
from support.gateway import TOKEN, clean_environment, default_config
from support.openclaw_peers import NODE, Original, package, why_not
from support.timing import scaled, wait_until
from support.ws import text_of

DRIVER = pathlib.Path(__file__).resolve().parent / "ui/control_ui.mjs"
# A turn lasts some seconds, so that its answer can be seen growing.
ECHO = {"chunkDelayMs": 150, "chunkChars": 4}
SESSION = "agent:main:main"


class Screen:
    """A program on a terminal of 120 × 40, in a tmux server of its own."""

    def __init__(self, command, environment, directory):
        self.socket = str(directory / "tmux.socket")
        self.environment = environment
        settings = directory / "tmux.conf"
        settings.write_text("set -g remain-on-exit on\nset -g escape-time 0\nset -g status off\n")
        self.tmux("-f", str(settings), "new-session", "-d", "-x", "120", "-y", "40", "-c", str(directory), command)

    def tmux(self, *args):
        return subprocess.run(["tmux", "-S", self.socket, *args], env=self.environment, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, check=True, timeout=scaled(30)).stdout

    def close(self):
        subprocess.run(["tmux", "-S", self.socket, "kill-server"], env=self.environment, capture_output=True, check=False)

    def text(self):
        return self.tmux("capture-pane", "-p")

    def type(self, text):
        self.tmux("send-keys", "-l", text)
        self.tmux("send-keys", "Enter")

    def press(self, key):
        self.tmux("send-keys", key)

    def wait(self, pattern, timeout=60):
        """The first match of a pattern on the screen."""
        try:
            return wait_until(lambda: re.search(pattern, self.text(), re.M), timeout, pattern, every=0.03)
        except AssertionError as error:
            raise AssertionError(f"{error}\nthe screen:\n{self.text()}") from None

    def has_ended(self):
        return self.tmux("display-message", "-p", "#{pane_dead}").strip() == "1"

    def exit_code(self):
        """Of the ended program; tmux 3.3 leaves a 0 out."""
        return int(self.tmux("display-message", "-p", "#{pane_dead_status}").strip() or 0)


class TerminalCase(FunctionalCase):
    release = ""

    def setUp(self):
        super().setUp()
        reason = why_not("tmux")
        if reason or not self.release:
            self.skipTest(reason or "only a base class")
        self.running = self.gateway(default_config(echo=ECHO))
        original = Original(self.release, self.running, self.running.state.parent / "original")
        environment = dict(original.environment, TERM="xterm-256color", LC_ALL="C.UTF-8")
        self.screen = Screen(original.shell_command("tui"), environment, original.home)
        self.addCleanup(self.screen.close)

    def answers(self):
        with self.running.connect() as client:
            return [text_of(row) for row in client.history(SESSION) if row["role"] == "assistant"]

    def send(self, text):
        """Types a message; the lengths in which its answer stood on the screen until it was whole."""
        answer, seen = f"echo: {text}", []
        self.screen.type(text)

        def is_whole():
            shown = [line.strip() for line in self.screen.text().splitlines() if line.strip().startswith("echo: ")]
            if shown and answer.startswith(shown[-1]) and shown[-1] not in seen:
                seen.append(shown[-1])
            return answer in seen

        try:
            wait_until(is_whole, 60, answer, every=0.03)
        except AssertionError as error:
            raise AssertionError(f"{error}\nthe screen:\n{self.screen.text()}") from None
        return seen


class Terminal:
    """What a person does at the terminal; mixed into one class for each release."""

    def test_messages_are_answered_aborted_and_the_program_ends(self):
        screen = self.screen
        screen.wait(r"connected \| idle", 120)
        first = "tell me something that is long enough to be watched while it grows"
        self.assertGreater(len(self.send(first)), 1, "the answer came in one piece")
        screen.wait(r"connected \| idle")
        second = "and a second message in the same session"
        self.send(second)
        screen.wait(r"connected \| idle")
        self.assertEqual(self.answers(), [f"echo: {first}", f"echo: {second}"])

        screen.type("unwanted " * 100)
        screen.wait(r"echo: unwanted")
        screen.press("Escape")
        screen.wait(r"\| aborted")
        with self.running.connect() as client:
            wait_until(lambda: client.request("gateway.restart.preflight")["safe"], 20, "the turn has ended")
        self.assertLess(len(self.answers()[-1]), 900)

        # The first key clears the line, the second one leaves; how fast they must follow differs between the releases.
        def has_ended():
            if not screen.has_ended():
                screen.press("C-c")
            return screen.has_ended()

        wait_until(has_ended, 30, "the program ends", every=0.3)
        self.assertEqual(screen.exit_code(), 0)


class Terminal202656Test(Terminal, TerminalCase):
    release = "2026.5.6"


class Terminal202696Test(Terminal, TerminalCase):
    release = "2026.9.6"


class BrowserTest(FunctionalCase):
    def test_the_browser_interface_shows_a_growing_answer(self):
        reason = why_not("chromium")
        if reason:
            self.skipTest(reason)
        running = self.gateway(default_config(echo=ECHO))
        home = running.state.parent / "browser"
        home.mkdir()
        text = "tell me something that is long enough to be watched while it grows"
        command = [str(NODE), str(DRIVER), "chromium", str(package("2026.9.6") / "dist/control-ui"),
                   f"ws://127.0.0.1:{running.port}", text, f"echo: {text}"]
        if os.environ.get("GW_SCREENSHOTS"):
            command.append(os.path.join(os.environ["GW_SCREENSHOTS"], "control-ui.png"))
        result = self.run_driver(command, clean_environment(home, GATEWAY_TOKEN=TOKEN, TMPDIR=home,
                                                            UI_DEADLINE_S=scaled(90)))
        self.assertTrue(result["ok"], result)
        self.assertEqual(result["seen"][-1], f"echo: {text}")
        self.assertGreater(len(result["seen"]), 1, "the answer came in one piece")
        with running.connect() as client:
            self.assertEqual([text_of(row) for row in client.history(SESSION)], [text, f"echo: {text}"])

    def run_driver(self, command, environment):
        driver = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, text=True, start_new_session=True)
        try:
            output, errors = driver.communicate(timeout=scaled(120))
        except subprocess.TimeoutExpired:
            os.killpg(driver.pid, signal.SIGKILL)  # With its browser.
            output, errors = driver.communicate()
        try:
            return json.loads(output)
        except ValueError:
            self.fail(f"the driver exited {driver.returncode}: {output} {errors}")


if __name__ == "__main__":
    unittest.main(verbosity=2)
