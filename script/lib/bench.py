"""Takes the measurements of script/bench and writes docs/benchmarks.md."""

import argparse
import json
import os
import pathlib
import platform
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/functional"))

from support.gateway import PROGRAM, TOKEN, Gateway, children_of, clean_environment, default_config  # noqa: E402
from support.restart_load import CONFIG as LOAD_CONFIG  # noqa: E402
from support.restart_load import RestartLoad  # noqa: E402
from support.timing import wait_until  # noqa: E402
from support.ws import Client  # noqa: E402

TOOLS = PROGRAM.parent.parent / "bench"
PEER = "2026.5.6"
RESTARTS_UNDER_LOAD = 100


def say(text):
    print(f"    {text}", file=sys.stderr, flush=True)


def free_port():
    with socket.socket() as chosen:
        chosen.bind(("127.0.0.1", 0))
        return chosen.getsockname()[1]


def tool(name, port, **options):
    command = [str(TOOLS / name), "--port", str(port), "--token", TOKEN]
    for option, value in options.items():
        command += [f"--{option}", str(value)]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, timeout=300).stdout)


def first_answer(port, deadline_s=60):
    """Waits until a gateway on `port` answers `health`."""

    def answered():
        try:
            with Client.connect(port, TOKEN) as client:
                return client.request("health")["ok"]
        except Exception:
            return False

    wait_until(answered, deadline_s, "the first answer", every=0.0005)


def memory_kb(pids):
    """(VmRSS, PSS) of all processes together."""
    resident = shared = 0
    for pid in pids:
        resident += int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text()).group(1))
        shared += int(re.search(r"^Pss:\s+(\d+)", pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text(), re.M).group(1))
    return resident, shared


def tree_of(pid):
    return [pid] + [below for child in children_of(pid) for below in tree_of(child)]


def timed(command, environment):
    begin = time.monotonic()
    subprocess.run(command, check=True, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, timeout=120)
    return (time.monotonic() - begin) * 1000


def median(values):
    return statistics.median(values)


class Ours:
    """All numbers of our gateway."""

    def __init__(self, runs):
        self.runs = runs

    def measure(self):
        result = {"start_ms": self.start()}
        with Gateway(default_config()) as gateway:
            time.sleep(2)
            result["rss_kb"], result["pss_kb"] = memory_kb([gateway.keeper, *gateway.generations()])
            command = [str(gateway.program), "gateway", "call", "health", "--json"]
            result["call_ms"] = median(timed(command, gateway.environment) for _ in range(5 * self.runs))
            command = [str(gateway.program), "--version"]
            result["version_ms"] = median(timed(command, gateway.environment) for _ in range(5 * self.runs))
            command = [str(gateway.program), "gateway", "status", "--json"]
            result["status_ms"] = median(timed(command, gateway.environment) for _ in range(5 * self.runs))
            result["load"] = [tool("rpc_load", gateway.port, connections=8, depth=1, ms=2000) for _ in range(self.runs)]
            result["per_second"] = median(load["perSecond"] for load in result["load"])
            result["p50_us"] = median(load["p50Us"] for load in result["load"])
            result["p99_us"] = median(load["p99Us"] for load in result["load"])
            result["per_second_deep"] = median(
                tool("rpc_load", gateway.port, connections=8, depth=16, ms=2000)["perSecond"] for _ in range(self.runs))
            gaps = [self.gap(gateway) for _ in range(self.runs)]
        result["gap_ms"] = median(gap["longestUs"] / 1000 for gap in gaps)
        result["gap_worst_ms"] = max(gap["longestUs"] / 1000 for gap in gaps)
        result["usual_ms"] = median(gap["usualUs"] / 1000 for gap in gaps)
        result["refused"] = sum(gap["refused"] for gap in gaps)
        result["failed"] = sum(gap["failed"] for gap in gaps)
        self.measure_load(result)
        self.measure_package(result)
        return result

    def measure_package(self, result):
        """What an installation takes: `cmake --install --strip` into a scratch directory, and `readelf -d` of what it put there."""
        with tempfile.TemporaryDirectory(prefix="openclaw-installed-") as prefix:
            subprocess.run(["cmake", "--install", PROGRAM.parent.parent, "--prefix", prefix, "--strip"], check=True,
                           stdout=subprocess.DEVNULL)
            programs = [pathlib.Path(prefix, "bin/openclaw"), pathlib.Path(prefix, "libexec/openclaw-gateway")]
            result["cli_bytes"], result["gateway_bytes"] = (program.stat().st_size for program in programs)
            result["installed_bytes"] = sum(path.lstat().st_size for path in pathlib.Path(prefix).rglob("*") if path.is_file())
            needed = subprocess.run(["readelf", "-d", *programs], check=True, stdout=subprocess.PIPE, text=True).stdout
            result["libraries"] = sorted(set(re.findall(r"\(NEEDED\).*\[(.*)\]", needed)))
            result["library_count"] = len(result["libraries"])

    def measure_load(self, result):
        with Gateway(default_config(**LOAD_CONFIG)) as gateway:
            load = RestartLoad(gateway, RESTARTS_UNDER_LOAD)
            load.run()
        say(load.summary())
        result["gap_load_ms"], result["gap_load_p99_ms"] = load.gap_ms(0.5), load.gap_ms(0.99)
        result["lost"] = load.lost + load.doubled + load.refused

    def start(self):
        """From the start of the process to the first answer, on a state directory that was used before."""
        took = []
        gateway = Gateway(default_config())
        gateway.start()
        gateway.stop()
        for _ in range(self.runs):
            port = free_port()
            begin = time.monotonic()
            gateway.spawn("--port", str(port))
            first_answer(port)
            took.append((time.monotonic() - begin) * 1000)
            gateway.stop()
        gateway.close()
        return median(took)

    def gap(self, gateway):
        generation = gateway.serving()
        command = [str(TOOLS / "connect_gap"), "--port", str(gateway.port), "--token", TOKEN, "--ms", "2000"]
        prober = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        time.sleep(0.5)
        gateway.cli_json("gateway", "restart", "--safe", "--json")
        gateway.wait_new_generation(generation)
        return json.loads(prober.communicate(timeout=60)[0])


class Original:
    """The same numbers of the original, as far as it can be measured the same way."""

    def __init__(self, peers, runs):
        self.runs = min(runs, 3)
        self.node = pathlib.Path(peers) / "node/bin/node"
        self.script = pathlib.Path(peers) / f"openclaw-{PEER}/node_modules/openclaw/openclaw.mjs"
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="openclaw-original-"))
        self.port = free_port()
        state = self.home / ".openclaw"
        state.mkdir()
        config = {"gateway": {"mode": "local", "port": self.port, "auth": {"mode": "token", "token": TOKEN}},
                  "plugins": {"enabled": True}}
        (state / "openclaw.json").write_text(json.dumps(config))
        self.environment = clean_environment(self.home, PATH=f"{self.node.parent}:{os.environ['PATH']}", TZ="UTC",
                                             OPENCLAW_SKIP_CHANNELS="1")

    def command(self, *args):
        return [str(self.node), str(self.script), *args]

    def start(self):
        output = open(self.home / "output", "ab")
        begin = time.monotonic()
        process = subprocess.Popen(self.command("gateway", "run", "--port", str(self.port)), env=self.environment,
                                   stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True)
        output.close()
        try:
            first_answer(self.port, 120)
        except AssertionError:
            self.stop(process)
            raise
        return process, (time.monotonic() - begin) * 1000

    def stop(self, process):
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)

    def measure(self):
        starts = []
        self.stop(self.start()[0])  # The first start fills its caches.
        for number in range(self.runs):
            process, took = self.start()
            starts.append(took)
            if number + 1 < self.runs:
                self.stop(process)
        try:
            time.sleep(5)
            result = {"start_ms": median(starts)}
            result["rss_kb"], result["pss_kb"] = memory_kb(tree_of(process.pid))
            call = self.command("gateway", "call", "health", "--json")
            result["call_ms"] = median(timed(call, self.environment) for _ in range(self.runs))
            result["version_ms"] = median(timed(self.command("--version"), self.environment) for _ in range(self.runs))
            status = self.command("gateway", "status", "--json")
            result["status_ms"] = median(timed(status, self.environment) for _ in range(self.runs))
            installed = self.script.parents[1]
            result["installed_bytes"] = sum(path.lstat().st_size for path in installed.rglob("*") if path.is_file())
            loads = [tool("rpc_load", self.port, connections=8, depth=1, ms=2000) for _ in range(self.runs)]
            result["per_second"] = median(load["perSecond"] for load in loads)
            result["p50_us"] = median(load["p50Us"] for load in loads)
            result["p99_us"] = median(load["p99Us"] for load in loads)
            self.measure_gap(result)
            return result
        finally:
            self.stop(process)

    def measure_gap(self, result):
        command = [str(TOOLS / "connect_gap"), "--port", str(self.port), "--token", TOKEN, "--ms", "30000", "--pause-ms", "20"]
        prober = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        time.sleep(0.5)
        asked = subprocess.run(self.command("gateway", "restart", "--safe", "--json"), env=self.environment,
                               stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
        gap = json.loads(prober.communicate(timeout=120)[0])
        if asked.returncode == 0:
            result["gap_ms"], result["refused"] = gap["longestUs"] / 1000, gap["refused"]
        else:
            say(f"the original refused the safe restart: {asked.stderr[-200:]}")


def machine():
    model = re.search(r"model name\s*:\s*(.*)", pathlib.Path("/proc/cpuinfo").read_text())
    memory = int(re.search(r"MemTotal:\s+(\d+)", pathlib.Path("/proc/meminfo").read_text()).group(1)) // 1048576
    system = re.search(r'PRETTY_NAME="(.*)"', pathlib.Path("/etc/os-release").read_text())
    return (f"{os.cpu_count()} × {model.group(1).strip() if model else platform.machine()}, {memory} GB of memory, "
            f"{system.group(1) if system else platform.system()}, Linux {platform.release()}")


def page(ours, original, runs):
    def row(name, limit, key, form, good):
        theirs = form(original[key]) if original and key in original else "not measured"
        return f"| {name} | {form(ours[key])} | {limit} | {('yes' if good else '**no**') if limit else ''} | {theirs} |"

    def milliseconds(value):
        return f"{value:.1f} ms" if value < 1000 else f"{value / 1000:.1f} s"

    def megabytes(value):
        return f"{value / 1024:.1f} MB"

    def count(value):
        return f"{value:,.0f}"

    def megabytes_on_disk(value):
        return f"{value / 1e6:.1f} MB"

    rows = [
        row("process start to the first answer", "≤ 50 ms", "start_ms", milliseconds, ours["start_ms"] <= 50),
        row("resident memory when idle, all processes (VmRSS)", "≤ 20 MB", "rss_kb", megabytes, ours["rss_kb"] <= 20 * 1024),
        row("the same with shared pages counted once (PSS)", "", "pss_kb", megabytes, ours["pss_kb"] <= 20 * 1024),
        row("`openclaw gateway call health`, the whole command", "≤ 20 ms", "call_ms", milliseconds, ours["call_ms"] <= 20),
        row("`openclaw --version`", "≤ 5 ms", "version_ms", milliseconds, ours["version_ms"] <= 5),
        row("`openclaw gateway status --json`, with a healthy gateway", "≤ 60 ms", "status_ms", milliseconds, ours["status_ms"] <= 60),
        row("longest gap for a connecting client across `gateway restart --safe`, idle", "≤ 20 ms", "gap_ms", milliseconds,
            ours["gap_ms"] <= 20),
        row("connections refused meanwhile, all runs", "0", "refused", count, ours["refused"] == 0),
        row(f"the same under load, 99 of {RESTARTS_UNDER_LOAD} restarts of all kinds are below", "≤ 50 ms", "gap_load_p99_ms",
            milliseconds, ours["gap_load_p99_ms"] <= 50),
        row("the same, median", "", "gap_load_ms", milliseconds, True),
        row("messages lost or doubled and connections refused under that load", "0", "lost", count, ours["lost"] == 0),
        row("`health` round trips a second, 8 connections, one request each", "≥ 20,000", "per_second", count,
            ours["per_second"] >= 20_000),
        row("the same, median time of one", "", "p50_us", lambda us: f"{us:.0f} µs", True),
        row("the same, 99 of 100 are faster than", "", "p99_us", lambda us: f"{us:.0f} µs", True),
        row("size of an installation", "", "installed_bytes", megabytes_on_disk, True),
        row("of it `openclaw`, stripped", "", "cli_bytes", megabytes_on_disk, True),
        row("of it `openclaw-gateway`, stripped", "", "gateway_bytes", megabytes_on_disk, True),
        row("shared libraries that the two programs are linked with", "≤ 3", "library_count", count, ours["library_count"] <= 3),
    ]
    return f"""# Benchmarks

Made by `script/bench` on {time.strftime('%Y-%m-%d')}: {machine()}.
Medians of {runs} runs, the original of {min(runs, 3)}; client and gateway share the machine.

| what | this gateway | wanted | reached | OpenClaw {PEER} |
|---|---|---|---|---|
{chr(10).join(rows)}

- *Gap*: a client connects, says hello, asks for `health` and closes, again and again; the gap is the longest time between
  two answers. Without a restart one round takes {ours['usual_ms']:.1f} ms; the worst run had {ours['gap_worst_ms']:.1f} ms.
  {ours['failed']} of all rounds were connected and ended before their answer.
- *Load*: 200 requests a second and 20 streaming turns at any time (`tests/functional/support/restart_load.py`).
- With 16 requests under way on each of the 8 connections: {ours['per_second_deep']:,.0f} round trips a second.
- *Installation*: `cmake --install build/release --strip` into an empty directory. The shared libraries are those that `readelf -d`
  names: {", ".join(f"`{name}`" for name in ours["libraries"])}. A model call loads libcurl besides; the original needs Node.js, which is not counted.
- The load comes from `tests/bench`; each program there prints its usage.
"""


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--peers")
    parser.add_argument("--print", action="store_true", dest="only_print")
    options = parser.parse_args()

    say("measuring this gateway")
    ours = Ours(options.runs).measure()
    original = None
    if options.peers:
        say(f"measuring OpenClaw {PEER}")
        try:
            original = Original(options.peers, options.runs).measure()
        except (AssertionError, OSError, subprocess.SubprocessError) as error:
            say(f"OpenClaw {PEER} could not be measured: {error}")
    text = page(ours, original, options.runs)
    if options.only_print:
        print(text)
        return
    target = ROOT / "docs/benchmarks.md"
    target.parent.mkdir(exist_ok=True)
    target.write_text(text)
    print(f"start {ours['start_ms']:.0f} ms, {ours['rss_kb'] / 1024:.1f} MB, call {ours['call_ms']:.1f} ms, "
          f"gap {ours['gap_ms']:.1f} ms, {ours['per_second']:,.0f} round trips/s; written to docs/benchmarks.md")


if __name__ == "__main__":
    main()
