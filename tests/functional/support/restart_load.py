"""A gateway under load that is restarted in every way, again and again.

Streaming chat turns run all the time in many sessions, requests come at a steady rate, and during each restart another
process connects, says hello and asks, without a pause worth mentioning (`tests/bench/connect_gap.cpp`).
"""

import itertools
import json
import pathlib
import random
import re
import signal
import statistics
import subprocess
import threading
import time

from .gateway import PROGRAM, TOKEN
from .timing import scaled
from .ws import Closed, RpcError, UpgradeRefused, text_of

CONNECT_GAP = PROGRAM.parent.parent / "bench/connect_gap"
KINDS = ("safe", "skip-deferral", "signal", "cli safe", "cli plain", "cli force", "cli wait")
ROUND_S = 0.2  # Between two looks at the sessions of one client.
MESSAGES_PER_SESSION = 50  # Then another session is begun, so that a history stays short.
TRANSIENT = (Closed, OSError, UpgradeRefused, TimeoutError)

# A turn streams for about a second.
CONFIG = {"echo": {"chunkDelayMs": 100, "chunkChars": 4}, "restart": {"openPhaseMs": 100}}


class Worker(threading.Thread):
    """Repeats `step` with a client until it is told to finish; a closed connection is opened anew."""

    def __init__(self, gateway):
        super().__init__(daemon=True)
        self.gateway, self.client = gateway, None
        self.finishing = threading.Event()
        self.requests = self.refused = self.reconnects = 0
        self.problem = None

    def run(self):
        try:
            while not self.is_done():
                try:
                    if not self.client or not self.client.is_open:
                        self.reconnect()
                    self.step()
                except ConnectionRefusedError:
                    self.refused += 1
                except RpcError as error:
                    if not error.retryable:
                        raise
                except TRANSIENT:
                    pass
        except Exception as error:  # Shown by the caller; a thread's own report would be lost.
            self.problem = f"{type(error).__name__}: {error}"
        finally:
            if self.client:
                self.client.close()

    def reconnect(self):
        if self.client:
            self.client.close()
        self.client = self.gateway.connect()
        self.reconnects += 1

    def is_done(self):
        return self.finishing.is_set()

    def step(self):
        raise NotImplementedError


class Talk:
    """One session: a message, its whole answer, the next message."""

    def __init__(self, number):
        self.number, self.names, self.sent = number, [], {}
        self.waiting = None  # The message that is not answered yet.
        self.is_acknowledged = False

    def next(self):
        total = sum(map(len, self.sent.values()))
        if total % MESSAGES_PER_SESSION == 0:
            self.names.append(f"load-{self.number}-{len(self.names)}")
            self.sent[self.names[-1]] = []
        self.waiting, self.is_acknowledged = f"message {total} of talk {self.number} as a stream", False
        self.sent[self.names[-1]].append(self.waiting)


class Chatter(Worker):
    """Keeps one turn under way in each of its sessions."""

    def __init__(self, gateway, numbers):
        super().__init__(gateway)
        self.talks = [Talk(number) for number in numbers]

    def is_done(self):
        return super().is_done() and not any(talk.waiting for talk in self.talks)

    def step(self):
        for talk in self.talks:
            self.go_on(talk)
        time.sleep(ROUND_S)

    def go_on(self, talk):
        if not talk.waiting:
            if self.finishing.is_set():
                return
            talk.next()
        session = talk.names[-1]
        if not talk.is_acknowledged:
            self.client.chat_send(session, talk.waiting, f"{session} {talk.waiting}")
            talk.is_acknowledged = True
        self.requests += 1
        rows = self.client.history(session, 2)
        if rows and rows[-1]["role"] == "assistant" and text_of(rows[-1]) == f"echo: {talk.waiting}":
            talk.waiting = None


class Caller(Worker):
    """Asks for `health` at a steady rate."""

    def __init__(self, gateway, per_second):
        super().__init__(gateway)
        self.pause_s = 1 / per_second

    def step(self):
        begin = time.monotonic()
        self.client.request("health")
        self.requests += 1
        time.sleep(max(0.0, self.pause_s - (time.monotonic() - begin)))


def resident_kb(pid):
    return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text()).group(1))


def descriptors(pid):
    return len(list(pathlib.Path(f"/proc/{pid}/fd").iterdir()))


class RestartLoad:
    """Restarts `gateway`, which runs with CONFIG, `restarts` times; the outcome is in the members afterwards."""

    def __init__(self, gateway, restarts, talks=20, requests_per_second=200, seed=1):
        self.gateway, self.restarts = gateway, restarts
        self.random = random.Random(f"{seed} restart load")
        share = 5  # Sessions of one client.
        self.chatters = [Chatter(gateway, range(at, min(at + share, talks))) for at in range(0, talks, share)]
        # What the chatters ask for with their looks at the histories is a part of the rate.
        self.caller = Caller(gateway, max(1, requests_per_second - talks / ROUND_S))
        self.gaps_ms, self.kinds = [], []
        self.refused = self.cut_rounds = self.lost = self.doubled = self.answered = 0
        self.first_rss_kb = self.last_rss_kb = 0
        self.first_descriptors = self.last_descriptors = 0
        self.requests_per_second = 0.0

    def run(self):
        begin = time.monotonic()
        workers = [*self.chatters, self.caller]
        for worker in workers:
            worker.start()
        time.sleep(2)  # Until every session streams.
        generation = self.gateway.serving()
        self.first_rss_kb, self.first_descriptors = resident_kb(generation), descriptors(self.gateway.keeper)
        kinds = itertools.cycle(self.random.sample(KINDS, len(KINDS)))
        for kind in itertools.islice(kinds, self.restarts):
            generation = self.restart(kind, generation)
        time.sleep(2)
        self.last_rss_kb, self.last_descriptors = resident_kb(generation), descriptors(self.gateway.keeper)
        self.requests_per_second = sum(worker.requests for worker in workers) / (time.monotonic() - begin)
        for worker in workers:
            worker.finishing.set()
        for worker in workers:
            worker.join(scaled(120))
        problems = [worker.problem for worker in workers if worker.problem]
        problems += [f"{worker.name} still waits" for worker in workers if worker.is_alive()]
        assert not problems, problems
        self.refused += sum(worker.refused for worker in workers)
        self.count_answers()

    def restart(self, kind, generation):
        command = [str(CONNECT_GAP), "--port", str(self.gateway.port), "--token", TOKEN, "--ms", "0", "--pause-ms", "2"]
        prober = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            time.sleep(0.1)
            self.ask(kind)
            generation = self.gateway.wait_new_generation(generation, 40)
        finally:
            prober.send_signal(signal.SIGTERM)
            seen = json.loads(prober.communicate(timeout=60)[0])
        self.gaps_ms.append(seen["longestUs"] / 1000)
        self.kinds.append(kind)
        self.refused += seen["refused"]
        self.cut_rounds += seen["failed"]
        return generation

    def ask(self, kind):
        if kind == "signal":
            self.gateway.process.send_signal(signal.SIGUSR1)
        elif kind.startswith("cli"):
            options = {"safe": ["--safe"], "plain": [], "force": ["--force"], "wait": ["--wait", "200ms"]}[kind.split()[1]]
            self.gateway.cli("gateway", "restart", *options, timeout=60, check=True)
        else:
            with self.gateway.connect() as client:
                more = {"skipDeferral": True} if kind == "skip-deferral" else {}
                client.request("gateway.restart.request", {"reason": f"load: {kind}", **more})

    def count_answers(self):
        with self.gateway.connect() as client:
            for talk in itertools.chain.from_iterable(chatter.talks for chatter in self.chatters):
                for session, sent in talk.sent.items():
                    rows = client.history(session)
                    asked = [text_of(row) for row in rows if row["role"] == "user"]
                    answers = [text_of(row) for row in rows if row["role"] == "assistant"]
                    self.lost += sum(text not in asked or f"echo: {text}" not in answers for text in sent)
                    self.doubled += len(asked) - len(set(asked)) + len(answers) - len(set(answers))
                    self.answered += len(answers)

    def children_left(self):
        """Children of the keeper, also those that ended and that it has not waited for."""
        tasks = pathlib.Path(f"/proc/{self.gateway.keeper}/task")
        listed = [path / "children" for path in tasks.iterdir()]
        return len([pid for path in listed for pid in path.read_text().split()])

    def gap_ms(self, share):
        """What that share of the restarts kept below: the longest time between two answers to a connecting client."""
        ordered = sorted(self.gaps_ms)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]

    def summary(self):
        return (f"{len(self.gaps_ms)} restarts under {self.requests_per_second:.0f} requests/s and "
                f"{sum(len(c.talks) for c in self.chatters)} turns: answered {self.answered}, lost {self.lost}, doubled {self.doubled}, "
                f"refused {self.refused}, rounds ended before the answer {self.cut_rounds}; gap median "
                f"{statistics.median(self.gaps_ms):.1f} ms, p99 {self.gap_ms(0.99):.1f} ms; generation {self.first_rss_kb} kB first, "
                f"{self.last_rss_kb} kB last; keeper {self.first_descriptors} descriptors first, {self.last_descriptors} last")
