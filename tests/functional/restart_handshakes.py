"""Clients in mid-handshake notice nothing of a restart: they go on in whoever serves next."""

import json
import os
import pathlib
import shutil
import socket
import stat
import threading
import unittest

from support.case import FunctionalCase
from support.gateway import PROGRAM, TOKEN, default_config
from support.timing import scaled, wait_until
from support.ws import Device, Socket, connect_params, encode_frame

ROUNDS = int(os.environ.get("GW_HANDSHAKE_ROUNDS", "3"))
HEAD = b"GET /healthz HTTP/1.1\r\nHost: here\r\n"


class Http:
    """A plain request of which `sent` bytes are written before the restart."""

    def __init__(self, port, sent):
        self.sock = socket.create_connection(("127.0.0.1", port), scaled(10))
        self.sock.sendall(HEAD[:sent])
        self.rest = HEAD[sent:] + b"\r\n"

    def finish(self):
        self.sock.sendall(self.rest)
        answer = b""
        while data := self.sock.recv(65536):
            answer += data
        self.sock.close()
        assert answer.startswith(b"HTTP/1.1 200 "), answer


class Upgraded:
    """A WebSocket that has `part` of its connect request written before the restart, and shows one challenge."""

    def __init__(self, port, part, device=None):
        self.socket = Socket(port)
        self.nonce = json.loads(self.socket.read_frame()[1])["payload"]["nonce"]
        params = connect_params(TOKEN)
        if device:
            params["device"] = device.proof(params, self.nonce)
        frame = encode_frame(json.dumps({"type": "req", "id": "c", "method": "connect", "params": params}))
        size = int(len(frame) * part)
        self.socket.send_bytes(frame[:size])
        self.rest = frame[size:]

    def finish(self):
        self.socket.send_bytes(self.rest)
        opcode, payload = self.socket.read_frame()
        answer = json.loads(payload) if opcode == 1 else (opcode, payload)
        assert opcode == 1 and answer.get("ok") and answer["payload"]["type"] == "hello-ok", answer
        self.socket.close()


def hold_each_stage(port):
    device = Device()
    return [Http(port, 0), Http(port, 7), Http(port, len(HEAD)), Upgraded(port, 0), Upgraded(port, 0.01),
            Upgraded(port, 0.5, device), Upgraded(port, 0.999)]


class HandshakesTest(FunctionalCase):
    def restart(self, gateway):
        old = gateway.serving()
        with gateway.connect() as client:
            client.request("gateway.restart.request", {"reason": "handshakes", "skipDeferral": True})
        return gateway.wait_new_generation(old)

    def last(self, gateway):
        with gateway.connect() as client:
            return client.request("gateway.restart.status", {})["last"]

    def test_every_stage_goes_on_in_the_successor(self):
        gateway = self.gateway(default_config(restart={"openPhaseMs": 0}))
        held = hold_each_stage(gateway.port) + hold_each_stage(gateway.port)
        self.restart(gateway)
        for one in held:
            one.finish()
        self.assertIn("clients in mid-handshake taken over", gateway.log())
        print(f"\ngap with {len(held)} held: {self.last(gateway)['gapMs']} ms", flush=True)

    def test_more_than_can_go_are_closed_and_counted(self):
        gateway = self.gateway(default_config(restart={"openPhaseMs": 0}))
        held = [Http(gateway.port, 0) for _ in range(260)]
        self.restart(gateway)
        self.assertRegex(gateway.log(), r"clients in mid-handshake are closed.*8")
        finished = 0
        for one in held:
            try:
                one.finish()
                finished += 1
            except (AssertionError, OSError):
                one.sock.close()
        self.assertEqual(finished, 252)

    def test_fresh_connections_during_restarts_are_never_closed_before_their_hello(self):
        gateway = self.gateway(default_config(restart={"openPhaseMs": 0}))
        problems, greeted, is_over = [], [0], threading.Event()

        def poll(device):
            while not is_over.is_set():
                try:
                    # A device of its own is paired at each connect: the registry is being written then.
                    one = Upgraded(gateway.port, 1, device())
                    one.finish()
                    greeted[0] += 1
                except Exception as error:  # Shown by the test; a thread's own report would be lost.
                    problems.append(f"{type(error).__name__}: {error}")

        threads = [threading.Thread(target=poll, args=[device], daemon=True)
                   for device in (Device, Device, lambda: None, lambda: None)]
        for thread in threads:
            thread.start()
        gaps = []
        for _ in range(ROUNDS):
            self.restart(gateway)
            gaps.append(self.last(gateway)["gapMs"])
        is_over.set()
        for thread in threads:
            thread.join(scaled(20))
        print(f"\n{ROUNDS} restarts, {greeted[0]} greeted, {len(problems)} not, gaps {sorted(gaps)} ms", flush=True)
        self.assertEqual(problems, [])
        self.assertGreater(greeted[0], ROUNDS)


class FailedHandOverTest(FunctionalCase):
    def test_every_stage_comes_back_when_the_successor_dies_before_it_serves(self):
        gateway = self.gateway(default_config(restart={"openPhaseMs": 0}), start=False)
        installed = gateway.state.parent / "installed"
        for part in ("bin/openclaw", "libexec/openclaw-gateway"):
            (installed / part).parent.mkdir(parents=True)
            shutil.copy2(PROGRAM.parent.parent / part, installed / part)
        gateway.program = installed / "bin/openclaw"
        gateway.start()
        old = gateway.serving()
        # A successor that is ready, takes the clients and dies without a word. Descriptor 3 is its channel.
        libexec = installed / "libexec/openclaw-gateway"
        script = pathlib.Path(f"{libexec}.new")
        script.write_text("""#!/usr/bin/env python3
import socket
channel = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET, fileno=3)
channel.setblocking(True)
channel.send(b'{"v":2,"type":"ready","bootId":"b","version":"v"}')
said = b""
while b"handshakes" not in said:
    said, *_ = socket.recv_fds(channel, 8192, 253)
    if not said:
        break
""")
        script.chmod(script.stat().st_mode | stat.S_IXUSR)
        os.replace(script, libexec)
        held = hold_each_stage(gateway.port)
        with gateway.connect() as client:
            client.request("gateway.restart.request", {"reason": "will fail", "skipDeferral": True})
        wait_until(lambda: "clients in mid-handshake taken over" in gateway.log(), 20, "they come back")
        for one in held:
            one.finish()
        self.assertEqual(gateway.serving(), old)
        self.assertIn("serving again", gateway.log())


if __name__ == "__main__":
    unittest.main(verbosity=2)
