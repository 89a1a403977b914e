"""The restart contract: one coalesced restart that waits for running work, and force that waits for nothing."""

import os
import signal
import time
import unittest

from support.case import FunctionalCase, new_key
from support.gateway import Probe
from support.model_server import ModelServer
from support.timing import scaled, wait_until
from support.ws import Closed, text_of


class RestartCase(FunctionalCase):
    def setUp(self):
        super().setUp()
        self.model = self.enterContext(ModelServer())
        self.running = self.gateway(self.model.config())
        self.first = self.running.serving()

    def start_turn(self, client, text, session="s"):
        run = client.chat_send(session, text)["runId"]
        wait_until(lambda: self.model.count(text.split(" @")[0]), 5, "the model was asked")
        return run

    def answers(self, session):
        """None when the connection was closed by the hand-over of a restart under way, which a client answers by asking again."""
        try:
            with self.running.connect() as client:
                return [text_of(row) for row in client.history(session) if row["role"] == "assistant"]
        except Closed as closed:
            if (closed.code, closed.reason) != (1012, "service restart"):
                raise
            return None

    def watch_generations(self):
        """Collects every pid that was ever a generation while the block runs."""
        return GenerationWatch(self.running)


class GenerationWatch:
    def __init__(self, gateway):
        self.gateway, self.seen = gateway, []

    def look(self):
        for pid in self.gateway.generations():
            if pid not in self.seen:
                self.seen.append(pid)


class SafeRestartTest(RestartCase):
    def test_a_restart_waits_for_the_running_turn_and_happens_once(self):
        watch = self.watch_generations()
        client = self.connect(self.running)
        run = self.start_turn(client, "ten seconds @pace=500 @pieces=20")

        preflight = client.request("gateway.restart.preflight")
        self.assertFalse(preflight["safe"])
        counts = preflight["counts"]
        self.assertEqual(counts["embeddedRuns"], 1)
        self.assertEqual(counts["totalActive"], sum(value for name, value in counts.items() if name != "totalActive"))
        self.assertIn({"kind": "embedded-run", "count": 1, "message": "1 active embedded run(s)"}, preflight["blockers"])
        messages = "; ".join(blocker["message"] for blocker in preflight["blockers"])
        self.assertEqual(preflight["summary"], f"restart deferred: {messages}")

        first = self.running.cli_json("gateway", "restart", "--safe", "--json")
        self.assertEqual((first["ok"], first["result"]), (True, "deferred"))
        self.assertIn("safe restart requested; gateway will restart after active work drains", first["message"])
        self.assertFalse(first["preflight"]["safe"])
        self.assertEqual((first["restart"]["pid"], first["restart"]["coalesced"]), (self.running.keeper, False))
        self.assertEqual(first["warnings"], [first["preflight"]["summary"]])

        second = client.request("gateway.restart.request", {"reason": "again"})
        self.assertEqual((second["ok"], second["status"], second["restart"]["coalesced"]), (True, "coalesced", True))
        third = self.running.cli_json("gateway", "restart", "--safe", "--json")
        self.assertEqual(third["result"], "coalesced")
        self.assertIn("joined an existing pending gateway restart", third["message"])
        self.assertIn(client.request("gateway.restart.status", {})["phase"], ("waiting", "draining"))

        # The turn keeps its generation to its end, and only then the process changes.
        deadline = time.monotonic() + scaled(30)
        while self.running.generations()[:1] == [self.first] and time.monotonic() < deadline:
            watch.look()
            time.sleep(0.01)
        wait_until(lambda: self.answers("s") == ["re: ten seconds"], 10, "the turn was answered")
        self.assertEqual(self.model.count("ten seconds"), 1)
        end = client.events("chat", lambda p: p["runId"] == run and p["state"] == "final")
        self.assertEqual(len(end), 1)
        shutdown = client.wait_event("shutdown")
        self.assertEqual(shutdown["payload"]["reason"], "gateway restarting")
        self.assertIsInstance(shutdown["payload"]["restartExpectedMs"], int)
        closed = client.wait_closed()
        self.assertEqual((closed.code, closed.reason), (1012, "service restart"))

        second_generation = self.running.wait_new_generation(self.first)
        time.sleep(scaled(1))
        watch.look()
        self.assertEqual(watch.seen, [self.first, second_generation])
        self.assertEqual(self.running.process.poll(), None)

        # Idle now: the next one is scheduled at once.
        idle = self.running.cli_json("gateway", "restart", "--safe", "--json")
        self.assertEqual((idle["ok"], idle["result"]), (True, "scheduled"))
        self.assertIn("safe restart requested; gateway will restart momentarily", idle["message"])
        self.assertTrue(idle["preflight"]["safe"])
        self.running.wait_new_generation(second_generation)
        with self.running.connect() as after:
            status = after.request("gateway.restart.status", {})
        self.assertEqual((status["phase"], status["last"]["outcome"]), ("idle", "restarted"))
        self.assertEqual(len(status["recent"]), 2)
        self.assertEqual(len(status["recent"][1]["requesters"]), 3)

    def test_messages_queued_behind_the_turn_are_answered_after_it(self):
        client = self.connect(self.running)
        self.start_turn(client, "long one @pace=200 @pieces=10")
        for number in range(5):
            client.chat_send("s", f"queued {number}")
        client.request("gateway.restart.request", {})
        wait_until(lambda: self.answers("s") == ["re: long one"] + [f"re: queued {n}" for n in range(5)], 60, "all answered")
        self.running.wait_new_generation(self.first, 60)
        self.assertEqual(self.model.count("long one"), 1)

    def test_a_queued_task_record_does_not_block(self):
        """A session's waiting messages are queued records; only the running one is counted as a run."""
        client = self.connect(self.running)
        self.start_turn(client, "blocker @pace=200 @pieces=10")
        for number in range(3):
            client.chat_send("s", f"waits {number}")
        counts = client.request("gateway.restart.preflight")["counts"]
        self.assertEqual((counts["embeddedRuns"], counts["activeTasks"]), (1, 0))

    def test_a_busy_gateway_restarts_too(self):
        config = self.model.config()
        config["native"]["restart"] = {"openPhaseMs": 300}
        self.running = self.gateway(config)
        first = self.running.serving()
        sent = []
        client = self.connect(self.running)
        client.chat_send("s0", "busy 0 @pace=100 @pieces=4")
        self.running.cli_json("gateway", "restart", "--safe", "--json")
        deadline = time.monotonic() + scaled(20)
        number = 0
        while first in self.running.generations() and time.monotonic() < deadline:
            number += 1
            key, session = new_key(), f"s{number % 3}"
            text = f"busy {number} @pace=100 @pieces=4"
            try:
                client.chat_send(session, text, key)
                sent.append((session, f"re: busy {number}"))
            except Exception:
                client = self.connect(self.running)
                client.chat_send(session, text, key)
                sent.append((session, f"re: busy {number}"))
            time.sleep(0.05)
        self.assertNotIn(first, self.running.generations(), "work that never ends holds the restart for ever")

        def all_answered():
            found = {session: self.answers(session) for session in {session for session, _ in sent}}
            return all((found[session] or []).count(text) == 1 for session, text in sent)

        wait_until(all_answered, 60, "every message has one answer")

    def test_no_connection_is_refused_across_restarts(self):
        with Probe(self.running.port) as probe:
            generation = self.first
            for _ in range(3):
                self.running.cli_json("gateway", "restart", "--safe", "--json")
                generation = self.running.wait_new_generation(generation)
        self.assertEqual(probe.refused, 0)
        self.assertGreater(probe.connected, 10)


class ForceRestartTest(RestartCase):
    def test_force_restarts_at_once_and_the_successor_finishes_the_turn(self):
        client = self.connect(self.running)
        self.start_turn(client, "cut me @pace=500 @pieces=40")
        asked = time.monotonic()
        answer = self.running.cli_json("gateway", "restart", "--force", "--json", timeout=60)
        self.assertEqual((answer["ok"], answer["action"], answer["result"]), (True, "restart", "restarted"))
        self.running.wait_new_generation(self.first, 10)
        self.assertLess(time.monotonic() - asked, scaled(10), "the turn would have taken 20 s")
        wait_until(lambda: self.answers("s") == ["re: cut me"], 60, "the successor finished the turn")
        self.assertEqual(self.model.count("cut me"), 2)
        with self.running.connect() as after:
            self.assertEqual([row["role"] for row in after.history("s")], ["user", "assistant"])
            last = after.request("gateway.restart.status", {})["last"]
        self.assertEqual((last["mode"], last["outcome"], last["cutRuns"]), ("force", "restarted", 1))

    def test_force_joins_and_speeds_up_a_pending_safe_restart(self):
        client = self.connect(self.running)
        self.start_turn(client, "slow @pace=500 @pieces=40")
        self.assertEqual(client.request("gateway.restart.request", {})["status"], "deferred")
        self.running.cli_json("gateway", "restart", "--force", "--json", timeout=60)
        self.running.wait_new_generation(self.first, 10)

    def test_wait_bounds_the_wait(self):
        client = self.connect(self.running)
        self.start_turn(client, "bounded @pace=500 @pieces=40")
        asked = time.monotonic()
        self.running.cli("gateway", "restart", "--wait", "2s", "--json", timeout=60)
        self.running.wait_new_generation(self.first, 15)
        took = time.monotonic() - asked
        self.assertGreaterEqual(took, 1.9)
        wait_until(lambda: self.answers("s") == ["re: bounded"], 60, "the successor finished the turn")

    def test_a_stop_wins_over_a_pending_restart(self):
        client = self.connect(self.running)
        self.start_turn(client, "stopped @pace=500 @pieces=40")
        client.request("gateway.restart.request", {})
        self.assertEqual(self.running.stop(30), 0)
        self.running.start()
        wait_until(lambda: self.answers("s") == ["re: stopped"], 60, "the next start finished the turn")


class SignalTest(RestartCase):
    def test_restart_signals_ask_for_a_safe_restart(self):
        generation = self.first
        for name in ("SIGUSR1", "SIGUSR2"):
            with self.subTest(name):
                self.running.process.send_signal(getattr(signal, name))
                generation = self.running.wait_new_generation(generation)

    def test_a_killed_generation_is_replaced_and_its_turn_finished(self):
        client = self.connect(self.running)
        self.start_turn(client, "killed @pace=200 @pieces=10")
        with Probe(self.running.port) as probe:
            os.kill(self.first, signal.SIGKILL)
            self.running.wait_new_generation(self.first)
        self.assertEqual(probe.refused, 0)
        wait_until(lambda: self.answers("s") == ["re: killed"], 60, "the turn was finished")
        with self.running.connect() as after:
            self.assertEqual([row["role"] for row in after.history("s")], ["user", "assistant"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
