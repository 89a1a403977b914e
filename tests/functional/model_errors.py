"""What the gateway does when a model server misbehaves."""

import unittest

from support.case import FunctionalCase
from support.model_server import ModelServer
from support.timing import scaled
from support.ws import text_of


class ModelErrorsTest(FunctionalCase):
    def setUp(self):
        super().setUp()
        self.model = self.enterContext(ModelServer())
        self.client = self.connect(self.gateway(self.model.config(timeoutSeconds=2)))

    def turn(self, text, timeout=60):
        return self.client.wait_chat_end(self.client.chat_send("s", text)["runId"], timeout)

    def waits(self, part):
        times = self.model.times(part)
        return [later - earlier for earlier, later in zip(times, times[1:])]

    def test_429_waits_as_long_as_it_is_told(self):
        end = self.turn("slow down @status=429 @retry=3 @times=1")
        self.assertEqual((end["state"], text_of(end["message"])), ("final", "re: slow down"))
        self.assertEqual(len(self.waits("slow down")), 1)
        self.assertGreaterEqual(self.waits("slow down")[0], 3)
        self.assertLess(self.waits("slow down")[0], scaled(8))

    def test_500_is_tried_again_with_growing_waits(self):
        end = self.turn("flaky @status=500 @times=2")
        self.assertEqual((end["state"], text_of(end["message"])), ("final", "re: flaky"))
        waits = self.waits("flaky")
        self.assertEqual(len(waits), 2)
        self.assertGreater(waits[1], waits[0])

    def test_a_connection_that_is_dropped_is_tried_again(self):
        self.assertEqual(text_of(self.turn("dropped @drop @times=1")["message"]), "re: dropped")

    def test_a_stream_that_is_cut_is_tried_again_and_leaves_no_half_answer(self):
        end = self.turn("cut off in the middle @cut @times=1 @pieces=6")
        self.assertEqual((end["state"], text_of(end["message"])), ("final", "re: cut off in the middle"))
        answers = [text_of(row) for row in self.client.history("s") if row["role"] == "assistant"]
        self.assertEqual(answers, ["re: cut off in the middle"])

    def test_a_silent_stream_is_given_up_and_tried_again(self):
        self.assertEqual(text_of(self.turn("silence @hang @times=1")["message"]), "re: silence")

    def test_401_is_not_tried_again(self):
        end = self.turn("wrong key @status=401")
        self.assertEqual(end["state"], "error")
        self.assertIn("401", end["errorMessage"])
        self.assertNotIn("scripted-key", end["errorMessage"])
        self.assertEqual(self.model.count("wrong key"), 1)

    def test_an_error_that_stays_ends_the_turn_and_the_session_goes_on(self):
        end = self.turn("broken @status=400")
        self.assertEqual(end["state"], "error")
        self.assertEqual(self.turn("and now")["state"], "final")

    def test_a_tool_call_gets_an_answer_and_the_turn_ends(self):
        end = self.turn("use it @tool=lookup")
        self.assertEqual((end["state"], text_of(end["message"])), ("final", "re: use it"))
        second = self.model.requests[-1]["body"]["messages"]
        self.assertEqual([message["role"] for message in second[-2:]], ["assistant", "tool"])
        call = second[-2]["tool_calls"][0]
        self.assertEqual(call["function"]["name"], "lookup")
        self.assertEqual(second[-1]["tool_call_id"], call["id"])

    def test_the_request_has_the_documented_form(self):
        self.turn("form")
        request = self.model.requests[-1]
        self.assertEqual((request["body"]["model"], request["body"]["stream"]), ("one", True))
        self.assertEqual(request["headers"]["authorization"], "Bearer scripted-key")
        self.turn("next")
        roles = [message["role"] for message in self.model.requests[-1]["body"]["messages"] if message["role"] != "system"]
        self.assertEqual(roles, ["user", "assistant", "user"])

    def test_a_server_that_is_not_there_is_an_error_of_the_turn(self):
        config = self.model.config()
        config["models"]["providers"]["scripted"]["baseUrl"] = "http://127.0.0.1:9/v1"
        client = self.connect(self.gateway(config))
        self.assertEqual(client.wait_chat_end(client.chat_send("s", "anyone")["runId"], 120)["state"], "error")


if __name__ == "__main__":
    unittest.main(verbosity=2)
