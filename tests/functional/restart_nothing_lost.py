"""Messages sent through crashes and restarts: acknowledged ones are answered exactly once and in order.

Scale and seed: GW_LOST_MESSAGES, GW_LOST_SESSIONS, GW_LOST_KILLS, GW_LOST_RESTARTS, GW_SEED.
"""

import os
import random
import signal
import threading
import time
import unittest

from support.case import SEED, FunctionalCase
from support.gateway import Probe, default_config
from support.timing import scaled, wait_until
from support.ws import Closed, RpcError, UpgradeRefused, text_of

MESSAGES = int(os.environ.get("GW_LOST_MESSAGES", "1000"))
SESSIONS = min(MESSAGES, int(os.environ.get("GW_LOST_SESSIONS", "50")))
KILLS = int(os.environ.get("GW_LOST_KILLS", "25"))
RESTARTS = int(os.environ.get("GW_LOST_RESTARTS", "25"))
ONE_SHOT_SHARE = 0.05  # Of the messages: sent once and never again, whatever comes back.


class Sender(threading.Thread):
    """One chat client: sends its messages in order and repeats each with the same key until it is acknowledged."""

    def __init__(self, gateway, number, texts, stop_at, seed):
        super().__init__(daemon=True)
        self.gateway, self.session, self.texts, self.stop_at = gateway, f"s{number}", texts, stop_at
        self.random = random.Random(seed)
        self.acknowledged, self.uncertain = [], []
        self.refused = self.resent = 0
        self.problem = None
        self.client = None

    def run(self):
        try:
            for number, text in enumerate(self.texts):
                self.send(text, f"{self.session}-{number}", self.random.random() < ONE_SHOT_SHARE)
                # Spreads the messages over the whole time of the crashes.
                left = max(0.0, self.stop_at - time.monotonic())
                time.sleep(self.random.uniform(0, 2 * left / max(1, len(self.texts) - number)))
        except Exception as error:  # Shown by the test; a thread's own report would be lost.
            self.problem = f"{type(error).__name__}: {error}"
        finally:
            if self.client:
                self.client.close()

    def send(self, text, key, once):
        give_up = time.monotonic() + scaled(120)
        attempts = 0
        while True:
            try:
                if not self.client or not self.client.is_open:
                    self.client = self.gateway.connect()
                attempts += 1
                status = self.client.chat_send(self.session, text, key, timeout=20)["status"]
                if attempts == 1 and status != "started":
                    raise AssertionError(f"the first sending of {key} was answered {status}")
                self.acknowledged.append(text)
                self.resent += attempts > 1
                return
            except ConnectionRefusedError:
                self.refused += 1
            except RpcError as error:
                if not error.retryable:
                    raise
            except (Closed, OSError, UpgradeRefused):
                pass
            if self.client:
                self.client.close()
                self.client = None
            if once and attempts:
                self.uncertain.append(text)
                return
            if time.monotonic() > give_up:
                raise AssertionError(f"{key} was not acknowledged within 120 s")
            time.sleep(self.random.uniform(0.005, 0.05))


class Trouble(threading.Thread):
    """Kills and restarts at random moments until the planned number of both is reached."""

    def __init__(self, gateway, seed):
        super().__init__(daemon=True)
        self.gateway = gateway
        self.random = random.Random(seed)
        self.plan = ["kill"] * KILLS + ["restart"] * RESTARTS
        self.random.shuffle(self.plan)
        self.done = {"kill": 0, "restart": 0}
        self.problem = None

    def run(self):
        try:
            for what in self.plan:
                time.sleep(self.random.uniform(0.05, 0.6))
                getattr(self, what)()
                self.done[what] += 1
        except Exception as error:
            self.problem = f"{type(error).__name__}: {error}"

    def kill(self):
        """Ends whichever process serves now, also in the middle of a hand-over."""
        pids = wait_until(self.gateway.generations, 30, "a generation to kill")
        try:
            os.kill(pids[0], signal.SIGKILL)
        except ProcessLookupError:
            return self.kill()

    def restart(self):
        give_up = time.monotonic() + scaled(60)
        while True:
            try:
                with self.gateway.connect() as client:
                    answer = client.request("gateway.restart.request", {"reason": "nothing lost"}, timeout=20)
                if answer["status"] not in ("scheduled", "deferred", "coalesced"):
                    raise AssertionError(f"restart answered {answer}")
                return
            except RpcError as error:
                if not error.retryable:
                    raise
                time.sleep((error.retry_after_ms or 100) / 1000)
            except (Closed, OSError, UpgradeRefused):
                time.sleep(0.05)
            if time.monotonic() > give_up:
                raise AssertionError("a restart could not be asked for within 60 s")


class NothingLostTest(FunctionalCase):
    def test_every_acknowledged_message_has_one_answer_in_order(self):
        print(f"\nseed {SEED}: {MESSAGES} messages, {SESSIONS} sessions, {KILLS} kills, {RESTARTS} safe restarts", flush=True)
        gateway = self.gateway(default_config(echo={"chunkDelayMs": 5, "chunkChars": 4}, restart={"openPhaseMs": 100}))
        expected_s = (KILLS + RESTARTS) * 0.6
        texts = [[f"message {number} of s{session}" for number in range(session, MESSAGES, SESSIONS)]
                 for session in range(SESSIONS)]
        stop_at = time.monotonic() + expected_s
        senders = [Sender(gateway, number, texts[number], stop_at, f"{SEED} sender {number}") for number in range(SESSIONS)]
        trouble = Trouble(gateway, f"{SEED} trouble")
        with Probe(gateway.port, every=0.02) as probe:
            for thread in [trouble, *senders]:
                thread.start()
            for thread in [trouble, *senders]:
                thread.join(scaled(600))
                self.assertFalse(thread.is_alive(), "still busy after 10 min")
        self.assertEqual([thread.problem for thread in [trouble, *senders] if thread.problem], [])
        self.assertEqual(trouble.done, {"kill": KILLS, "restart": RESTARTS})

        gateway.serving(30)
        client = self.connect(gateway)
        rows = {}

        def everything_answered():
            nonlocal client
            if not client.is_open:
                client = self.connect(gateway)
            for sender in senders:
                if sender.session in rows:
                    continue
                found = [(row["role"], text_of(row)) for row in client.history(sender.session)]
                if sum(role == "assistant" for role, _ in found) < sum(role == "user" for role, _ in found):
                    return False
                if sum(role == "user" for role, _ in found) < len(sender.acknowledged):
                    return False
                rows[sender.session] = found
            return True

        try:
            wait_until(everything_answered, 180, "every accepted message is answered", every=0.2)
        except Closed:
            wait_until(everything_answered, 180, "every accepted message is answered", every=0.2)

        lost = doubled = 0
        for sender in senders:
            asked = [text for role, text in rows[sender.session] if role == "user"]
            answered = [text for role, text in rows[sender.session] if role == "assistant"]
            lost += sum(asked.count(text) == 0 for text in sender.acknowledged)
            lost += sum(answered.count(f"echo: {text}") == 0 for text in sender.acknowledged)
            doubled += len(asked) - len(set(asked)) + len(answered) - len(set(answered))
            with self.subTest(session=sender.session):
                self.assertEqual([text for text in asked if text not in sender.uncertain], sender.acknowledged)
                self.assertEqual(answered, [f"echo: {text}" for text in asked])
                self.assertLessEqual(set(asked), set(sender.acknowledged) | set(sender.uncertain))
        acknowledged = sum(len(sender.acknowledged) for sender in senders)
        uncertain = sum(len(sender.uncertain) for sender in senders)
        refused = probe.refused + sum(sender.refused for sender in senders)
        print(f"\nacknowledged {acknowledged} (resent {sum(s.resent for s in senders)}), given up on {uncertain}, lost {lost}, "
              f"doubled {doubled}, refused connections {refused} of {probe.connected + probe.refused}, "
              f"longest connect {probe.longest_s * 1000:.0f} ms", flush=True)
        self.assertEqual((lost, doubled, refused), (0, 0, 0))
        self.assertEqual(acknowledged + uncertain, MESSAGES)
        self.assertEqual(gateway.process.poll(), None, "the keeper lives")


if __name__ == "__main__":
    unittest.main(verbosity=2)
