"""A fake Yandex Object Storage: refuses what Yandex refuses, forwards the rest to an S3 server.

Source: https://yandex.cloud/en/docs/storage/s3/api-ref/ (Content-MD5 is required for `PUT ?cors`,
`PUT ?lifecycle` and `POST ?delete`; PutPublicAccessBlock is not in the list of methods; trailing
checksums were answered with XAmzContentSHA256Mismatch in January 2025).
"""

import base64
import contextlib
import hashlib
import http.client
import threading
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

import boto3
from botocore.exceptions import ClientError

NEEDS_MD5 = {("PUT", "cors"), ("PUT", "lifecycle"), ("POST", "delete")}
UNKNOWN = {"publicAccessBlock", "ownershipControls"}
CONFIGURATION = {
    "acl",
    "cors",
    "encryption",
    "lifecycle",
    "logging",
    "policy",
    "tagging",
    "versioning",
    "website",
}
HOP_BY_HOP = ("connection", "keep-alive", "transfer-encoding", "content-length")


@dataclass(frozen=True)
class Call:
    """A request and the status of its response; `what` is the subresource, such as "lifecycle"."""

    method: str
    path: str
    what: str
    headers: Message
    status: int


@dataclass
class Refusal:
    """An error reply of the store."""

    status: int
    code: str
    message: str = ""

    @property
    def body(self) -> bytes:
        """The reply's XML."""
        return (
            f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{self.code}</Code>'
            f"<Message>{self.message or self.code}</Message><RequestId>1</RequestId></Error>"
        ).encode()


@dataclass
class Yandex:
    """A fake that runs inside a `with` block, in front of the S3 server `store` ("http://HOST:PORT").

    With `limited` the key may only list, put, get and delete. `unreadable` is what it may set, but
    not get.
    """

    store: str
    limited: bool = False
    host: str = "127.0.0.1"
    port: int = 0
    calls: list[Call] = field(default_factory=list)
    unreadable: set[str] = field(default_factory=set)

    def __enter__(self) -> "Yandex":
        """Start serving, in a thread."""
        yandex = self

        class Handler(_Handler):
            stand_in = yandex

        self.server = ThreadingHTTPServer((self.host, self.port), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    @property
    def url(self) -> str:
        """S3_ENDPOINT_URL."""
        return f"http://{self.host}:{self.port}"

    def made(self, method: str, what: str = "") -> list[Call]:
        """Return the calls of this method and subresource so far."""
        return [call for call in self.calls if (call.method, call.what) == (method, what)]

    def refusal(
        self, method: str, path: str, what: str, headers: Message, body: bytes
    ) -> Refusal | None:
        """Return how Yandex refuses this request, None where it does not."""
        if what in UNKNOWN:
            return Refusal(
                501,
                "NotImplemented",
                "A header you provided implies functionality that is not implemented.",
            )
        of_bucket = "/" not in path.strip("/")
        if (
            self.limited
            and of_bucket
            and (what in CONFIGURATION or (method in ("PUT", "DELETE") and not what))
        ):
            return Refusal(403, "AccessDenied", "Access Denied")
        if method == "GET" and what in self.unreadable:
            return Refusal(403, "AccessDenied", "Access Denied")
        if (method, what) in NEEDS_MD5:
            given = headers.get("Content-MD5")
            if given is None:
                return Refusal(
                    400, "InvalidRequest", "Missing required header for this request: Content-MD5"
                )
            if (
                given
                != base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
            ):
                return Refusal(
                    400,
                    "BadDigest",
                    "The Content-MD5 you specified did not match what we received.",
                )
        if headers.get("x-amz-content-sha256", "").endswith("-TRAILER"):
            return Refusal(400, "XAmzContentSHA256Mismatch")
        return None


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    stand_in: Yandex
    protocol_version = "HTTP/1.1"

    def do_any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        address = urlsplit(self.path)
        names = [name for name, value in parse_qsl(address.query, keep_blank_values=True)]
        what = next((name for name in names if name in CONFIGURATION | UNKNOWN | {"delete"}), "")
        if refusal := self.stand_in.refusal(self.command, address.path, what, self.headers, body):
            status, headers, reply = (
                refusal.status,
                [("Content-Type", "application/xml")],
                refusal.body,
            )
            length = str(len(reply))
        else:
            status, headers, reply, length = self._ask_store(body)
        # Before the reply: its receiver may look here at once.
        self.stand_in.calls.append(Call(self.command, address.path, what, self.headers, status))
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", length)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(reply)

    do_DELETE = do_GET = do_HEAD = do_POST = do_PUT = do_any

    def _ask_store(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes, str]:
        """Pass the request on unchanged, its Host too: signatures cover it."""
        store = urlsplit(self.stand_in.store)
        connection = http.client.HTTPConnection(store.hostname or "", store.port, timeout=60)
        with contextlib.closing(connection):
            connection.putrequest(
                self.command, self.path, skip_host=True, skip_accept_encoding=True
            )
            for name, value in self.headers.items():
                if name.lower() not in ("connection", "expect"):
                    connection.putheader(name, value)
            connection.endheaders(body or None)
            response = connection.getresponse()
            reply = response.read()
            headers = [
                (name, value)
                for name, value in response.getheaders()
                if name.lower() not in HOP_BY_HOP
            ]
            length = response.getheader("Content-Length") if self.command == "HEAD" else None
            return response.status, headers, reply, length or str(len(reply))

    def log_message(self, format: str, *args: object) -> None:
        """Print nothing."""


def create_bucket(store: str, name: str) -> None:
    """Create a bucket in the S3 server ("http://KEY:SECRET@HOST:PORT") behind the fake."""
    address = urlsplit(store)
    client = boto3.client(
        "s3",
        endpoint_url=f"http://{address.hostname}:{address.port}",
        region_name="ru-central1",
        aws_access_key_id=address.username,
        aws_secret_access_key=address.password,
    )
    with contextlib.suppress(ClientError):  # it exists
        client.create_bucket(Bucket=name)
