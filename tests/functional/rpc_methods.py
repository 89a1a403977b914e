"""Every method of this release answers with the keys that the protocol documents."""

import json
import unittest

from support.case import SharedGatewayCase, new_key
from support.gateway import default_config
from support.ws import RpcError

COUNTS = ["queueSize", "pendingReplies", "embeddedRuns", "cronRuns", "backgroundExecSessions", "rootRequests",
          "activeTasks", "totalActive"]


class MethodsTest(SharedGatewayCase):
    @classmethod
    def make_config(cls):
        config = default_config()
        config["channels"] = {"telegram": {"enabled": False, "botToken": "12345:very-secret-bot-token"}}
        return config

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with cls.shared.connect() as client:
            run = client.chat_send("main", "first words")["runId"]
            client.wait_chat_end(run)

    def keys(self, value, *names):
        missing = [name for name in names if name not in value]
        self.assertEqual(missing, [], f"missing in {json.dumps(value)[:600]}")

    def call(self, method, params=None):
        return self.client().request(method, params)

    def test_every_advertised_method_is_known(self):
        client = self.client()
        for method in client.hello["features"]["methods"]:
            try:
                client.request(method, {"timeoutMs": 0} if method != "gateway.restart.request" else [])
            except RpcError as error:
                self.assertNotIn("unknown method", error.message, method)

    def test_health(self):
        health = self.call("health")
        self.keys(health, "ok", "ts", "durationMs", "channels", "channelOrder", "channelLabels", "heartbeatSeconds",
                  "defaultAgentId", "agents", "sessions")
        self.assertIs(health["ok"], True)
        self.assertEqual(health["defaultAgentId"], "main")
        self.keys(health["sessions"], "path", "count", "recent")
        self.keys(health["agents"][0], "agentId", "isDefault", "heartbeat", "sessions")

    def test_status(self):
        status = self.call("status", {"includeChannelSummary": False})
        self.keys(status, "runtimeVersion", "heartbeat", "channelSummary", "queuedSystemEvents", "tasks", "taskAudit", "sessions")
        self.keys(status["tasks"], "total", "active", "terminal", "failures", "byStatus", "byRuntime")
        self.keys(status["sessions"], "paths", "count", "defaults", "recent", "byAgent")
        self.assertGreaterEqual(status["sessions"]["count"], 1)

    def test_status_hides_sessions_from_a_reader(self):
        status = self.client(scopes=["operator.read"]).request("status", {})
        self.assertEqual((status["sessions"]["paths"], status["sessions"]["recent"]), ([], []))

    def test_identity(self):
        identity = self.call("gateway.identity.get")
        self.assertRegex(identity["deviceId"], "^[0-9a-f]{64}$")
        self.assertRegex(identity["publicKey"], "^[A-Za-z0-9_-]{43}$")

    def test_presence_is_a_bare_list_that_begins_with_the_gateway(self):
        entries = self.call("system-presence")
        self.assertIsInstance(entries, list)
        self.assertTrue(any(entry.get("mode") == "gateway" for entry in entries), entries)
        self.assertTrue(all("ts" in entry for entry in entries))

    def test_config_get_shows_the_file_without_its_secrets(self):
        config = self.call("config.get", {})
        self.keys(config, "path", "exists", "raw", "parsed", "valid", "config", "hash", "issues", "warnings")
        self.assertTrue(config["valid"])
        text = json.dumps(config)
        self.assertIn("__OPENCLAW_REDACTED__", text)
        self.assertNotIn(self.shared.token, text)
        self.assertNotIn("very-secret-bot-token", text)

    def test_models_list_names_the_built_in_model_as_such(self):
        models = self.call("models.list", {})["models"]
        echo = [model for model in models if model["id"] == "echo"]
        self.assertEqual(len(echo), 1, models)
        self.assertEqual(echo[0]["provider"], "builtin")
        self.assertRegex(echo[0]["name"].lower(), "built-in|builtin|test|demo")

    def test_sessions_list(self):
        result = self.call("sessions.list", {"limit": 5})
        self.keys(result, "ts", "path", "count", "totalCount", "limitApplied", "hasMore", "defaults", "sessions")
        row = next(row for row in result["sessions"] if row["key"] == "agent:main:main")
        self.keys(row, "key", "kind", "sessionId", "updatedAt", "hasActiveRun", "modelProvider", "model")
        self.assertIs(row["hasActiveRun"], False)

    def test_sessions_subscribe(self):
        self.assertIs(self.call("sessions.subscribe", {})["subscribed"], True)

    def test_chat_history_and_startup(self):
        history = self.call("chat.history", {"sessionKey": "main", "limit": 10})
        self.keys(history, "sessionKey", "sessionId", "messages")
        self.keys(history["messages"][0], "role", "content", "timestamp", "__openclaw")
        startup = self.call("chat.startup", {"sessionKey": "main", "limit": 80, "maxBytes": 262_144})
        self.keys(startup, "sessionKey", "messages", "metadata")
        self.keys(startup["metadata"], "models", "commands")
        self.assertEqual(len(startup["messages"]), len(history["messages"]))

    def test_history_of_a_session_that_does_not_exist_is_empty(self):
        history = self.call("chat.history", {"sessionKey": "never-used"})
        self.assertEqual(history["messages"], [])
        self.assertNotIn("sessionId", history)

    def test_user_rows_have_the_form_of_each_protocol(self):
        for protocol, form in (((3, 3), list), ((4, 4), str)):
            with self.subTest(protocol=protocol):
                rows = self.client(protocol=protocol).history("main")
                self.assertEqual([row["role"] for row in rows[:2]], ["user", "assistant"])
                self.assertIsInstance(rows[0]["content"], form)
                self.assertIsInstance(rows[1]["content"], list)

    def test_abort_of_nothing(self):
        answer = self.call("chat.abort", {"sessionKey": "main"})
        self.assertEqual((answer["ok"], answer["aborted"], answer["runIds"]), (True, False, []))

    def test_agents_list(self):
        agents = self.call("agents.list", {})
        self.keys(agents, "defaultId", "mainKey", "scope", "agents")
        self.assertEqual([agent["id"] for agent in agents["agents"]], ["main"])

    def test_agent_wait_for_an_unknown_run_times_out(self):
        answer = self.call("agent.wait", {"runId": new_key(), "timeoutMs": 10})
        self.assertEqual(answer["status"], "timeout")

    def test_channels_status(self):
        channels = self.call("channels.status", {"probe": False, "timeoutMs": 8000})
        self.keys(channels, "ts", "channelOrder", "channelLabels", "channels", "channelAccounts", "channelDefaultAccountId")

    def test_last_heartbeat_is_nothing_yet(self):
        self.assertFalse(self.call("last-heartbeat", {}))

    def test_logs_tail_gives_lines_and_a_cursor(self):
        client = self.client()
        tail = client.request("logs.tail", {"limit": 5})
        self.keys(tail, "file", "cursor", "size", "lines", "truncated", "reset")
        self.assertLessEqual(len(tail["lines"]), 5)
        for line in tail["lines"]:
            json.loads(line)
        again = client.request("logs.tail", {"cursor": tail["cursor"]})
        self.assertGreaterEqual(again["cursor"], tail["cursor"])
        self.assertTrue(client.request("logs.tail", {"cursor": tail["size"] + 10_000_000})["reset"])

    def test_restart_preflight_when_idle(self):
        preflight = self.call("gateway.restart.preflight")
        self.assertEqual(preflight["safe"], True)
        self.assertEqual(preflight["summary"], "safe to restart now")
        self.assertEqual(preflight["blockers"], [])
        self.assertEqual(list(preflight["counts"]), COUNTS)
        self.assertEqual(set(preflight["counts"].values()), {0})

    def test_restart_status_when_nothing_was_asked(self):
        self.assertIsInstance(self.call("gateway.restart.status", {}), dict)

    def test_restart_request_refuses_what_it_cannot_read(self):
        client = self.client()
        cases = [
            ([], "invalid gateway.restart.request params"),
            ({"target": {"pid": "x"}}, "invalid targeted gateway restart"),
            ({"target": {"pid": 1, "ownerId": "o", "port": 1}, "safe": "yes"}, "invalid safe targeted restart mode"),
            ({"target": {"pid": 1, "ownerId": "o", "port": 1}, "safe": True, "restartIntent": {}},
             "safe targeted restart does not accept intent"),
            ({"target": {"pid": 1, "ownerId": "o", "port": 1}, "restartIntent": {"force": "x"}},
             "invalid targeted gateway restart intent"),
            ({"target": {"pid": 1, "ownerId": "o", "port": 1}}, "target gateway no longer owns the active lock"),
        ]
        for params, message in cases:
            with self.subTest(params=params), self.assertRaises(RpcError) as caught:
                client.request("gateway.restart.request", params)
            self.assertEqual((caught.exception.code, caught.exception.message), ("INVALID_REQUEST", message))


class EventsTest(SharedGatewayCase):
    def test_presence_is_told_when_a_tracked_client_comes_and_goes(self):
        watcher = self.client()
        self.client(client_id="test", mode="test", scopes=[]).close()
        event = watcher.wait_event("presence")
        self.assertIn("presence", event["stateVersion"])
        self.assertIsInstance(event["payload"]["presence"], list)

    def test_seq_counts_without_gaps(self):
        client = self.client()
        for _ in range(3):
            client.wait_chat_end(client.chat_send("seq", "hello")["runId"])
        numbers = [frame["seq"] for frame in client.frames if frame.get("type") == "event" and "seq" in frame]
        self.assertEqual(numbers, list(range(1, len(numbers) + 1)))
        self.assertGreater(len(numbers), 9)


if __name__ == "__main__":
    unittest.main(verbosity=2)
