"""Signals: a stop ends everything cleanly, whoever it reaches, and cut work is finished by the next start."""

import os
import signal

from support.case import FunctionalCase, new_key
from support.gateway import default_config
from support.ws import text_of

SLOW = default_config(echo={"chunkDelayMs": 50, "chunkChars": 1})


class StopTest(FunctionalCase):
    def ended(self, gateway):
        return gateway.process.wait(timeout=10)

    def test_ctrl_c_reaches_the_whole_group_and_stops_once(self):
        gateway = self.gateway()
        os.killpg(gateway.process.pid, signal.SIGINT)
        self.assertEqual(self.ended(gateway), 0)
        self.assertIn("received SIGINT; shutting down", gateway.output())
        self.assertIn("completed cleanly", gateway.output())
        self.assertNotIn("generation killed", gateway.output())

    def test_a_stop_ends_a_gateway_without_a_keeper(self):
        gateway = self.gateway(args=["--no-keeper"])
        gateway.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.ended(gateway), 0)

    def test_a_turn_cut_by_a_stop_is_finished_after_the_next_start(self):
        gateway = self.gateway(SLOW)
        client = self.connect(gateway)
        key = new_key()
        client.chat_send("s", "a message that takes a while to repeat", key)
        gateway.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.ended(gateway), 0)

        gateway.start()
        client = self.connect(gateway)
        answer = client.request("agent.wait", {"runId": key, "timeoutMs": 20_000})
        self.assertEqual(answer["status"], "ok")
        texts = [text_of(message) for message in client.history("s")]
        self.assertEqual(texts, ["a message that takes a while to repeat", "echo: a message that takes a while to repeat"])

    def test_a_restart_signal_asks_for_a_safe_restart(self):
        gateway = self.gateway()
        first = gateway.serving()
        gateway.process.send_signal(signal.SIGUSR1)
        with self.connect(gateway) as client:
            self.assertTrue(client.request("health")["ok"])
        gateway.wait_new_generation(first)
        with self.connect(gateway) as client:
            last = client.request("gateway.restart.status", {})["last"]
        self.assertEqual((last["outcome"], last["reason"]), ("restarted", "SIGUSR1"))
