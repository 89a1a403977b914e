"""A chat message from its acknowledgement to its answer: order, repeats, aborts, lanes."""

import threading
import time
import unittest

from support.case import FunctionalCase, SharedGatewayCase, new_key
from support.gateway import default_config
from support.model_server import ModelServer
from support.timing import wait_until
from support.ws import RpcError, text_of


def chat_payloads(client, run_id):
    return [frame["payload"] for frame in client.events("chat", lambda p: p["runId"] == run_id)]


class TurnTest(SharedGatewayCase):
    @classmethod
    def make_config(cls):
        return default_config(echo={"chunkDelayMs": 5, "chunkChars": 8})

    def test_the_acknowledgement_comes_before_every_event_of_the_run(self):
        client = self.client()
        key = new_key()
        request = client.send_request("chat.send", {"sessionKey": "order", "message": "one two three", "idempotencyKey": key})
        client.wait_chat_end(key)
        frames = [frame for frame in client.frames
                  if frame.get("id") == request or (frame.get("payload") or {}) and frame["payload"].get("runId") == key]
        self.assertEqual(frames[0]["type"], "res")
        self.assertEqual(frames[0]["payload"]["status"], "started")
        self.assertEqual(frames[0]["payload"]["runId"], key)

    def test_deltas_grow_and_one_final_ends_the_run(self):
        for protocol in ((3, 3), (4, 4)):
            with self.subTest(protocol=protocol):
                client = self.client(protocol=protocol)
                text = "a rather long message that is streamed in many small pieces " * 8
                run = client.chat_send(f"deltas-{protocol[0]}", text)["runId"]
                final = client.wait_chat_end(run)
                payloads = chat_payloads(client, run)
                self.assertEqual([p["state"] for p in payloads].count("final"), 1)
                self.assertEqual(payloads[-1]["state"], "final")
                self.assertEqual(text_of(final["message"]), f"echo: {text}".strip())
                deltas = [p for p in payloads if p["state"] == "delta"]
                self.assertGreaterEqual(len(deltas), 2)
                texts = [text_of(p["message"]) for p in deltas]
                for shorter, longer in zip(texts, texts[1:]):
                    self.assertTrue(longer.startswith(shorter))
                    self.assertLess(len(shorter), len(longer))
                self.assertEqual({p["sessionKey"] for p in payloads}, {f"agent:main:deltas-{protocol[0]}"})
                if protocol[0] == 4:
                    self.assertEqual("".join(p["deltaText"] for p in deltas), texts[-1])
                    self.assertTrue(all(p["agentId"] == "main" for p in payloads))
                else:
                    self.assertFalse(any("deltaText" in p or "agentId" in p or p["state"] == "status" for p in payloads))

    def test_agent_events_number_the_run(self):
        client = self.client()
        run = client.chat_send("agent-events", "count me " * 10)["runId"]
        client.wait_chat_end(run)
        payloads = [frame["payload"] for frame in client.events("agent", lambda p: p["runId"] == run)]
        self.assertEqual([p["seq"] for p in payloads], list(range(1, len(payloads) + 1)))
        phases = [p["data"]["phase"] for p in payloads if p["stream"] == "lifecycle"]
        self.assertEqual((phases[0], phases[-1]), ("start", "end"))
        assistant = [p["data"] for p in payloads if p["stream"] == "assistant"]
        self.assertEqual("".join(data["delta"] for data in assistant), assistant[-1]["text"])

    def test_another_client_sees_the_run_too(self):
        watcher, client = self.client(), self.client()
        run = client.chat_send("watched", "look")["runId"]
        self.assertEqual(text_of(watcher.wait_chat_end(run)["message"]), "echo: look")

    def test_the_history_holds_question_and_answer_in_order(self):
        client = self.client()
        for number in range(3):
            client.wait_chat_end(client.chat_send("history", f"question {number}")["runId"])
        rows = client.history("history")
        expected = [(role, text) for number in range(3)
                    for role, text in (("user", f"question {number}"), ("assistant", f"echo: question {number}"))]
        self.assertEqual([(row["role"], text_of(row)) for row in rows], expected)
        self.assertEqual([row["__openclaw"]["seq"] for row in rows], sorted(row["__openclaw"]["seq"] for row in rows))
        self.assertEqual({(row["provider"], row["model"]) for row in rows if row["role"] == "assistant"}, {("builtin", "echo")})
        self.assertEqual(len(client.history("history", limit=2)), 2)

    def test_any_text_comes_back_unchanged(self):
        client = self.client()
        for text in ("Grüße, 世界 🐙", 'quotes " and \\ back\\slashes', "two\nlines\tand a tab", "{\"json\": [1]}", "x" * 30_000):
            with self.subTest(text=text[:30]):
                run = client.chat_send("texts", text)["runId"]
                self.assertEqual(text_of(client.wait_chat_end(run)["message"]), f"echo: {text}")

    def test_the_session_list_shows_the_run_while_it_runs(self):
        client = self.client()
        run = client.chat_send("listed", "slow " * 200)["runId"]
        rows = client.request("sessions.list", {})["sessions"]
        self.assertTrue(next(row for row in rows if row["key"] == "agent:main:listed")["hasActiveRun"])
        client.wait_chat_end(run)
        rows = client.request("sessions.list", {})["sessions"]
        self.assertFalse(next(row for row in rows if row["key"] == "agent:main:listed")["hasActiveRun"])


class IdempotencyTest(FunctionalCase):
    def setUp(self):
        super().setUp()
        self.model = self.enterContext(ModelServer())

    def answers(self, client, session):
        return [text_of(row) for row in client.history(session) if row["role"] == "assistant"]

    def test_a_repeat_while_running_and_after_the_end(self):
        gateway = self.gateway(self.model.config())
        client, key = self.connect(gateway), new_key()
        self.assertEqual(client.chat_send("s", "hello @pace=100 @pieces=8", key)["status"], "started")
        self.assertEqual(client.chat_send("s", "hello @pace=100 @pieces=8", key), {"runId": key, "status": "in_flight"})
        client.wait_chat_end(key)
        self.assertEqual(client.chat_send("s", "hello @pace=100 @pieces=8", key), {"runId": key, "status": "ok"})
        self.assertEqual(self.answers(client, "s"), ["re: hello"])
        self.assertEqual(self.model.count("hello"), 1)
        self.assertEqual(len([p for p in chat_payloads(client, key) if p["state"] == "final"]), 1)

    def test_a_repeat_after_a_stop_and_a_start(self):
        gateway, key = self.gateway(self.model.config()), new_key()
        client = self.connect(gateway)
        client.chat_send("s", "hello", key)
        client.wait_chat_end(key)
        self.assertEqual(gateway.stop(), 0)
        client = self.connect(gateway.start())
        self.assertEqual(client.chat_send("s", "hello", key)["status"], "ok")
        self.assertEqual(self.answers(client, "s"), ["re: hello"])
        self.assertEqual(self.model.count("hello"), 1)

    def test_a_repeat_after_a_power_cut(self):
        gateway, key = self.gateway(self.model.config()), new_key()
        client = self.connect(gateway)
        client.chat_send("s", "hello", key)
        client.wait_chat_end(key)
        gateway.kill()
        client = self.connect(gateway.start())
        self.assertEqual(client.chat_send("s", "hello", key)["status"], "ok")
        self.assertEqual(self.answers(client, "s"), ["re: hello"])
        self.assertEqual(self.model.count("hello"), 1)

    def test_work_cut_by_a_power_cut_is_finished_by_the_next_start(self):
        gateway, key, queued = self.gateway(self.model.config()), new_key(), new_key()
        client = self.connect(gateway)
        client.chat_send("s", "first @pace=200 @pieces=10", key)
        client.chat_send("s", "second", queued)
        wait_until(lambda: self.model.count("first"), 5, "the model was asked")
        gateway.kill()
        client = self.connect(gateway.start())
        self.assertIn(client.chat_send("s", "first @pace=200 @pieces=10", key)["status"], ("in_flight", "ok"))
        wait_until(lambda: self.answers(client, "s") == ["re: first", "re: second"], 20, "both are answered, once each")
        self.assertEqual([text_of(row) for row in client.history("s") if row["role"] == "user"],
                         ["first @pace=200 @pieces=10", "second"])

    def test_the_same_key_in_another_session_is_the_same_run(self):
        client, key = self.connect(self.gateway(self.model.config())), new_key()
        client.chat_send("s", "hello", key)
        client.wait_chat_end(key)
        try:
            self.assertEqual(client.chat_send("other", "hello", key)["runId"], key)
        except RpcError as error:
            self.assertEqual(error.code, "INVALID_REQUEST")
        self.assertEqual(self.answers(client, "other"), [])

    def test_simultaneous_repeats_make_one_run(self):
        gateway, key = self.gateway(self.model.config()), new_key()
        clients = [self.connect(gateway) for _ in range(8)]
        statuses = []
        threads = [threading.Thread(target=lambda c=c: statuses.append(c.chat_send("s", "race", key)["status"])) for c in clients]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        clients[0].wait_chat_end(key)
        self.assertEqual(statuses.count("started"), 1, statuses)
        self.assertEqual(self.answers(clients[0], "s"), ["re: race"])
        self.assertEqual(self.model.count("race"), 1)


class AbortTest(FunctionalCase):
    def setUp(self):
        super().setUp()
        self.model = self.enterContext(ModelServer())
        self.running = self.gateway(self.model.config())
        self.client = self.connect(self.running)

    def wait_for_text(self, run):
        self.client.wait_event("chat", lambda p: p["runId"] == run and p["state"] == "delta")

    def test_an_abort_ends_the_run_with_what_it_had(self):
        run = self.client.chat_send("s", "a long answer to this @pace=300 @pieces=20")["runId"]
        self.wait_for_text(run)
        answer = self.client.request("chat.abort", {"sessionKey": "s", "runId": run})
        self.assertEqual((answer["ok"], answer["aborted"], answer["runIds"]), (True, True, [run]))
        end = self.client.wait_chat_end(run)
        self.assertEqual((end["state"], end["stopReason"]), ("aborted", "rpc"))
        self.assertTrue("re: a long".startswith(text_of(end["message"])[:8]))
        states = [p["state"] for p in chat_payloads(self.client, run)]
        self.assertEqual(states.count("aborted"), 1)
        self.assertNotIn("final", states)

    def test_a_repeat_after_an_abort_tells_so_and_starts_nothing(self):
        run = self.client.chat_send("s", "stop me @pace=300 @pieces=20")["runId"]
        self.wait_for_text(run)
        self.client.request("chat.abort", {"sessionKey": "s"})
        self.client.wait_chat_end(run)
        again = self.client.chat_send("s", "stop me @pace=300 @pieces=20", run)
        self.assertEqual((again["status"], again["summary"], again["stopReason"]), ("timeout", "aborted", "rpc"))
        self.assertEqual(self.model.count("stop me"), 1)

    def test_a_queued_run_can_be_aborted_and_the_running_one_goes_on(self):
        first = self.client.chat_send("s", "first @pace=100 @pieces=10")["runId"]
        second = self.client.chat_send("s", "second")["runId"]
        self.assertTrue(self.client.request("chat.abort", {"sessionKey": "s", "runId": second})["aborted"])
        self.assertEqual(self.client.wait_chat_end(second)["state"], "aborted")
        self.assertEqual(self.client.wait_chat_end(first)["state"], "final")
        self.assertEqual(self.model.count("second"), 0)

    def test_a_model_that_hangs_can_be_aborted(self):
        run = self.client.chat_send("s", "nothing comes @hang")["runId"]
        wait_until(lambda: self.model.count("nothing comes"), 5, "the model was asked")
        self.client.request("chat.abort", {"sessionKey": "s", "runId": run})
        self.assertEqual(self.client.wait_chat_end(run)["state"], "aborted")
        after = self.client.chat_send("s", "next")["runId"]
        self.assertEqual(self.client.wait_chat_end(after)["state"], "final")

    def test_a_client_that_leaves_does_not_end_its_run(self):
        leaver = self.connect(self.running)
        run = leaver.chat_send("s", "keep going @pace=100 @pieces=8")["runId"]
        leaver.close()
        self.assertEqual(self.client.wait_chat_end(run)["state"], "final")


class LanesTest(FunctionalCase):
    def setUp(self):
        super().setUp()
        self.model = self.enterContext(ModelServer())
        self.client = self.connect(self.gateway(self.model.config()))

    def test_one_session_answers_in_the_order_of_acceptance(self):
        runs = [self.client.chat_send("s", f"m{number} @pace=5")["runId"] for number in range(20)]
        for run in runs:
            self.assertEqual(self.client.wait_chat_end(run)["state"], "final")
        rows = [text_of(row) for row in self.client.history("s")]
        self.assertEqual(rows, [text for n in range(20) for text in (f"m{n} @pace=5", f"re: m{n}")])
        finals = [frame["payload"]["runId"] for frame in self.client.events("chat", lambda p: p["state"] == "final")]
        self.assertEqual(finals, runs)

    def test_at_most_four_sessions_run_at_once(self):
        runs = [self.client.chat_send(f"s{n}", f"parallel {n} @pace=150 @pieces=8")["runId"] for n in range(8)]
        begin = time.monotonic()
        wait_until(lambda: self.model.count("parallel") >= 4, 5, "four model calls")
        preflight = self.client.request("gateway.restart.preflight")
        self.assertEqual(preflight["counts"]["embeddedRuns"], 4)
        self.assertEqual(self.model.count("parallel"), 4)
        for run in runs:
            self.assertEqual(self.client.wait_chat_end(run)["state"], "final")
        took = time.monotonic() - begin
        self.assertEqual(self.model.count("parallel"), 8)
        self.assertLess(took, 5, "eight turns of about 1 s, four at a time")


if __name__ == "__main__":
    unittest.main(verbosity=2)
