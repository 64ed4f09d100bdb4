"""A receiver of webhooks: keeps the requests, and replies as it is told."""

import contextlib
import http.server
import select
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from django.test import override_settings
from django.utils import timezone
from standardwebhooks import Webhook

TOLERANCE = timedelta(minutes=5)  # of the specification


@dataclass
class Request:
    path: str
    headers: dict[str, str]
    raw: bytes
    at: datetime = field(default_factory=timezone.now)

    @property
    def body(self) -> str:
        return self.raw.decode()

    def is_signed_by(self, secret: str) -> bool:
        """Return whether it was valid when it arrived, which may be long ago."""
        sent_at = datetime.fromtimestamp(int(self.headers["webhook-timestamp"]), UTC)
        signature = Webhook(secret).sign(self.headers["webhook-id"], sent_at, self.body)
        signatures = self.headers["webhook-signature"].split(" ")
        return signature in signatures and abs(self.at - sent_at) < TOLERANCE


@dataclass
class Receiver:
    port: int = 0
    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    text: str = ""
    requests: list[Request] = field(default_factory=list)
    fails_first: bool = False
    """Reply 500 to the first attempt of each fourth message."""
    may_reply: threading.Event = field(default_factory=threading.Event)
    """Not set: it stays silent."""

    def __post_init__(self) -> None:
        self.may_reply.set()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def url(self, path: str = "/hook") -> str:
        return f"http://{self.host}{path}"

    def verified(self, secret: str) -> list[dict[str, object]]:
        """Return what the requests say; raise unless this secret has signed each."""
        return [Webhook(secret).verify(request.body, request.headers) for request in self.requests]


@contextlib.contextmanager
def receiver() -> Iterator[Receiver]:
    """Run a receiver that WEBHOOK_HOSTS of this process allows."""
    with listening() as state, override_settings(WEBHOOK_HOSTS=[state.host]):
        yield state


@contextlib.contextmanager
def listening() -> Iterator[Receiver]:
    state = Receiver()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            id = self.headers.get("webhook-id", "")  # push messages have none
            is_first = all(id != request.headers.get("webhook-id") for request in state.requests)
            fails = state.fails_first and is_first and id.endswith(tuple("048c"))
            state.requests.append(Request(self.path, dict(self.headers), body))
            closed = False
            while not closed and not state.may_reply.wait(0.02):
                readable, _, _ = select.select([self.connection], [], [], 0)
                closed = bool(readable) and not self.connection.recv(1, socket.MSG_PEEK)
            if closed:
                return
            self.send_response(500 if fails else state.status)
            for name, value in state.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(state.text.encode())))
            self.end_headers()
            self.wfile.write(state.text.encode())

        def log_message(self, *_: object) -> None:
            pass

    class Server(http.server.ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 500

    server = Server(("127.0.0.1", 0), Handler)
    state.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield state
    finally:
        state.may_reply.set()
        server.shutdown()
        server.server_close()
        thread.join()
