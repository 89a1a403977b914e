"""A gateway that shakes hands, keeps every request and answers what a test tells it to."""

import base64
import hashlib
import json
import socket
import struct
import threading

from .ws import TEXT, encode_frame

_CLOSE_SERVICE_RESTART = bytes([0x88, 17]) + struct.pack("!H", 1012) + b"service restart"
_ACCEPT_SUFFIX = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class FakeGateway:
    """Use as a context manager. `answers` maps a method to its payload; a method without one is never answered.

    The first `restarts` calls are not answered: their connections are closed as a restart closes them."""

    def __init__(self, answers, restarts=0):
        self.answers = {"connect": {}, **answers}
        self.restarts = restarts
        self.requests = []
        self._connections = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        for sock in [self._listener, *self._connections]:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            sock.close()
        self._thread.join(5)

    def methods(self):
        return [request["method"] for request in self.requests]

    def _accept(self):
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self._connections.append(sock)
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock):
        try:
            with sock.makefile("rb") as stream:
                self._upgrade(sock, stream)
                self._send(sock, {"type": "event", "event": "connect.challenge", "payload": {"nonce": "n"}})
                while True:
                    self._answer(sock, json.loads(_read_text(stream)))
        except (OSError, EOFError):
            return

    def _upgrade(self, sock, stream):
        headers = {}
        stream.readline()
        while (line := stream.readline().strip()):
            name, value = line.split(b":", 1)
            headers[name.lower()] = value.strip()
        accept = base64.b64encode(hashlib.sha1(headers[b"sec-websocket-key"] + _ACCEPT_SUFFIX).digest())
        sock.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                     b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n")

    def _answer(self, sock, request):
        self.requests.append(request)
        if request["method"] != "connect" and self.restarts > 0:
            self.restarts -= 1
            return sock.sendall(_CLOSE_SERVICE_RESTART)
        if request["method"] in self.answers:
            payload = self.answers[request["method"]]
            self._send(sock, {"type": "res", "id": request["id"], "ok": True, "payload": payload})

    def _send(self, sock, value):
        sock.sendall(encode_frame(json.dumps(value), masked=False))


def _exactly(stream, size):
    data = stream.read(size)
    if len(data) < size:
        raise EOFError
    return data


def _read_text(stream):
    """The next text frame, unmasked; EOFError at the end or at any other frame."""
    first, second = _exactly(stream, 2)
    size = second & 0x7F
    if size == 126:
        size = struct.unpack("!H", _exactly(stream, 2))[0]
    elif size == 127:
        size = struct.unpack("!Q", _exactly(stream, 8))[0]
    mask = _exactly(stream, 4)
    body = bytes(byte ^ mask[i % 4] for i, byte in enumerate(_exactly(stream, size)))
    if first & 0x0F != TEXT:
        raise EOFError
    return body
