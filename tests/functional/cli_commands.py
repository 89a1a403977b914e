"""Every command of our own command line."""

import json
import unittest

from support.case import FunctionalCase, SharedGatewayCase


class CommandsTest(SharedGatewayCase):
    def json(self, *args, **options):
        return self.shared.cli_json(*args, **options)

    def test_a_probe_reads_without_a_device(self):
        report = self.json("gateway", "probe", "--json")
        self.assertEqual((report["ok"], report["degraded"], report["capability"], report["primaryTargetId"], report["warnings"]),
                         (True, False, "read_only", "localLoopback", []))
        target = report["targets"][0]
        self.assertEqual(target["connect"]["error"], None)
        self.assertEqual(target["config"]["gateway"]["authTokenConfigured"], True)
        self.assertNotIn(self.shared.token, json.dumps(report))
        self.assertTrue(target["health"]["ok"])

    def test_version(self):
        done = self.shared.cli("--version", check=True)
        self.assertRegex(done.stdout, r"\d+\.\d+\.\d+")

    def test_help_names_the_commands(self):
        text = self.shared.cli("--help", check=True).stdout
        for word in ("gateway", "health", "agent"):
            self.assertIn(word, text)
        for command in (["gateway"], ["gateway", "restart"], ["agent"]):
            self.assertTrue(self.shared.cli(*command, "--help", check=True).stdout)

    def test_call_prints_the_payload(self):
        self.assertTrue(self.json("gateway", "call", "health", "--json")["ok"])
        self.assertTrue(self.json("gateway", "call", "gateway.restart.preflight", "--json")["safe"])
        rows = self.json("gateway", "call", "chat.history", "--params", '{"sessionKey":"nobody"}', "--json")
        self.assertEqual(rows["messages"], [])
        self.assertIn('"ok": true', self.shared.cli("gateway", "call", "health", check=True).stdout)

    def test_health(self):
        for command in (["health"], ["gateway", "health"]):
            self.assertTrue(self.json(*command, "--json")["ok"])
            self.assertIn("OK", self.shared.cli(*command, check=True).stdout)

    def test_status(self):
        status = self.json("gateway", "status", "--json")
        self.assertTrue(status["rpc"]["ok"])
        self.assertEqual(status["gateway"]["port"], self.shared.port)
        self.assertTrue(self.shared.cli("gateway", "status", check=True).stdout)

    def test_agent(self):
        done = self.shared.cli("agent", "--session-id", "cli", "--message", "hello there", check=True)
        self.assertIn("echo: hello there", done.stdout)
        answer = self.json("agent", "--session-id", "cli", "--message", "again", "--json")
        self.assertEqual((answer["status"], answer["result"]["payloads"][0]["text"]), ("ok", "echo: again"))
        with self.shared.connect() as client:
            self.assertEqual(len(client.history("agent:main:explicit:cli")), 4)

    def test_the_port_can_be_given(self):
        port = {"OPENCLAW_GATEWAY_PORT": str(self.shared.port)}
        self.assertTrue(self.json("health", "--json", environment=port)["ok"])
        url = f"ws://127.0.0.1:{self.shared.port}"
        self.assertTrue(self.json("gateway", "call", "health", "--url", url, "--token", self.shared.token, "--json")["ok"])

    def test_expect_final_waits_for_the_second_response(self):
        params = json.dumps({"message": "final", "idempotencyKey": "expect-final", "sessionId": "f"})
        answer = self.json("gateway", "call", "agent", "--expect-final", "--params", params, "--json")
        self.assertEqual(answer["status"], "ok")


class RestartCommandsTest(FunctionalCase):
    def test_each_form_of_restart(self):
        gateway = self.gateway()
        generation = gateway.serving()
        for command in (["gateway", "restart"], ["daemon", "restart"], ["gateway", "restart", "--safe"],
                        ["gateway", "restart", "--force"], ["gateway", "restart", "--wait", "1s"]):
            with self.subTest(command=command):
                answer = gateway.cli_json(*command, "--json", timeout=60)
                self.assertTrue(answer["ok"])
                if "--safe" in command:
                    self.assertEqual(answer["result"], "scheduled")
                else:
                    self.assertEqual((answer["action"], answer["result"]), ("restart", "restarted"))
                    self.assertNotEqual(gateway.generations()[-1], generation, "`restarted` was said too early")
                generation = gateway.wait_new_generation(generation)

    def test_nothing_to_restart(self):
        gateway = self.gateway(start=False)
        done = gateway.cli("gateway", "restart", "--json", environment={"OPENCLAW_GATEWAY_PORT": "9"})
        self.assertEqual(done.returncode, 1)
        self.assertFalse(json.loads(done.stdout)["ok"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
