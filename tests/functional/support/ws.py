"""A WebSocket client for the gateway protocol that lets a test decide about every byte.

`Socket` is the bare connection: HTTP upgrade and frames. `Client` adds a reading thread, the handshake, requests and
events. Every wait has a deadline; a wait that passes it raises `TimeoutError` and tells what had arrived.
"""

import base64
import hashlib
import http.client
import json
import os
import socket
import struct
import threading
import time
import uuid

from . import ed25519
from .timing import scaled

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
ALL_SCOPES = ["operator.admin", "operator.read", "operator.write", "operator.approvals", "operator.pairing"]
_ACCEPT_SUFFIX = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class RpcError(Exception):
    """The gateway answered `ok:false`."""

    def __init__(self, frame):
        error = frame.get("error") or {}
        super().__init__(f"{error.get('code')}: {error.get('message')}")
        self.code = error.get("code")
        self.message = error.get("message", "")
        self.details = error.get("details") or {}
        self.retryable = error.get("retryable", False)
        self.retry_after_ms = error.get("retryAfterMs")
        self.payload = frame.get("payload")


class Closed(Exception):
    """The connection ended; `code` is None when no close frame came first."""

    def __init__(self, code=None, reason=""):
        super().__init__(f"closed: {code} {reason!r}")
        self.code = code
        self.reason = reason


class UpgradeRefused(Exception):
    def __init__(self, status, body):
        super().__init__(f"HTTP {status}: {body!r}")
        self.status = status
        self.body = body


def encode_frame(payload, opcode=TEXT, fin=True, masked=True, rsv=0):
    """One frame as a client sends it; `masked=False` and `rsv` break the rules on purpose."""
    if isinstance(payload, str):
        payload = payload.encode()
    head = bytearray([(0x80 if fin else 0) | rsv << 4 | opcode])
    mask_bit = 0x80 if masked else 0
    if len(payload) < 126:
        head.append(mask_bit | len(payload))
    elif len(payload) < 65536:
        head += struct.pack("!BH", mask_bit | 126, len(payload))
    else:
        head += struct.pack("!BQ", mask_bit | 127, len(payload))
    if not masked:
        return bytes(head) + payload
    mask = os.urandom(4)
    repeated = (mask * (len(payload) // 4 + 1))[: len(payload)]
    body = (int.from_bytes(payload, "big") ^ int.from_bytes(repeated, "big")).to_bytes(len(payload), "big")
    return bytes(head) + mask + body


class Socket:
    """One upgraded connection. Not safe for two reading threads; writing is guarded by a lock."""

    def __init__(self, port, path="/", headers=None, timeout=10.0):
        self._send_lock = threading.Lock()
        self._pending = b""
        self.sock = socket.create_connection(("127.0.0.1", port), scaled(timeout))
        try:
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._upgrade(port, path, headers or {})
        except BaseException:
            self.sock.close()
            raise

    def _upgrade(self, port, path, headers):
        key = base64.b64encode(os.urandom(16))
        lines = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", "Upgrade: websocket", "Connection: Upgrade",
                 "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {key.decode()}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self.sock.sendall("\r\n".join(lines + ["", ""]).encode())
        head = b""
        while b"\r\n\r\n" not in head:
            data = self.sock.recv(4096)
            if not data:
                raise Closed()
            head += data
        head, self._pending = head.split(b"\r\n\r\n", 1)
        first, *rest = head.decode("latin-1").split("\r\n")
        status = int(first.split()[1])
        self.headers = {name.strip().lower(): value.strip() for name, value in (line.split(":", 1) for line in rest)}
        if status != 101:
            raise UpgradeRefused(status, self._pending + self._rest())
        expected = base64.b64encode(hashlib.sha1(key + _ACCEPT_SUFFIX).digest()).decode()
        if self.headers.get("sec-websocket-accept") != expected:
            raise AssertionError(f"wrong Sec-WebSocket-Accept in {self.headers}")

    def _rest(self):
        try:
            return self.sock.recv(65536)
        except OSError:
            return b""

    def send_bytes(self, data):
        with self._send_lock:
            self.sock.sendall(data)

    def send_frame(self, payload, **options):
        self.send_bytes(encode_frame(payload, **options))

    def _read(self, size):
        while len(self._pending) < size:
            data = self.sock.recv(262144)
            if not data:
                raise Closed()
            self._pending += data
        result, self._pending = self._pending[:size], self._pending[size:]
        return result

    def read_frame(self):
        """(opcode, payload) of the next frame; a server's frames are whole and unmasked."""
        first, second = self._read(2)
        if second & 0x80:
            raise AssertionError("the server masked a frame")
        size = second & 0x7F
        if size == 126:
            (size,) = struct.unpack("!H", self._read(2))
        elif size == 127:
            (size,) = struct.unpack("!Q", self._read(8))
        if not first & 0x80:
            raise AssertionError("the server fragmented a message")
        return first & 0x0F, self._read(size)

    def close(self):
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.sock.close()


class Device:
    """An Ed25519 device identity and its proof for one handshake (docs/wire.md)."""

    def __init__(self, seed=None):
        self.seed = seed or os.urandom(32)
        raw = ed25519.public_key(self.seed)
        self.id = hashlib.sha256(raw).hexdigest()
        self.public_key = _base64url(raw)

    def proof(self, params, nonce, version="v3", signed_at=None):
        signed_at = signed_at if signed_at is not None else int(time.time() * 1000)
        client, auth = params["client"], params.get("auth") or {}
        token = auth.get("token") or auth.get("deviceToken") or auth.get("bootstrapToken") or ""
        fields = [version, self.id, client["id"], client["mode"], params.get("role", "operator"),
                  ",".join(params.get("scopes", [])), str(signed_at), token, nonce]
        if version == "v3":
            fields += [client.get("platform", "").strip().lower(), client.get("deviceFamily", "").strip().lower()]
        signature = ed25519.sign(self.seed, "|".join(fields).encode())
        return {"id": self.id, "publicKey": self.public_key, "signature": _base64url(signature), "signedAt": signed_at,
                "nonce": nonce}


def _base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def connect_params(token=None, scopes=None, client_id="gateway-client", mode="backend", protocol=(3, 4), **more):
    """Parameters of `connect`: by default a local back end that asks for every scope."""
    params = {"minProtocol": protocol[0], "maxProtocol": protocol[1],
              "client": {"id": client_id, "version": "0.0.0", "platform": "linux", "mode": mode},
              "role": "operator", "scopes": ALL_SCOPES if scopes is None else scopes}
    if token is not None:
        params["auth"] = {"token": token}
    params.update(more)
    return params


class Client:
    """A connection with a thread that keeps every frame in the order of arrival, in `frames`."""

    def __init__(self, port, path="/", headers=None):
        self.socket = Socket(port, path, headers)
        self.socket.sock.settimeout(None)
        self.frames = []
        self.pongs = 0
        self.hello = None
        self._closed = None
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._read_all, daemon=True)
        self._thread.start()

    @classmethod
    def connect(cls, port, token=None, device=None, path="/", headers=None, **options):
        """Opens, answers the challenge and returns the greeted client; raises RpcError when it is refused."""
        client = cls(port, path, headers)
        try:
            nonce = client.challenge()["nonce"]
            params = connect_params(token, **options)
            if device:
                params["device"] = device.proof(params, nonce)
            client.hello = client.request("connect", params)
        except BaseException:
            client.close()
            raise
        return client

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _read_all(self):
        try:
            while True:
                opcode, payload = self.socket.read_frame()
                if opcode == PING:
                    self.socket.send_frame(payload, opcode=PONG)
                elif opcode == PONG:
                    with self._changed:
                        self.pongs += 1
                        self._changed.notify_all()
                elif opcode == CLOSE:
                    code = struct.unpack("!H", payload[:2])[0] if len(payload) >= 2 else 1005
                    self._end(Closed(code, payload[2:].decode()))
                    self.socket.send_frame(payload[:2], opcode=CLOSE)
                    return
                else:
                    with self._changed:
                        self.frames.append(json.loads(payload))
                        self._changed.notify_all()
        except Closed as end:
            self._end(end)
        except (OSError, ValueError, AssertionError) as error:
            self._end(Closed(None, f"{type(error).__name__}: {error}"))

    def _end(self, how):
        with self._changed:
            self._closed = self._closed or how
            self._changed.notify_all()

    def _wait(self, find, timeout, what):
        """Waits until `find()` is not None; called with the lock held."""
        deadline = time.monotonic() + scaled(timeout)
        with self._changed:
            while True:
                found = find()
                if found is not None:
                    return found
                if self._closed:
                    raise self._closed
                left = deadline - time.monotonic()
                if left <= 0:
                    tail = [json.dumps(frame)[:300] for frame in self.frames[-8:]]
                    raise TimeoutError(f"no {what} within {timeout} s; the last frames: {tail}")
                self._changed.wait(left)

    def challenge(self, timeout=10.0):
        return self.wait_event("connect.challenge", timeout=timeout)["payload"]

    def wait_closed(self, timeout=10.0):
        """Waits for the end of the connection and returns it as `Closed`."""
        try:
            self._wait(lambda: None, timeout, "end of the connection")
        except Closed as end:
            return end
        raise AssertionError("unreachable")

    @property
    def is_open(self):
        return self._closed is None

    def send_json(self, value):
        self.socket.send_frame(json.dumps(value))

    def send_request(self, method, params=None, request_id=None):
        request_id = request_id or str(uuid.uuid4())
        frame = {"type": "req", "id": request_id, "method": method}
        if params is not None:
            frame["params"] = params
        self.send_json(frame)
        return request_id

    def wait_response(self, request_id, timeout=10.0, number=1):
        """The response frame number `number` with this id."""

        def find():
            found = [frame for frame in self.frames if frame.get("type") == "res" and frame.get("id") == request_id]
            return found[number - 1] if len(found) >= number else None

        return self._wait(find, timeout, f"response {number} to {request_id}")

    def request(self, method, params=None, timeout=10.0):
        """Payload of the first response; raises RpcError when it is not ok."""
        frame = self.wait_response(self.send_request(method, params), timeout)
        if not frame["ok"]:
            raise RpcError(frame)
        return frame.get("payload")

    def wait_event(self, name, predicate=lambda payload: True, timeout=10.0):
        """The first event frame of that name whose payload suits; the whole connection's past counts too."""

        def find():
            for frame in self.frames:
                if frame.get("type") == "event" and frame.get("event") == name and predicate(frame.get("payload")):
                    return frame
            return None

        return self._wait(find, timeout, f"event {name}")

    def events(self, name, predicate=lambda payload: True):
        with self._changed:
            return [frame for frame in self.frames
                    if frame.get("type") == "event" and frame.get("event") == name and predicate(frame.get("payload"))]

    def wait_pong(self, timeout=10.0):
        return self._wait(lambda: self.pongs or None, timeout, "pong")

    # The chat calls that nearly every test needs.

    def chat_send(self, session, message, key=None, timeout=10.0, **more):
        key = key or str(uuid.uuid4())
        return self.request("chat.send", {"sessionKey": session, "message": message, "idempotencyKey": key, **more}, timeout)

    def wait_chat_end(self, run_id, timeout=30.0):
        """Payload of the run's `final`, `aborted` or `error` chat event."""
        ends = ("final", "aborted", "error")
        return self.wait_event("chat", lambda p: p["runId"] == run_id and p["state"] in ends, timeout)["payload"]

    def history(self, session, limit=1000):
        return self.request("chat.history", {"sessionKey": session, "limit": limit})["messages"]

    def close(self):
        self.socket.close()
        self._thread.join(5)


def text_of(message):
    """The text of a transcript row or chat message, whichever of the two content forms it has."""
    content = message.get("content")
    if isinstance(content, str):
        return content
    return "".join(block.get("text", "") for block in content or [])


def http_get(port, path, method="GET", timeout=5.0, host="127.0.0.1"):
    """(status, headers, body) of one plain HTTP request."""
    connection = http.client.HTTPConnection(host, port, timeout=scaled(timeout))
    try:
        connection.request(method, path)
        response = connection.getresponse()
        return response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
    finally:
        connection.close()
