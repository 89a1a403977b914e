"""Input that breaks the rules gets its documented end, and nobody else notices."""

import json
import socket
import struct
import unittest

from support.case import SharedGatewayCase
from support.gateway import TOKEN
from support.timing import scaled, wait_until
from support.ws import BINARY, CLOSE, PING, TEXT, Client, RpcError, Socket, connect_params, encode_frame


class BadInputCase(SharedGatewayCase):
    """A second client works before and after each test."""

    def setUp(self):
        super().setUp()
        self.witness = self.client()
        self.addCleanup(self.check_witness)

    def check_witness(self):
        self.assertTrue(self.witness.request("health")["ok"])
        self.assertTrue(self.client().request("health")["ok"])

    def stranger(self):
        """A connection that has its challenge and no hello."""
        client = Client(self.shared.port)
        self.addCleanup(client.close)
        client.challenge()
        return client


class BeforeHelloTest(BadInputCase):
    def closed_after(self, *frames, **options):
        client = self.stranger()
        for frame in frames:
            client.socket.send_frame(frame, **options)
        end = client.wait_closed()
        self.assertEqual([frame for frame in client.frames if frame["type"] == "res"], [])
        return end

    def test_a_frame_that_is_not_json_closes_with_1000(self):
        for text in ("hello", "{", "", '{"type":"req"', "\x00"):
            with self.subTest(text=text):
                self.assertEqual(self.closed_after(text).code, 1000)

    def test_json_that_is_not_a_request_closes_with_1008(self):
        for value in ([], {}, 1, {"type": "event", "event": "x"}, {"type": "req", "id": 1, "method": "connect"}):
            with self.subTest(value=value):
                end = self.closed_after(json.dumps(value))
                self.assertEqual((end.code, end.reason), (1008, "invalid request frame"))

    def test_a_frame_above_64_kib_closes_with_1009(self):
        end = self.closed_after(json.dumps({"type": "req", "id": "1", "method": "connect", "params": {"x": "y" * 70_000}}))
        self.assertEqual(end.code, 1009)

    def test_a_frame_that_only_announces_too_much_closes_with_1009(self):
        client = self.stranger()
        client.socket.send_bytes(struct.pack("!BBQ", 0x81, 0x80 | 127, 1 << 40) + b"mask")
        self.assertEqual(client.wait_closed().code, 1009)

    def test_fragments_that_add_up_to_too_much_close_with_1009(self):
        client = self.stranger()
        client.socket.send_frame(b"x" * 40_000, fin=False)
        client.socket.send_frame(b"x" * 40_000, opcode=0)
        self.assertEqual(client.wait_closed().code, 1009)

    def test_a_hello_split_into_frames_of_one_byte_is_understood(self):
        client = self.stranger()
        text = json.dumps({"type": "req", "id": "slow", "method": "connect", "params": connect_params(TOKEN)}).encode()
        for at in range(len(text)):
            client.socket.send_frame(text[at:at + 1], opcode=TEXT if at == 0 else 0, fin=at == len(text) - 1)
        self.assertTrue(client.wait_response("slow")["ok"])

    def test_a_hello_sent_byte_by_byte_is_understood(self):
        client = self.stranger()
        text = json.dumps({"type": "req", "id": "drip", "method": "connect", "params": connect_params(TOKEN)})
        for byte in encode_frame(text):
            client.socket.send_bytes(bytes([byte]))
        self.assertTrue(client.wait_response("drip")["ok"])

    def test_a_binary_frame_counts_as_text(self):
        client = self.stranger()
        text = json.dumps({"type": "req", "id": "binary", "method": "connect", "params": connect_params(TOKEN)})
        client.socket.send_frame(text, opcode=BINARY)
        self.assertTrue(client.wait_response("binary")["ok"])

    def test_bytes_that_are_no_http_request_end_the_connection(self):
        for data in (b"\x16\x03\x01\x02\x00\x01\x00", b"hello\r\n\r\n", b"GET / HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 5_000):
            with self.subTest(data=data[:20]), socket.create_connection(("127.0.0.1", self.shared.port), 10) as raw:
                raw.settimeout(scaled(20))
                try:
                    raw.sendall(data)
                    raw.shutdown(socket.SHUT_WR)
                    answer = b""
                    while part := raw.recv(65536):
                        answer += part
                except (ConnectionResetError, BrokenPipeError):
                    continue
                self.assertFalse(answer.startswith(b"HTTP/1.1 2"), answer[:100])

    def test_many_silent_connections_from_one_address_are_bounded(self):
        opened = []
        try:
            with self.assertRaises(Exception) as caught:
                for _ in range(40):
                    opened.append(Socket(self.shared.port))
            self.assertEqual(getattr(caught.exception, "status", None), 503, caught.exception)
            self.assertEqual(len(opened), 32)
        finally:
            for connection in opened:
                connection.close()

        def served_again():
            try:
                Socket(self.shared.port).close()
                return True
            except Exception:
                return False

        wait_until(served_again, 10, "new connections are taken again")


class BrokenFramesTest(BadInputCase):
    """RFC 6455 asks for a failed connection; 1002 where a close frame is sent."""

    def test_each_broken_frame_ends_the_connection(self):
        cases = {
            "unmasked": encode_frame("{}", masked=False),
            "reserved bit": encode_frame("{}", rsv=4),
            "unknown opcode": encode_frame("{}", opcode=3),
            "fragmented ping": encode_frame("x", opcode=PING, fin=False),
            "long ping": encode_frame("x" * 126, opcode=PING),
            "continuation of nothing": encode_frame("x", opcode=0),
            "text inside a message": encode_frame("{", fin=False) + encode_frame("{}"),
            "close with one byte": encode_frame(b"\x03", opcode=CLOSE),
            "invalid close code": encode_frame(struct.pack("!H", 1005), opcode=CLOSE),
        }
        for name, data in cases.items():
            with self.subTest(name):
                client = self.client()
                client.socket.send_bytes(data)
                self.assertIn(client.wait_closed().code, (1002, None))

    def test_text_that_is_not_utf_8_is_not_served(self):
        client = self.client()
        client.socket.send_frame(b'{"type":"req","id":"\xff\xfe","method":"health"}')
        try:
            self.assertIn(client.wait_closed(1).code, (1002, 1007, None))
        except TimeoutError:
            self.assertTrue(client.request("health")["ok"])

    def test_a_ping_between_fragments_is_answered(self):
        client = self.client()
        text = json.dumps({"type": "req", "id": "parts", "method": "health"}).encode()
        client.socket.send_frame(text[:10], fin=False)
        client.socket.send_frame(b"now", opcode=PING)
        client.wait_pong()
        client.socket.send_frame(text[10:], opcode=0)
        self.assertTrue(client.wait_response("parts")["ok"])

    def test_a_close_frame_is_echoed(self):
        client = self.client()
        client.socket.send_frame(struct.pack("!H", 1000) + b"bye", opcode=CLOSE)
        self.assertIn(client.wait_closed().code, (1000, None))


class AfterHelloTest(BadInputCase):
    def test_a_frame_that_is_not_json_is_ignored(self):
        client = self.client()
        client.socket.send_frame("not json at all")
        self.assertTrue(client.request("health")["ok"])

    def test_a_frame_of_the_wrong_shape_is_answered(self):
        client = self.client()
        cases = [
            ({"type": "req", "id": "a", "method": "health", "extra": 1}, "a"),
            ({"type": "req", "id": "b"}, "b"),
            ({"type": "req", "method": "health"}, "invalid"),
            ({"type": "req", "id": 5, "method": "health"}, "invalid"),
            ({"type": "other", "id": "c", "method": "health"}, "c"),
            ([1, 2], "invalid"),
        ]
        for frame, answered in cases:
            with self.subTest(frame=frame):
                before = sum(f.get("id") == answered for f in client.frames)
                client.send_json(frame)
                response = client.wait_response(answered, number=before + 1)
                self.assertFalse(response["ok"])
                self.assertEqual(response["error"]["code"], "INVALID_REQUEST")
                self.assertTrue(response["error"]["message"].startswith("invalid request frame: "), response)
        self.assertTrue(client.request("health")["ok"])

    def test_a_frame_above_25_mib_closes_with_1009(self):
        client = self.client()
        client.socket.send_bytes(struct.pack("!BBQ", 0x81, 0x80 | 127, 26_214_401) + b"mask")
        end = client.wait_closed()
        self.assertEqual((end.code, end.reason), (1009, ""))

    def test_a_frame_just_below_the_limit_is_read(self):
        client = self.client()
        frame = json.dumps({"type": "req", "id": "large", "method": "health", "params": {"x": "y" * 26_000_000}})
        client.socket.send_frame(frame)
        self.assertIn("ok", client.wait_response("large", 30))

    def test_deeply_nested_json_does_not_end_the_gateway(self):
        client = self.client()
        client.socket.send_frame('{"type":"req","id":"deep","method":"health","params":' + "[" * 100_000 + "]" * 100_000 + "}")
        try:
            client.request("health")
        except Exception as error:
            self.assertEqual(type(error).__name__, "Closed")

    def test_wrong_parameters_are_named(self):
        client = self.client()
        cases = [("chat.send", {"sessionKey": "main", "message": "x"}, "idempotencyKey"),
                 ("chat.send", {"message": "x", "idempotencyKey": "k"}, "sessionKey"),
                 ("chat.send", {"sessionKey": "main", "message": 5, "idempotencyKey": "k"}, "message"),
                 ("chat.send", {"sessionKey": "main", "message": "x", "idempotencyKey": "k", "bogus": 1}, "bogus"),
                 ("chat.send", [], ""),
                 ("chat.history", {"sessionKey": "main", "limit": 0}, "limit"),
                 ("agent", {"message": "x"}, "idempotencyKey"),
                 ("logs.tail", {"limit": "many"}, "limit")]
        for method, params, part in cases:
            with self.subTest(method=method, params=params), self.assertRaises(RpcError) as caught:
                client.request(method, params)
            self.assertEqual(caught.exception.code, "INVALID_REQUEST")
            self.assertTrue(caught.exception.message.startswith(f"invalid {method} params: "), caught.exception.message)
            self.assertIn(part, caught.exception.message)

    def test_an_empty_message_is_refused(self):
        with self.assertRaises(RpcError) as caught:
            self.client().chat_send("main", "")
        self.assertEqual((caught.exception.code, caught.exception.message),
                         ("INVALID_REQUEST", "message or attachment required"))

    def test_a_client_that_vanishes_in_the_middle_of_a_frame_is_forgotten(self):
        for _ in range(50):
            client = self.client()
            client.socket.send_bytes(encode_frame('{"type":"req"}')[:-4])
            client.close()


if __name__ == "__main__":
    unittest.main(verbosity=2)
