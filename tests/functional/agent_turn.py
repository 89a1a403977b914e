"""The method `agent`: two responses to one request, waiting, failures."""

import unittest

from support.case import FunctionalCase, new_key
from support.model_server import ModelServer
from support.timing import wait_until
from support.ws import RpcError, text_of


class AgentTest(FunctionalCase):
    def setUp(self):
        super().setUp()
        self.model = self.enterContext(ModelServer())
        self.running = self.gateway(self.model.config())
        self.client = self.connect(self.running)

    def start(self, message, key=None, **params):
        key = key or new_key()
        request = self.client.send_request("agent", {"message": message, "idempotencyKey": key, **params})
        return request, key, self.client.wait_response(request)

    def test_accepted_first_then_the_result(self):
        request, key, accepted = self.start("hi", sessionId="x")
        self.assertTrue(accepted["ok"])
        self.assertEqual((accepted["payload"]["runId"], accepted["payload"]["status"]), (key, "accepted"))
        self.assertIn("acceptedAt", accepted["payload"])
        final = self.client.wait_response(request, number=2)
        self.assertTrue(final["ok"])
        payload = final["payload"]
        self.assertEqual((payload["runId"], payload["status"], payload["summary"]), (key, "ok", "completed"))
        self.assertEqual([(p["text"], p["mediaUrl"]) for p in payload["result"]["payloads"]], [("re: hi", None)])
        meta = payload["result"]["meta"]
        self.assertGreaterEqual(meta["durationMs"], 0)
        self.assertEqual((meta["agentMeta"]["provider"], meta["agentMeta"]["model"]), ("scripted", "one"))

    def test_the_session_follows_the_parameters(self):
        for params, key in (({"sessionId": "abc"}, "agent:main:explicit:abc"), ({"sessionKey": "named"}, "agent:main:named"),
                            ({}, "agent:main:main")):
            with self.subTest(params=params):
                request, _, _ = self.start(f"to {key}", **params)
                self.assertTrue(self.client.wait_response(request, number=2)["ok"])
                self.assertEqual(text_of(self.client.history(key)[-2]), f"to {key}")

    def test_a_repeat_gets_the_complete_result_at_once(self):
        request, key, _ = self.start("again")
        first = self.client.wait_response(request, number=2)["payload"]
        _, _, repeated = self.start("again", key)
        self.assertEqual(repeated["payload"], first)
        self.assertEqual(self.model.count("again"), 1)

    def test_a_repeat_after_a_power_cut_gets_the_same_result(self):
        request, key, _ = self.start("durable")
        first = self.client.wait_response(request, number=2)["payload"]
        self.running.kill()
        self.client = self.connect(self.running.start())
        _, _, repeated = self.start("durable", key)
        self.assertEqual((repeated["payload"]["status"], repeated["payload"]["result"]["payloads"]),
                         ("ok", first["result"]["payloads"]))
        self.assertEqual(self.model.count("durable"), 1)

    def test_agent_wait_sees_the_end_from_another_connection(self):
        _, key, _ = self.start("wait for me @pace=100 @pieces=6")
        other = self.connect(self.running)
        self.assertEqual(other.request("agent.wait", {"runId": key, "timeoutMs": 1})["status"], "timeout")
        done = other.request("agent.wait", {"runId": key, "timeoutMs": 10_000}, timeout=15)
        self.assertEqual((done["runId"], done["status"]), (key, "ok"))
        self.assertIn("endedAt", done)

    def test_a_failure_has_payload_and_error(self):
        request, key, _ = self.start("no key @status=401")
        final = self.client.wait_response(request, number=2, timeout=30)
        self.assertFalse(final["ok"])
        self.assertEqual((final["payload"]["runId"], final["payload"]["status"]), (key, "error"))
        self.assertEqual(final["error"]["code"], "UNAVAILABLE")
        self.assertIn("401", final["error"]["message"])

    def test_an_abort_answers_timeout(self):
        request, key, _ = self.start("abort me @pace=300 @pieces=20", sessionKey="s")
        wait_until(lambda: self.model.count("abort me"), 5, "the model was asked")
        self.client.request("chat.abort", {"sessionKey": "s", "runId": key})
        payload = self.client.wait_response(request, number=2)["payload"]
        self.assertEqual((payload["status"], payload["summary"], payload["stopReason"]), ("timeout", "aborted", "rpc"))

    def test_a_run_that_takes_too_long_ends(self):
        request, _, _ = self.start("too long @hang", timeout=1)
        payload = self.client.wait_response(request, number=2, timeout=20)["payload"]
        self.assertEqual((payload["status"], payload["summary"]), ("timeout", "aborted"))

    def test_an_unknown_agent_is_refused(self):
        with self.assertRaises(RpcError) as caught:
            self.client.request("agent", {"message": "x", "idempotencyKey": new_key(), "agentId": "nobody"})
        self.assertEqual((caught.exception.code, caught.exception.message),
                         ("INVALID_REQUEST", 'invalid agent params: unknown agent id "nobody"'))

    def test_chat_clients_see_the_run(self):
        _, key, _ = self.start("seen", sessionKey="s")
        self.assertEqual(text_of(self.client.wait_chat_end(key)["message"]), "re: seen")


if __name__ == "__main__":
    unittest.main(verbosity=2)
