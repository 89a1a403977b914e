"""The play of script/demo: 40 messages over 8 sessions through a safe restart, a crash and a forced restart."""

import argparse
import os
import pathlib
import shlex
import signal
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/functional"))

from support.gateway import Gateway, Probe, default_config  # noqa: E402
from support.timing import wait_until  # noqa: E402
from support.ws import Closed, RpcError, UpgradeRefused, text_of  # noqa: E402

SESSIONS, MESSAGES_EACH = 8, 5
TEXT = "Message {} of session {}, long enough to be streamed in a good many pieces, one after the other."


class Timeline:
    def __init__(self):
        self.begin = time.monotonic()
        self.lock = threading.Lock()

    def say(self, text):
        with self.lock:
            print(f"  {time.monotonic() - self.begin:6.2f} s  {text}", flush=True)


class Sender(threading.Thread):
    """Sends the messages of one session in order; repeats each with the same key until it is acknowledged."""

    def __init__(self, gateway, number, pace_s):
        super().__init__(daemon=True)
        self.gateway, self.number, self.session, self.pace_s = gateway, number, f"demo-{number}", pace_s
        self.accepted = []
        self.refused = self.repeated = 0
        self.stopped = False

    def run(self):
        client = None
        for message in range(1, MESSAGES_EACH + 1):
            text, attempts = TEXT.format(message, self.number), 0
            while not self.stopped:
                try:
                    client = client if client and client.is_open else self.gateway.connect()
                    attempts += 1
                    client.chat_send(self.session, text, f"{self.session}-{message}", timeout=20)
                    self.accepted.append(text)
                    self.repeated += attempts > 1
                    break
                except ConnectionRefusedError:
                    self.refused += 1
                except (Closed, OSError, UpgradeRefused, RpcError):
                    pass
                time.sleep(0.02)
            time.sleep(self.pace_s)
        if client:
            client.close()


def count_runs(gateway):
    with gateway.connect() as client:
        return client.request("gateway.restart.preflight")["counts"]["embeddedRuns"]


def wait_for_runs(gateway, at_least):
    """Waits until turns run and have got somewhere, so that the demonstration never shows an idle moment by chance."""

    def running():
        try:
            return count_runs(gateway) >= at_least
        except (Closed, OSError, UpgradeRefused, RpcError):
            return False

    wait_until(running, 20, f"{at_least} running turns", every=0.02)
    time.sleep(0.5)


def restarts(gateway, timeline):
    generation = gateway.serving()
    timeline.say(f"keeper {gateway.keeper} holds port {gateway.port}; generation {generation} serves")

    wait_for_runs(gateway, 3)
    answer = gateway.cli_json("gateway", "restart", "--safe", "--json")
    timeline.say(f"openclaw gateway restart --safe → {answer['result']}: {answer['preflight']['summary']}")
    generation = gateway.wait_new_generation(generation, 60)
    timeline.say(f"the running turns had ended; generation {generation} took over")

    wait_for_runs(gateway, 3)
    os.kill(generation, signal.SIGKILL)
    timeline.say(f"kill -9 {generation} with turns running")
    generation = gateway.wait_new_generation(generation, 60)
    timeline.say(f"generation {generation} serves and takes up the cut turns")

    wait_for_runs(gateway, 3)
    gateway.cli_json("gateway", "restart", "--force", "--json", timeout=60)
    timeline.say("openclaw gateway restart --force with turns running")
    generation = gateway.wait_new_generation(generation, 60)
    timeline.say(f"generation {generation} serves and takes up the cut turns")


def collect(gateway, senders):
    """Waits for the answers; what each session's transcript holds, as (questions, answers)."""
    wanted = sum(len(sender.accepted) for sender in senders)
    with gateway.connect() as client:

        def transcripts():
            found = {}
            for sender in senders:
                rows = client.history(sender.session)
                found[sender.session] = tuple([text_of(row) for row in rows if row["role"] == role]
                                              for role in ("user", "assistant"))
            return found

        def all_answered():
            found = transcripts()
            return found if sum(len(answers) for _, answers in found.values()) >= wanted else None

        try:
            return wait_until(all_answered, 60, "all answers", every=0.1)
        except AssertionError:
            return transcripts()


def verdict(found, senders, refused):
    accepted = sum(len(sender.accepted) for sender in senders)
    answered = lost = doubled = 0
    for sender in senders:
        questions, answers = found[sender.session]
        for text in sender.accepted:
            times = answers.count(f"echo: {text}")
            answered += times > 0
            lost += times == 0 or text not in questions
        doubled += len(questions) - len(set(questions)) + len(answers) - len(set(answers))
    print(f"\naccepted {accepted}, answered {answered}, lost {lost}, duplicated {doubled}, refused connections {refused}",
          flush=True)
    return accepted == SESSIONS * MESSAGES_EACH and (lost, doubled, refused) == (0, 0, 0)


def play(gateway):
    timeline = Timeline()
    print(f"{SESSIONS} sessions send {SESSIONS * MESSAGES_EACH} messages; a turn takes about a second, four run at once\n")
    senders = [Sender(gateway, number, 1.0) for number in range(1, SESSIONS + 1)]
    with Probe(gateway.port, every=0.01) as probe:
        for sender in senders:
            sender.start()
        restarts(gateway, timeline)
        for sender in senders:
            sender.join(60)
            sender.stopped = True
        repeated = sum(sender.repeated for sender in senders)
        timeline.say(f"all messages are accepted, {repeated} of them were sent again with the same key")
        found = collect(gateway, senders)
        timeline.say("the transcripts are complete")
    timeline.say(f"{probe.connected} connections were opened meanwhile, the slowest took {probe.longest_s * 1000:.0f} ms")
    return verdict(found, senders, probe.refused + sum(sender.refused for sender in senders))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    gateway = Gateway(default_config(echo={"chunkDelayMs": 150, "chunkChars": 16}, restart={"openPhaseMs": 2000}))
    good = False
    try:
        gateway.start()
        good = play(gateway)
    except AssertionError as error:
        print(f"\nthe demonstration could not be finished: {error}\n{gateway.output()[-3000:]}", file=sys.stderr)
    finally:
        if not (options.keep and gateway.port):
            gateway.close()
    if options.keep and gateway.port:
        print(f"\nThe gateway goes on running as process {gateway.keeper}. Talk to it:\n\n"
              f"  export OPENCLAW_STATE_DIR={shlex.quote(str(gateway.state))} OPENCLAW_GATEWAY_PORT={gateway.port}\n"
              f"  {gateway.program} agent --session-id demo-1 --message 'still there?'\n"
              f"  {gateway.program} gateway restart --safe\n"
              f"  kill {gateway.keeper}    # stops it\n")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
