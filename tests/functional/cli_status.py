"""`openclaw status`: everything at a glance, whether the gateway answers or not."""

import json
import unittest

from support.case import FunctionalCase
from support.gateway import TOKEN


class StatusTest(FunctionalCase):
    def test_a_running_gateway_is_described(self):
        gateway = self.gateway()
        client = self.connect(gateway)
        client.request("chat.send", {"sessionKey": "main", "message": "hello", "idempotencyKey": "k1"})
        answer = gateway.cli_json("status", "--json")
        self.assertEqual((answer["gateway"]["reachable"], answer["gateway"]["error"]), (True, None))
        self.assertEqual(answer["gateway"]["mode"], "local")
        self.assertGreaterEqual(answer["gateway"]["uptimeMs"], 0)
        self.assertEqual(answer["gateway"]["self"]["version"], answer["runtimeVersion"])
        self.assertEqual((answer["sessions"]["count"], answer["crashLoop"], answer["restart"]["phase"]), (1, None, "idle"))
        self.assertEqual(answer["config"]["valid"], True)
        self.assertNotIn("doctor", answer)
        human = gateway.cli("status", check=True).stdout
        for line in (r"Gateway: +reachable", r"Version: +\S+, generation 1, up \d+s", r"Sessions: +1\n",
                     r"Queue: +\d running, 0 waiting", r"Restart: +idle", r"Crash loop: +no", r"Config: +.*\(valid\)"):
            self.assertRegex(human, line)

    def test_deep_adds_health_the_last_restart_and_what_the_doctor_finds(self):
        gateway = self.gateway()
        (gateway.state / "openclaw.json").chmod(0o644)
        self.assertIsNone(gateway.cli_json("status", "--json", "--deep")["lastRestart"])
        gateway.cli("gateway", "restart", "--json", check=True)
        answer = gateway.cli_json("status", "--json", "--deep")
        self.assertEqual((answer["health"]["ok"], answer["lastRestart"]["outcome"]), (True, "restarted"))
        self.assertIn("file-mode", [one["code"] for one in answer["doctor"]["findings"]])
        human = gateway.cli("status", "--deep", check=True).stdout
        self.assertRegex(human, r"Last restart: restarted \(")
        self.assertRegex(human, r"Doctor: +\d problems?; see: openclaw doctor")

    def test_without_a_gateway_it_says_so_and_shows_the_rest(self):
        gateway = self.gateway({"gateway": {"mode": "local", "prot": 1}}, start=False)
        answer = gateway.cli_json("status", "--json", "--port", "1")
        self.assertEqual(answer["gateway"]["reachable"], False)
        self.assertTrue(answer["gateway"]["error"])
        self.assertEqual(answer["config"]["issues"], [{"path": "gateway.prot", "message": "Unrecognized key"}])
        self.assertNotIn("sessions", answer)
        human = gateway.cli("status", "--deep", "--port", "1", check=True)
        self.assertRegex(human.stdout, r"Gateway: +not reachable")
        self.assertRegex(human.stdout, r"Config: +.*\(invalid\)\n  - gateway.prot: Unrecognized key")

    def test_a_probe_leaves_nothing_behind(self):
        there = ("--url", f"ws://127.0.0.1:{self.gateway().port}", "--token", TOKEN, "--json")
        here = self.gateway(start=False)
        key = here.state / "identity/native-device.json"
        self.assertTrue(here.cli_json("status", *there)["gateway"]["reachable"])
        self.assertTrue(here.cli_json("gateway", "status", "--require-rpc", *there)["rpc"]["ok"])
        for words in (("status", "--deep"), ("gateway", "probe")):
            here.cli(*words, *there, check=True)
        here.cli("doctor", "--json")
        self.assertFalse(key.exists())
        here.cli("health", *there, check=True)
        self.assertTrue(key.exists(), "a call has a device")

    def test_remote_mode_without_an_address_is_shown_and_no_failure(self):
        gateway = self.gateway({"gateway": {"mode": "remote"}}, start=False)
        answer = gateway.cli_json("gateway", "status", "--json")
        self.assertIn("gateway.remote.url is not set", answer["gateway"]["probeNote"])
        self.assertIn("gateway.remote.url is not set", gateway.cli("gateway", "status", check=True).stdout)
        self.assertIn("gateway.remote.url", gateway.cli("health").stderr)

    def test_without_a_configuration_only_what_works_is_suggested(self):
        gateway = self.gateway(None, start=False)
        text = gateway.cli("gateway", "status", check=True).stdout
        self.assertIn("in the foreground with: openclaw config set gateway.mode local, then openclaw gateway run", text)

    def test_a_bad_option_is_the_only_failure(self):
        gateway = self.gateway(start=False)
        for options in (("--timeout", "soon"), ("--port", "1", "--url", "ws://127.0.0.1:1")):
            done = gateway.cli("status", *options, "--json")
            self.assertEqual((done.returncode, json.loads(done.stdout)["ok"]), (1, False))


if __name__ == "__main__":
    unittest.main(verbosity=2)
