"""The handshake: challenge, negotiation, authentication, device proof, scopes."""

import time
import unittest

from support.case import FunctionalCase, SharedGatewayCase
from support.gateway import TOKEN, default_config
from support.ws import ALL_SCOPES, Client, Device, RpcError, UpgradeRefused, connect_params, http_get

UUID = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
METHODS = {"health", "status", "gateway.identity.get", "system-presence", "config.get", "models.list", "sessions.list",
           "sessions.subscribe", "chat.startup", "chat.send", "chat.history", "chat.abort", "agents.list", "agent",
           "agent.wait", "channels.status", "last-heartbeat", "logs.tail", "gateway.restart.preflight",
           "gateway.restart.request", "gateway.restart.status"}
EVENTS = {"connect.challenge", "tick", "health", "presence", "agent", "chat", "shutdown"}


class HandshakeTest(SharedGatewayCase):
    def refused(self, expected_close, **options):
        """Connects, expects a refusal, and returns it."""
        client = Client(self.shared.port)
        self.addCleanup(client.close)
        client.challenge()
        params = connect_params(**options)
        with self.assertRaises(RpcError) as caught:
            client.request("connect", params)
        end = client.wait_closed()
        self.assertEqual(end.code, expected_close)
        return caught.exception, end

    def test_the_challenge_comes_before_anything_is_sent(self):
        client = Client(self.shared.port)
        self.addCleanup(client.close)
        before = time.time() * 1000
        payload = client.challenge()
        self.assertRegex(payload["nonce"], UUID)
        self.assertLess(abs(payload["ts"] - before), 60_000)
        self.assertEqual(client.frames[0]["event"], "connect.challenge")

    def test_two_connections_get_two_nonces(self):
        nonces = set()
        for _ in range(2):
            client = Client(self.shared.port)
            self.addCleanup(client.close)
            nonces.add(client.challenge()["nonce"])
        self.assertEqual(len(nonces), 2)

    def test_the_upgrade_refuses_extensions_and_takes_any_path(self):
        client = Client(self.shared.port, path="/any/path?x=1", headers={"Sec-WebSocket-Extensions": "permessage-deflate"})
        self.addCleanup(client.close)
        client.challenge()
        self.assertNotIn("sec-websocket-extensions", client.socket.headers)

    def test_each_range_gets_its_protocol(self):
        for offered, answered in (((3, 3), 3), ((4, 4), 4), ((3, 4), 4), ((1, 9), 4), ((4, 7), 4)):
            with self.subTest(offered=offered):
                self.assertEqual(self.client(protocol=offered).hello["protocol"], answered)

    def test_the_hello_has_every_documented_field(self):
        for protocol in ((3, 3), (4, 4)):
            with self.subTest(protocol=protocol):
                hello = self.client(protocol=protocol).hello
                self.assertEqual(hello["type"], "hello-ok")
                self.assertRegex(hello["server"]["connId"], UUID)
                self.assertTrue(hello["server"]["version"])
                self.assertLessEqual(METHODS, set(hello["features"]["methods"]))
                self.assertLessEqual(EVENTS, set(hello["features"]["events"]))
                self.assertIn("gateway-restart-target-safe-v1", hello["features"]["capabilities"])
                snapshot = hello["snapshot"]
                self.assertIsInstance(snapshot["presence"], list)
                self.assertIsInstance(snapshot["health"], dict)
                self.assertGreaterEqual(snapshot["stateVersion"]["presence"], 1)
                self.assertGreaterEqual(snapshot["stateVersion"]["health"], 1)
                self.assertGreaterEqual(snapshot["uptimeMs"], 0)
                defaults = snapshot["sessionDefaults"]
                self.assertEqual((defaults["defaultAgentId"], defaults["mainKey"], defaults["mainSessionKey"]),
                                 ("main", "main", "agent:main:main"))
                self.assertEqual(hello["auth"]["role"], "operator")
                self.assertEqual(sorted(hello["auth"]["scopes"]), sorted(ALL_SCOPES))
                policy = hello["policy"]
                self.assertEqual((policy["maxPayload"], policy["maxBufferedBytes"], policy["tickIntervalMs"]),
                                 (26_214_400, 52_428_800, 30_000))

    def test_only_an_admin_sees_paths_in_the_snapshot(self):
        self.assertEqual(self.client().hello["snapshot"]["stateDir"], str(self.shared.state))
        self.assertNotIn("stateDir", self.client(scopes=["operator.read"]).hello["snapshot"])

    def test_a_health_event_follows_the_hello(self):
        event = self.client().wait_event("health")
        self.assertTrue(event["payload"]["ok"])
        self.assertIn("health", event["stateVersion"])
        self.assertGreaterEqual(event["seq"], 1)

    def test_a_range_without_a_common_protocol_is_refused(self):
        for offered in ((1, 2), (5, 9)):
            with self.subTest(offered=offered):
                error, end = self.refused(1002, token=TOKEN, protocol=offered)
                self.assertEqual((error.code, error.message, end.reason),
                                 ("INVALID_REQUEST", "protocol mismatch", "protocol mismatch"))
                self.assertIn("expectedProtocol", error.details)

    def test_a_wrong_token_is_refused(self):
        error, end = self.refused(1008, token="not the token")
        self.assertEqual(error.code, "INVALID_REQUEST")
        self.assertTrue(error.message.startswith("unauthorized: gateway token mismatch ("), error.message)
        self.assertEqual(error.details["code"], "AUTH_TOKEN_MISMATCH")
        self.assertEqual(error.details["authReason"], "token_mismatch")
        self.assertFalse(error.details["canRetryWithDeviceToken"])
        self.assertTrue(error.message.startswith(end.reason), end.reason)
        self.assertLessEqual(len(end.reason.encode()), 120)

    def test_a_missing_token_is_refused(self):
        error, _ = self.refused(1008)
        self.assertIn((error.code, error.details.get("code")),
                      [("INVALID_REQUEST", "AUTH_TOKEN_MISSING"), ("NOT_PAIRED", "DEVICE_IDENTITY_REQUIRED")])

    def test_the_token_is_taken_in_the_password_field_too(self):
        client = Client(self.shared.port)
        self.addCleanup(client.close)
        client.challenge()
        self.assertEqual(client.request("connect", connect_params(auth={"password": TOKEN}))["type"], "hello-ok")

    def test_another_role_is_refused(self):
        error, _ = self.refused(1008, token=TOKEN, role="king")
        self.assertEqual((error.code, error.message), ("INVALID_REQUEST", "invalid role"))

    def test_bad_parameters_are_named(self):
        for change in ({"minProtocol": None}, {"unexpected": 1}, {"client": {"id": "nobody"}}):
            with self.subTest(change=change):
                error, end = self.refused(1008, token=TOKEN, **change)
                self.assertEqual(error.code, "INVALID_REQUEST")
                self.assertTrue(error.message.startswith("invalid connect params: "), error.message)

    def test_the_first_request_must_be_connect(self):
        client = Client(self.shared.port)
        self.addCleanup(client.close)
        client.challenge()
        with self.assertRaises(RpcError) as caught:
            client.request("health")
        self.assertEqual((caught.exception.code, caught.exception.message),
                         ("INVALID_REQUEST", "invalid handshake: first request must be connect"))
        self.assertEqual(client.wait_closed().code, 1008)

    def test_a_second_connect_is_refused_and_the_connection_stays(self):
        client = self.client()
        with self.assertRaises(RpcError) as caught:
            client.request("connect", connect_params(TOKEN))
        self.assertEqual((caught.exception.code, caught.exception.message),
                         ("INVALID_REQUEST", "connect is only valid as the first request"))
        self.assertTrue(client.request("health")["ok"])

    def test_proxy_headers_are_refused(self):
        with self.assertRaises(UpgradeRefused) as caught:
            Client(self.shared.port, headers={"X-Forwarded-For": "203.0.113.1"})
        self.assertEqual(caught.exception.status, 403)

    def test_a_foreign_browser_origin_is_refused(self):
        client = Client(self.shared.port, headers={"Origin": "https://elsewhere.example"})
        self.addCleanup(client.close)
        client.challenge()
        with self.assertRaises(RpcError) as caught:
            client.request("connect", connect_params(TOKEN))
        self.assertEqual(caught.exception.details["code"], "CONTROL_UI_ORIGIN_NOT_ALLOWED")


class DeviceTest(SharedGatewayCase):
    def attempt(self, device, **proof):
        client = Client(self.shared.port)
        self.addCleanup(client.close)
        nonce = client.challenge()["nonce"]
        params = connect_params(TOKEN, client_id="cli", mode="cli")
        version = proof.pop("version", "v3")
        signed_at = proof.pop("signed_at", None)
        params["device"] = {**device.proof(params, nonce, version, signed_at), **proof}
        return client.request("connect", params)

    def test_a_local_device_is_paired_and_keeps_its_token(self):
        device = Device()
        for version in ("v3", "v2"):
            hello = self.attempt(device, version=version)
            self.assertEqual(sorted(hello["auth"]["scopes"]), sorted(ALL_SCOPES))
            if version == "v3":
                token = hello["auth"]["deviceToken"]
        self.assertEqual(self.attempt(device)["auth"]["deviceToken"], token)

    def test_the_device_token_works_without_the_shared_secret(self):
        device = Device()
        token = self.attempt(device)["auth"]["deviceToken"]
        client = Client(self.shared.port)
        self.addCleanup(client.close)
        nonce = client.challenge()["nonce"]
        params = connect_params(client_id="cli", mode="cli", auth={"deviceToken": token})
        params["device"] = device.proof(params, nonce)
        self.assertEqual(client.request("connect", params)["type"], "hello-ok")

    def test_more_scopes_are_granted_to_a_local_device(self):
        device = Device()
        self.connect(self.shared, device=device, scopes=["operator.read"], client_id="cli", mode="cli")
        hello = self.connect(self.shared, device=device, scopes=["operator.admin"], client_id="cli", mode="cli").hello
        self.assertIn("operator.admin", hello["auth"]["scopes"])

    def test_each_bad_proof_has_its_code(self):
        now = int(time.time() * 1000)
        other = Device().proof(connect_params(TOKEN), "another nonce")["signature"]
        cases = [
            ("DEVICE_AUTH_DEVICE_ID_MISMATCH", "device identity mismatch", {"id": "0" * 64}),
            ("DEVICE_AUTH_SIGNATURE_EXPIRED", "device signature expired", {"signed_at": now - 150_000}),
            ("DEVICE_AUTH_SIGNATURE_EXPIRED", "device signature expired", {"signed_at": now + 150_000}),
            ("DEVICE_AUTH_NONCE_MISMATCH", "device nonce mismatch", {"nonce": "11111111-1111-4111-8111-111111111111"}),
            ("DEVICE_AUTH_NONCE_REQUIRED", "device nonce required", {"nonce": " "}),
            ("DEVICE_AUTH_SIGNATURE_INVALID", "device signature invalid", {"signature": other}),
            ("DEVICE_AUTH_SIGNATURE_INVALID", "device signature invalid", {"signature": "AAAA"}),
        ]
        for code, message, change in cases:
            with self.subTest(code=code, change=change):
                with self.assertRaises(RpcError) as caught:
                    self.attempt(Device(), **change)
                error = caught.exception
                self.assertEqual((error.code, error.details.get("code"), error.message), ("INVALID_REQUEST", code, message))


class ScopeTest(SharedGatewayCase):
    def test_a_reader_may_read_and_not_write(self):
        client = self.client(scopes=["operator.read"])
        self.assertTrue(client.request("gateway.restart.preflight")["safe"])
        for method, scope in (("chat.send", "operator.write"), ("gateway.restart.request", "operator.admin")):
            with self.subTest(method=method), self.assertRaises(RpcError) as caught:
                client.request(method, {"sessionKey": "main", "message": "x", "idempotencyKey": "scope"})
            error = caught.exception
            self.assertIn(error.code, ("FORBIDDEN", "INVALID_REQUEST"))
            self.assertEqual(error.message, f"missing scope: {scope}")

    def test_protocol_4_names_the_missing_scope_in_the_details(self):
        client = self.client(scopes=["operator.read"], protocol=(4, 4))
        with self.assertRaises(RpcError) as caught:
            client.request("gateway.restart.request", {})
        self.assertEqual(caught.exception.code, "FORBIDDEN")
        self.assertEqual(caught.exception.details["code"], "MISSING_SCOPE")
        self.assertEqual(caught.exception.details["missingScope"], "operator.admin")

    def test_health_needs_no_scope(self):
        self.assertTrue(self.client(scopes=[]).request("health")["ok"])

    def test_an_unknown_method_is_unknown_to_an_admin_only(self):
        with self.assertRaises(RpcError) as caught:
            self.client().request("no.such.method", {})
        self.assertEqual((caught.exception.code, caught.exception.message),
                         ("INVALID_REQUEST", "unknown method: no.such.method"))
        with self.assertRaises(RpcError) as caught:
            self.client(scopes=["operator.write"]).request("no.such.method", {})
        self.assertEqual(caught.exception.message, "missing scope: operator.admin")


class AuthModeTest(FunctionalCase):
    def with_auth(self, auth):
        config = default_config()
        config["gateway"]["auth"] = auth
        return self.gateway(config)

    def test_mode_none_needs_no_secret(self):
        gateway = self.with_auth({"mode": "none"})
        gateway.token = None
        self.assertEqual(self.connect(gateway).hello["auth"]["role"], "operator")

    def test_mode_password_wants_the_password(self):
        gateway = self.with_auth({"mode": "password", "password": "open sesame"})
        for auth, accepted in (({"password": "open sesame"}, True), ({"password": "open barley"}, False)):
            client = Client(gateway.port)
            self.addCleanup(client.close)
            client.challenge()
            if accepted:
                self.assertEqual(client.request("connect", connect_params(auth=auth))["type"], "hello-ok")
            else:
                with self.assertRaises(RpcError) as caught:
                    client.request("connect", connect_params(auth=auth))
                self.assertEqual(caught.exception.details["code"], "AUTH_PASSWORD_MISMATCH")

    def test_without_a_configured_token_one_is_made_for_the_run(self):
        gateway = self.gateway(None, args=["--allow-unconfigured"])
        path = gateway.state / "run-token"
        self.assertEqual(path.stat().st_mode & 0o777, 0o600)
        gateway.token = path.read_text().strip()
        self.assertGreaterEqual(len(gateway.token), 32)
        self.assertTrue(self.connect(gateway).request("health")["ok"])
        self.assertNotIn(gateway.token, gateway.output() + gateway.log())


class HttpTest(SharedGatewayCase):
    def test_the_health_pages_answer(self):
        for path, expected in (("/healthz", b'{"ok":true,"status":"live"}'), ("/health", b'{"ok":true,"status":"live"}')):
            with self.subTest(path=path):
                status, headers, body = http_get(self.shared.port, path)
                self.assertEqual((status, body), (200, expected))
                self.assertEqual(headers["cache-control"], "no-store")
        for path, key in (("/readyz", b'"ready":true'), ("/ready", b'"ready":true'), ("/startupz", b'"status":"started"')):
            with self.subTest(path=path):
                status, _, body = http_get(self.shared.port, path)
                self.assertEqual(status, 200)
                self.assertIn(key, body)

    def test_other_methods_and_pages_are_refused(self):
        status, headers, _ = http_get(self.shared.port, "/healthz", "DELETE")
        self.assertEqual((status, headers.get("allow")), (405, "GET, HEAD"))
        self.assertEqual(http_get(self.shared.port, "/nothing/here", "POST")[0], 404)

    def test_head_has_no_body(self):
        status, _, body = http_get(self.shared.port, "/healthz", "HEAD")
        self.assertEqual((status, body), (200, b""))


if __name__ == "__main__":
    unittest.main(verbosity=2)
