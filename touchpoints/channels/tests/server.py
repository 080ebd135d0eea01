"""A provider on loopback: real bytes through a socket, and the faults a test asks for."""

import json
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Got:
    """One call as it arrived."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body or b"{}")


@dataclass
class Given:
    """What the provider answers."""

    body: Any = field(default_factory=dict)
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


class Provider:
    """Each fault in `faults` spoils one call: slow, drop (both after the deed), 500, 429, truncated, html."""

    def __init__(self) -> None:
        self.faults: list[str] = []
        self.calls: list[Got] = []
        self.now = 1766300000.0
        self.lock = threading.Lock()
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider._serve(self)

            do_POST = do_GET  # noqa: N815 — the name the library calls

            def log_message(self, *args: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            request_queue_size = 128
            daemon_threads = True

        self.server = Server(("127.0.0.1", 0), Handler)
        self.base = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=lambda: self.server.serve_forever(0.05), daemon=True).start()

    def answer(self, got: Got) -> Given:
        raise NotImplementedError

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def paths(self) -> list[str]:
        return [got.path for got in self.calls]

    def _serve(self, handler: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(handler.path)
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in handler.headers.items()}
        got = Got(handler.command, parts.path, dict(parse_qsl(parts.query, keep_blank_values=True)), headers, body)
        with self.lock:
            self.calls.append(got)
            fault = self.faults.pop(0) if self.faults else ""
            if fault in ("500", "429"):
                given = Given("busy", int(fault), {"Retry-After": "7"} if fault == "429" else {})
            elif fault == "html":
                given = Given("<html>a proxy speaks</html>")
            else:
                given = self.answer(got)
        if fault == "drop":
            handler.close_connection = True
            return
        if fault == "slow":
            time.sleep(1.5)
        text = given.body.encode() if isinstance(given.body, str) else json.dumps(given.body).encode()
        try:
            handler.send_response(given.status)
            for name, value in given.headers.items():
                handler.send_header(name, value)
            handler.send_header("Content-Length", str(len(text)))
            handler.end_headers()
            handler.wfile.write(text[: len(text) // 2] if fault == "truncated" else text)
        except OSError:
            pass
        handler.close_connection = True
