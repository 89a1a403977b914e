"""The original clients, installed by script/lib/peers.sh: where they are and how to run them against our gateway."""

import json
import os
import pathlib
import shlex
import shutil
import subprocess

from .gateway import clean_environment, default_config
from .timing import scaled

# The directory that `script/lib/peers.sh` prints; empty when nobody asked for the original clients.
PEERS = os.environ.get("OPENCLAW_PEERS", "")
RELEASES = ("2026.5.6", "2026.9.6")
NODE = pathlib.Path(PEERS) / "node/bin/node"


def package(release):
    return pathlib.Path(PEERS) / f"openclaw-{release}/node_modules/openclaw"


def why_not(*programs):
    """Why the tests with the original cannot run; None when they can."""
    if not PEERS:
        return "the original clients are not asked for (script/test --with-openclaw)"
    if programs and os.environ.get("OPENCLAW_UI") == "no":
        return "only the command lines of the original are asked for (OPENCLAW_UI=no)"
    missing = [str(path) for path in (NODE, *(package(release) / "openclaw.mjs" for release in RELEASES))
               if not path.exists()]
    missing += [name for name in programs if not shutil.which(name)]
    return f"not installed: {' '.join(missing)}" if missing else None


class Original:
    """The command line of one release, with a home and a state directory of its own, that knows our port and token."""

    def __init__(self, release, gateway, home):
        self.release, self.home = release, pathlib.Path(home)
        (self.home / ".openclaw").mkdir(parents=True, exist_ok=True)
        config = default_config()
        del config["native"]
        config["gateway"]["port"] = gateway.port
        (self.home / ".openclaw/openclaw.json").write_text(json.dumps(config))
        # The port also stands in the environment: without it 2026.9.6 looks for the lock of a gateway of its own.
        self.environment = clean_environment(self.home, OPENCLAW_GATEWAY_PORT=gateway.port, TZ="UTC",
                                             PATH=f"{NODE.parent}:{os.environ['PATH']}")

    def command(self, *args):
        return [str(NODE), str(package(self.release) / "openclaw.mjs"), *args]

    def shell_command(self, *args):
        return shlex.join(self.command(*args))

    def run(self, *args, timeout=120):
        """A finished process with both outputs; AssertionError unless it exited 0 and used our gateway."""
        done = self.try_run(*args, timeout=timeout)
        # 2026.5.6 runs a turn of its own when it cannot use a gateway, and still exits 0.
        if done.returncode != 0 or "EMBEDDED FALLBACK" in done.stdout + done.stderr:
            raise AssertionError(f"openclaw {self.release} {shlex.join(args)} exited {done.returncode}\n"
                                 f"stdout: {done.stdout}\nstderr: {done.stderr}")
        return done

    def try_run(self, *args, timeout=120):
        """The same, however it ended."""
        return subprocess.run(self.command(*args), env=self.environment, stdin=subprocess.DEVNULL, text=True,
                              capture_output=True, timeout=scaled(timeout), cwd=self.home)

    def text(self, *args, **options):
        return self.run(*args, **options).stdout

    def json(self, *args, **options):
        """The JSON that a command printed: 2026.5.6 prints some of it to stderr, and a heading before some."""
        done = self.run(*args, **options)
        for output in (done.stdout, done.stderr):
            start = output.find("{")
            if start >= 0:
                try:
                    return json.JSONDecoder().raw_decode(output[start:])[0]
                except ValueError:
                    pass
        raise AssertionError(f"{shlex.join(args)} printed no JSON: {done.stdout!r} {done.stderr!r}")
