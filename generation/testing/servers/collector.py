"""A server of Sentry on this machine that remembers what it is sent."""

import contextlib
import gzip
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import brotli


class Collector:
    """The `events` that have arrived."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.raw = b""
        self.arrived = threading.Condition()
        self.status = 200

    def start(self) -> None:
        """Listen on a free port."""
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                collector.take(self.path, dict(self.headers), body)
                self.send_response(collector.status)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=[0.05], daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    @property
    def environment(self) -> dict[str, str]:
        return {"SENTRY_DSN": self.url.replace("://", "://key@") + "/1"}

    def take(self, path: str, headers: dict[str, str], body: bytes) -> None:
        encoding = headers.get("Content-Encoding", "")
        if encoding == "gzip":
            body = gzip.decompress(body)
        elif encoding == "br":
            body = brotli.decompress(body)
        with self.arrived:
            self.raw += body
            if path == "/api/1/envelope/":
                lines = body.splitlines()
                for header, item in zip(lines[1::2], lines[2::2], strict=False):
                    if json.loads(header)["type"] == "event":
                        self.events.append(json.loads(item))
            self.arrived.notify_all()

    def wait_for(self, done: Any) -> None:
        """Wait until `done()`; it is asked whenever something arrives."""
        with self.arrived:
            assert self.arrived.wait_for(done, 120), self.events


@contextlib.contextmanager
def collector() -> Iterator[Collector]:
    """Run one until the block ends."""
    found = Collector()
    found.start()
    try:
        yield found
    finally:
        found.server.shutdown()
        found.server.server_close()
