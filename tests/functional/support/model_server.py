"""A scripted model server with the OpenAI chat completions interface, on a port that the kernel chose.

The user's text says what happens: words that begin with `@` are orders, the rest is echoed as `re: <text>`.

  @pace=50      milliseconds between two pieces of the answer      @pieces=8    how many pieces
  @status=500   answer with this status                           @times=2     only the first two times, then normally
  @retry=1      with this Retry-After, in seconds                  @hang        send headers, then nothing
  @cut          end the connection in the middle of the answer     @drop        end it before the status line
  @tool=name    ask for this tool first; answer once a tool result is there
"""

import http.server
import json
import re
import threading
import time

from .gateway import default_config

_ORDER = re.compile(r"@(\w+)(?:=([\w.-]+))?")


def _user_text(body):
    for message in reversed(body.get("messages", [])):
        if message.get("role") == "user":
            content = message.get("content")
            return content if isinstance(content, str) else "".join(part.get("text", "") for part in content or [])
    return ""


class ModelServer:
    """Use as a context manager; `requests` holds `{text, body, headers, at}` in the order of arrival."""

    def __init__(self):
        self.requests = []
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        outer = self

        class Handler(_Handler):
            owner = outer

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stopping.set()
        self._server.shutdown()
        self._server.server_close()

    def config(self, **provider):
        """Configuration that makes this server the default model, `scripted/one`."""
        config = default_config()
        config["models"] = {"providers": {"scripted": {
            "baseUrl": f"http://127.0.0.1:{self.port}/v1", "api": "openai-completions", "apiKey": "scripted-key",
            "models": [{"id": "one", "name": "Scripted One"}], **provider}}}
        config["agents"] = {"defaults": {"model": {"primary": "scripted/one"}}}
        return config

    def record(self, text, body, headers):
        """Keeps the request; how many had the same text before it."""
        with self._lock:
            before = sum(request["text"] == text for request in self.requests)
            self.requests.append({"text": text, "body": body, "headers": headers, "at": time.monotonic()})
            return before

    def count(self, part):
        with self._lock:
            return sum(part in request["text"] for request in self.requests)

    def times(self, part):
        """When the requests whose text contains `part` came."""
        with self._lock:
            return [request["at"] for request in self.requests if part in request["text"]]

    def sleep(self, seconds):
        """False when the server is being stopped."""
        return not self._stopping.wait(seconds)


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    owner = None

    def log_message(self, *_):
        pass

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")
        text = _user_text(body)
        before = self.owner.record(text, body, {name.lower(): value for name, value in self.headers.items()})
        orders = dict(_ORDER.findall(text))
        if "times" in orders and before >= int(orders["times"]):
            orders = {name: orders[name] for name in ("pace", "pieces") if name in orders}
        try:
            self._answer(text, body, orders)
        except OSError:
            self.close_connection = True

    def _answer(self, text, body, orders):
        if not self.path.endswith("/chat/completions"):
            return self._error(404, orders)
        if "drop" in orders:
            self.close_connection = True
            return None
        if "status" in orders:
            return self._error(int(orders["status"]), orders)
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        if "hang" in orders:
            while self.owner.sleep(0.1):
                pass
            return None
        if "tool" in orders and body["messages"][-1].get("role") != "tool":
            return self._stream_tool_call(orders["tool"])
        return self._stream_text(text, body, orders)

    def _error(self, status, orders):
        payload = json.dumps({"error": {"message": f"scripted status {status}", "type": "scripted"}}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(payload)))
        if "retry" in orders:
            self.send_header("Retry-After", orders["retry"])
        self.end_headers()
        self.wfile.write(payload)

    def _send(self, delta, finish=None, **more):
        chunk = {"id": "chatcmpl-scripted", "object": "chat.completion.chunk", "created": 0, "model": "one",
                 "choices": [{"index": 0, "delta": delta, "finish_reason": finish}], **more}
        self._send_line(json.dumps(chunk))

    def _send_line(self, data):
        self.wfile.write(f"data: {data}\n\n".encode())
        self.wfile.flush()

    def _stream_text(self, text, body, orders):
        answer = "re: " + " ".join(word for word in text.split() if not word.startswith("@"))
        pieces = int(orders.get("pieces", 4))
        size = max(1, -(-len(answer) // pieces))
        parts = [answer[at:at + size] for at in range(0, len(answer), size)]
        parts += [""] * (pieces - len(parts))
        for number, part in enumerate(parts):
            if number and not self.owner.sleep(float(orders.get("pace", 0)) / 1000):
                return
            if "cut" in orders and number >= pieces // 2:
                return
            self._send({"role": "assistant", "content": part} if number == 0 else {"content": part})
        self._send({}, "stop")
        usage = {"prompt_tokens": len(body["messages"]), "completion_tokens": pieces,
                 "total_tokens": len(body["messages"]) + pieces}
        self._send_line(json.dumps({"id": "chatcmpl-scripted", "object": "chat.completion.chunk", "created": 0,
                                    "model": "one", "choices": [], "usage": usage}))
        self._send_line("[DONE]")

    def _stream_tool_call(self, name):
        call = {"index": 0, "id": "call_scripted_1", "type": "function", "function": {"name": name, "arguments": ""}}
        self._send({"role": "assistant", "content": None, "tool_calls": [call]})
        for part in ('{"key"', ':"value"}'):
            self._send({"tool_calls": [{"index": 0, "function": {"arguments": part}}]})
        self._send({}, "tool_calls")
        self._send_line("[DONE]")
