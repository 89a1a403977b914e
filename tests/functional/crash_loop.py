"""A message that brings the gateway down again and again does not keep its operators out."""

import os
import signal

from support.case import FunctionalCase
from support.gateway import default_config
from support.model_server import ModelServer
from support.timing import wait_until
from support.ws import Closed, text_of


class CrashLoopTest(FunctionalCase):
    def test_the_fourth_start_holds_interrupted_work_back(self):
        model = self.enterContext(ModelServer())
        config = model.config()
        config.setdefault("native", {})["restart"] = {"crashLoopStarts": 3}
        running = self.gateway(config)
        with running.connect() as client:
            poison = client.chat_send("bad", "poison @pace=500 @pieces=400")["runId"]
        for count in (1, 2, 3):
            wait_until(lambda: model.count("poison") == count, 20, f"attempt {count} began")
            pid = running.serving()
            os.kill(pid, signal.SIGKILL)
            running.wait_new_generation(pid, 20)

        def held():
            try:
                with running.connect() as client:
                    return client.request("status", {})["crashLoop"]
            except Closed:
                return None

        state = wait_until(held, 10, "the breaker has tripped")
        self.assertEqual(state["uncleanStarts"], 3)
        self.assertTrue(0 < state["heldForMs"] <= 300_000)
        self.assertIn("restart-loop breaker tripped: 3 unclean boot(s) within 300000ms", running.output())
        with running.connect() as client:
            run = client.chat_send("good", "hello @pieces=1")["runId"]
            self.assertEqual(text_of(client.wait_chat_end(run)["message"]), "re: hello")
            self.assertEqual(model.count("poison"), 3, "the interrupted turn is held back")
            aborted = client.request("chat.abort", {"sessionKey": "bad", "runId": poison})
            self.assertTrue(aborted["aborted"], "what is held back can be aborted")

    def test_clean_restarts_do_not_count(self):
        running = self.gateway(default_config(restart={"crashLoopStarts": 3}))
        for _ in range(4):
            first = running.serving()
            running.cli_json("gateway", "restart", "--json")
            running.wait_new_generation(first, 20)
        with running.connect() as client:
            self.assertIsNone(client.request("status", {})["crashLoop"])
