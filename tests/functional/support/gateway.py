"""Starts real gateways on scratch state directories and looks at their processes."""

import json
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

from .timing import scaled, wait_until
from .ws import Client, http_get

ROOT = pathlib.Path(__file__).resolve().parents[3]
PROGRAM = pathlib.Path(os.environ.get("GW_BIN", ROOT / "build/release/bin/openclaw")).resolve()
TOKEN = "functional-test-token"


def clean_environment(home, **more):
    """The caller's environment without anything that could point at another gateway."""
    kept = {name: value for name, value in os.environ.items()
            if not name.startswith(("OPENCLAW_", "XDG_")) and name not in ("NOTIFY_SOCKET", "INVOCATION_ID")}
    kept.update(HOME=str(home), NO_COLOR="1", LC_ALL="C.UTF-8")
    kept.update({name: str(value) for name, value in more.items()})
    return kept


def with_quick_probation(config):
    """A predecessor that goes soon after its successor serves: most tests wait for it to be gone. And no breaker:
    many tests kill generations on purpose."""
    native = config.get("native", {}) if isinstance(config, dict) else None
    restart = native.get("restart", {}) if isinstance(native, dict) else None
    if not isinstance(restart, dict):
        return config
    return {**config, "native": {**native, "restart": {"probationMs": 100, "crashLoopStarts": 0, **restart}}}


def default_config(**native):
    return {"gateway": {"mode": "local", "auth": {"mode": "token", "token": TOKEN}},
            "native": {"echo": {"chunkDelayMs": 0}, **native}}


class Gateway:
    """One `openclaw gateway run` in the foreground on a port that the kernel chose.

    `config` is a value or the text of openclaw.json; None means no file. With `port_flag=False` the port is what the
    configuration says. The directory is removed by `close`.
    """

    def __init__(self, config="default", args=(), state=None, environment=None, program=None, port_flag=True):
        self._owned = None
        if state is None:
            self._owned = tempfile.mkdtemp(prefix="openclaw-test-")
            state = os.path.join(self._owned, "state")
        self.state = pathlib.Path(state)
        self.state.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.program = pathlib.Path(program or PROGRAM)
        self.args = [*(("--port", "0") if port_flag else ()), *args]
        self.environment = clean_environment(self.state.parent, OPENCLAW_STATE_DIR=self.state, **(environment or {}))
        self.process = None
        self.port = None
        self.output_path = self.state.parent / f"{self.state.name}.output"
        self.token = TOKEN
        if config == "default":
            config = default_config()
        if config is not None:
            self.write_config(config)

    def write_config(self, config):
        text = config if isinstance(config, str) else json.dumps(with_quick_probation(config), indent=2)
        (self.state / "openclaw.json").write_text(text)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.close()

    # Life.

    def spawn(self, *args, **popen):
        """Starts the program without waiting for it."""
        with open(self.output_path, "ab") as output:
            command = [str(self.program), "gateway", "run", *self.args, *args]
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                            env=self.environment, start_new_session=True, **popen)
        return self

    def start(self, timeout=10.0, **popen):
        self.spawn(**popen)
        self.wait_ready(timeout)
        return self

    def wait_ready(self, timeout=10.0):
        def ready():
            if self.process.poll() is not None:
                raise AssertionError(f"the gateway ended with {self.process.returncode}:\n{self.output()}")
            lock = self.lock()
            if not lock or lock.get("pid") != self.process.pid or not lock.get("port"):
                return False
            try:
                status, _, _ = http_get(lock["port"], "/readyz", timeout=2)
            except OSError:
                return False
            self.port = lock["port"]
            return status == 200

        try:
            wait_until(ready, timeout, "the gateway is ready", every=0.005)
        except AssertionError as error:
            raise AssertionError(f"{error}\nits output:\n{self.output()}") from None

    def lock(self):
        try:
            return json.loads((self.state / "gateway.lock").read_text())
        except (OSError, ValueError):
            return None

    def stop(self, timeout=15.0):
        """SIGTERM, and the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(scaled(timeout))

    def kill(self):
        """SIGKILL for the keeper and every generation; as a power cut would."""
        generations = self.generations()
        self.process.kill()
        for pid in generations:
            _kill(pid)
        self.process.wait(scaled(10))
        wait_until(lambda: not any(map(is_alive, generations)), 10, "the generations are gone")

    def close(self):
        if self.process and self.process.poll() is None:
            generations = self.generations()
            try:
                self.stop()
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(10)
            for pid in generations:
                if is_alive(pid):
                    _kill(pid)
        if self._owned:
            shutil.rmtree(self._owned, ignore_errors=True)

    # Processes.

    @property
    def keeper(self):
        return self.process.pid

    def generations(self):
        """Pids of the keeper's children, the oldest first."""
        return children_of(self.process.pid)

    def serving(self, timeout=10.0):
        """Pid of the generation, once there is exactly one and the gateway is ready."""

        def only_one():
            pids = self.generations()
            try:
                ready = len(pids) == 1 and http_get(self.port, "/readyz", timeout=2)[0] == 200
            except OSError:
                ready = False
            return pids[0] if ready and self.generations() == pids else None

        return wait_until(only_one, timeout, f"one serving generation, now {self.generations()}")

    def wait_new_generation(self, old, timeout=20.0):
        """Pid of the generation that serves once `old` is gone."""
        wait_until(lambda: old not in self.generations(), timeout, f"generation {old} ends")
        return self.serving(timeout)

    # Talking to it.

    def connect(self, **options):
        return Client.connect(self.port, self.token, **options)

    def cli(self, *args, timeout=30.0, environment=None, check=False):
        """Runs a command of our own command line against this gateway, which it finds by the lock file."""
        env = dict(self.environment, **(environment or {}))
        done = subprocess.run([str(self.program), *map(str, args)], env=env, stdin=subprocess.DEVNULL, text=True,
                              capture_output=True, timeout=scaled(timeout))
        if check and done.returncode != 0:
            raise AssertionError(f"{args} exited {done.returncode}\nstdout: {done.stdout}\nstderr: {done.stderr}")
        return done

    def shell(self, words, timeout=30.0):
        """A line of the shell that begins with our program."""
        return subprocess.run(["sh", "-c", f"exec {self.program} {words}"], env=self.environment, stdin=subprocess.DEVNULL,
                              text=True, capture_output=True, timeout=scaled(timeout))

    def cli_json(self, *args, **options):
        return json.loads(self.cli(*args, check=True, **options).stdout)

    def output(self):
        try:
            return self.output_path.read_text(errors="replace")[-20000:]
        except OSError:
            return ""

    def log(self):
        return "\n".join(path.read_text(errors="replace") for path in sorted((self.state / "logs").glob("*.log")))


def _kill(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def _stat(pid):
    """(parent, start time, state) of a process."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return int(fields[1]), int(fields[19]), fields[0]


def is_alive(pid):
    try:
        return _stat(pid)[2] != "Z"
    except OSError:
        return False


def children_of(parent):
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                ppid, started, state = _stat(int(entry))
            except OSError:
                continue
            if ppid == parent and state != "Z":
                found.append((started, int(entry)))
    return [pid for _, pid in sorted(found)]


def free_port():
    """One that nobody listens on, below those that the kernel gives to outgoing connections: one of them would take it
    again, or connect to itself."""
    while True:
        port = random.randrange(10_000, 32_000)
        try:
            socket.create_server(("127.0.0.1", port)).close()
            return port
        except OSError:
            continue


class Probe:
    """Connects in a loop from another thread and counts what a client would notice."""

    def __init__(self, port, every=0.002):
        self.port, self.every = port, every
        self.connected = self.refused = 0
        self.longest_s = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join(10)

    def _run(self):
        while not self._stop.is_set():
            begin = time.monotonic()
            try:
                socket.create_connection(("127.0.0.1", self.port), 10).close()
                self.connected += 1
            except ConnectionRefusedError:
                self.refused += 1
            except OSError:
                pass
            self.longest_s = max(self.longest_s, time.monotonic() - begin)
            self._stop.wait(self.every)
