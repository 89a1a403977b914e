"""Fakes of `launchctl` and `schtasks`, to be put first on PATH.

Each keeps in a file what the real one would know, answers with the texts in tests/support/recorded, and writes down how it was
called. None of this is the real tool: what it shows is that ours says the right words and understands the known answers.
With `spawns=True` the fake launchctl also runs what the property list says.
"""

import json
import os
import pathlib
import plistlib
import signal
import subprocess
import sys
import time

RECORDED = pathlib.Path(__file__).resolve().parents[2] / "support" / "recorded"
FAKE = """#!{python} -B
import sys
sys.path.insert(0, {here!r})
import service_tools
service_tools.{name}({folder!r}, sys.argv[1:])
"""


def as_text(said):
    """Bytes as JSON can hold them."""
    return "said:" + said.decode("latin-1") if isinstance(said, bytes) else said


class Tools:
    """A folder with the fakes. `state` is what they know; `answers` are given first, once each, by verb:
    (exit code, name of a recorded text or bytes)."""

    def __init__(self, folder, **state):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir()
        for program, name in (("launchctl", "launchctl"), ("schtasks", "schtasks"), ("cmd.exe", "cmd")):
            path = self.folder / program
            path.write_text(FAKE.format(python=sys.executable, here=str(pathlib.Path(__file__).parent), name=name,
                                        folder=str(self.folder)))
            path.chmod(0o755)
        self.state = {"answers": {}, **state}

    @property
    def state(self):
        return json.loads((self.folder / "state.json").read_text())

    @state.setter
    def state(self, value):
        (self.folder / "state.json").write_text(json.dumps(value))

    def know(self, **more):
        self.state = {**self.state, **more}

    def answer(self, verb, *answers):
        self.state = {**self.state, "answers": {**self.state["answers"], verb: [[code, as_text(said)] for code, said in answers]}}

    def calls(self):
        """How the fakes were called since the last time: lists of words."""
        path = self.folder / "calls"
        lines = path.read_text().splitlines() if path.exists() else []
        path.write_text("")
        return [json.loads(line) for line in lines]


class _Call:
    """One call of a fake."""

    def __init__(self, folder, program, words):
        self.path = pathlib.Path(folder) / "state.json"
        self.state = json.loads(self.path.read_text())
        with open(pathlib.Path(folder) / "calls", "a") as calls:
            calls.write(json.dumps([program, *words]) + "\n")
        queue = self.state["answers"].get(words[0], [])
        if queue:
            code, text = queue.pop(0)
            self.end(code, text)

    def end(self, code=0, text=""):
        """Remembers, says it and ends."""
        self.path.write_text(json.dumps(self.state))
        text = as_text(text)
        if text.startswith("said:"):
            said = text.removeprefix("said:").encode("latin-1")
        else:
            said = (RECORDED / text).read_bytes() if text else b""
        stream = sys.stderr if code else sys.stdout
        stream.buffer.write(said.replace(b"501", str(os.getuid()).encode()))
        stream.flush()
        sys.exit(code)


def spawn(plist):
    """Runs an agent as launchd would, as far as that is known; the process id."""
    agent = plistlib.loads(pathlib.Path(plist).read_bytes())
    os.umask(agent["Umask"])
    with open(agent["StandardInPath"], "rb") as given, open(agent["StandardOutPath"], "ab") as said, \
            open(agent["StandardErrorPath"], "ab") as complained:
        process = subprocess.Popen(agent["ProgramArguments"], cwd=agent["WorkingDirectory"], stdin=given, stdout=said, stderr=complained,
                                   env={"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "XPC_SERVICE_NAME": agent["Label"]}, start_new_session=True)
    return process.pid, agent["ExitTimeOut"]


def is_alive(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


def end(pid, limit_s):
    """SIGTERM, and SIGKILL when the time is over."""
    deadline = time.monotonic() + limit_s
    os.kill(pid, signal.SIGTERM)
    while is_alive(pid):
        if time.monotonic() > deadline:
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.01)


def launchctl(folder, words):
    call = _Call(folder, "launchctl", words)
    state, verb, target = call.state, words[0], words[1]
    if state.get("no_session"):
        call.end(*state["no_session"])
    if verb == "print" and target.startswith("system/"):
        call.end(0, "launchctl/print-running.txt") if state.get("has_daemon") else call.end(113, "launchctl/print-113.txt")
    if verb == "print":
        if state.get("leaving", 0) > 0:  # Told to go, and still there.
            state["leaving"] -= 1
            call.end(0, "launchctl/print-running.txt")
        if not state.get("loaded"):
            call.end(113, "launchctl/print-113.txt")
        if state.get("pid"):
            printed = (RECORDED / "launchctl/print-running.txt").read_bytes()
            call.end(0, printed.replace(b"35711", str(state["pid"]).encode()))
        call.end(0, state.get("print", "launchctl/print-running.txt"))
    if verb == "print-disabled":
        call.end(0, state.get("print_disabled", b""))
    if verb == "bootstrap":
        if not pathlib.Path(words[2]).is_file():
            call.end(5, "launchctl/bootstrap-5.txt")
        state["loaded"] = True
        if state.get("spawns"):
            state["pid"], state["exit_timeout_s"] = spawn(words[2])
    if verb == "bootout":
        if not state.get("loaded"):
            call.end(3, "launchctl/bootout-3.txt")
        state["loaded"] = False
        if state.get("pid"):
            end(state.pop("pid"), state["exit_timeout_s"])
        state["leaving"] = state.get("lingers", 0)
        if state["leaving"]:
            call.end(36, "launchctl/bootout-36.txt")
    call.end()


def schtasks(folder, words):
    call = _Call(folder, "schtasks", words)
    state, verb = call.state, words[0]
    language = f"schtasks/{state.get('language', 'en')}"
    registered = pathlib.Path(folder) / "registered.xml"
    if verb == "/Create":
        registered.write_bytes(pathlib.Path(words[words.index("/XML") + 1]).read_bytes())
        call.end()
    if not registered.exists():
        call.end(2, f"{language}/error-2.txt")
    if verb == "/Query" and "/XML" in words:
        text = registered.read_bytes()
        # Windows converts it to the code page of the console where it writes into a pipe.
        call.end(0, text if state.get("is_utf16") else text.decode("utf-16").encode())
    if verb == "/Query":
        call.end(0, f"{language}/csv-{state.get('is', 'not-run')}.txt")
    if verb == "/Run":
        state["is"] = "running"
    if verb == "/End":
        state["is"] = "terminated"
    if verb == "/Delete":
        registered.unlink()
    call.end()


def cmd(folder, words):
    _Call(folder, "cmd.exe", words).end()
