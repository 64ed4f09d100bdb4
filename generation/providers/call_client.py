"""Single calls to a provider's HTTP API, with timeouts and verdicts on failures."""

import contextlib
import http.cookiejar
import json
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import requests
import urllib3.exceptions
import urllib3.filepost
from requests.exceptions import RequestException

from artgen.http.network_errors import reason_of
from generation.providers import connection_pool
from generation.providers.access import BearerAccess, HttpLimits
from generation.providers.call_errors import (
    DETAIL_CHARACTERS,
    CallFailed,
    JobRefused,
    NotAccepted,
    OutcomeUnknown,
    run_error,
)
from generation.providers.provider import MAX_BODY_BYTES
from generation.providers.replies import MAX_REPLY_BYTES, Reply


class File(NamedTuple):
    """A file of a form, with its media type."""

    field: str
    name: str
    data: bytes
    kind: str


class CallClient:
    """Client for one API key. Safe between threads; a forked process needs a new one."""

    def __init__(self, name: str, access: BearerAccess, limits: HttpLimits) -> None:
        """Prepare a client without connecting. `name` is that of the provider, for texts."""
        self.name, self.access, self.limits = name, access, limits
        self._slots = threading.BoundedSemaphore(limits.pool_max)
        self._session = requests.Session()
        self._session.auth = access
        self._session.headers.update(access.headers)
        self._session.cookies.set_policy(_NoCookies())
        adapter = connection_pool.Adapter(kept=limits.pool_kept)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)

    def submit(
        self,
        url: str,
        body: Mapping[str, Any],
        *,
        files: Sequence[File] = (),
        on_chunk: Callable[[bytes], None] = lambda _chunk: None,
    ) -> Reply:
        """POST a job, once, as JSON or with files as a form, and return the reply of 2xx.

        `on_chunk` gets the reply while it comes.

        Raises NotAccepted, KeyRefused, EndpointMissing, JobRefused or OutcomeUnknown.
        """
        data, kind = self._encoded(body, files)
        try:
            seconds = self.limits.run_seconds
            reply = self._send("POST", url, data, kind=kind, seconds=seconds, on_chunk=on_chunk)
        except _NoSlot as error:
            raise NotAccepted(f"too many calls to {self.name} are under way here") from error
        except _Broken as error:
            if error.sent:
                raise OutcomeUnknown(
                    f"the call to {self.name} broke after it was sent", detail=error.detail
                ) from error.__cause__
            raise NotAccepted(
                f"{self.name} could not be reached", detail=error.detail
            ) from error.__cause__
        if not reply.ok:
            raise run_error(reply.status, reply.headers, reply.text, provider=self.name)
        return reply

    def read(self, method: str, url: str, *, body: Mapping[str, Any] | None = None) -> Reply:
        """Send any other call, and return the reply whatever its status. Raises CallFailed."""
        data = None if body is None else _json(body).encode()
        try:
            return self._send(method, url, data, kind="application/json" if data else "")
        except _NoSlot as error:
            raise CallFailed(f"too many calls to {self.name} are under way here") from error
        except _Broken as error:
            raise CallFailed(
                f"{self.name} could not be reached", detail=error.detail
            ) from error.__cause__

    def _send(
        self,
        method: str,
        url: str,
        data: bytes | None,
        *,
        kind: str = "",
        seconds: float | None = None,
        on_chunk: Callable[[bytes], None] = lambda _chunk: None,
    ) -> Reply:
        """Send one request and return the complete reply. Raises _NoSlot or _Broken.

        `seconds` limits connecting and the reply; sending has its own limit.
        """
        connect, read = self.limits.connect_seconds, self.limits.read_seconds
        total = 2 * read
        if seconds is not None:
            connect = min(connect, seconds / 2)
            read = total = seconds - connect
        headers = {"Content-Type": kind} if kind else None
        with self._slot():
            connection_pool.before_request(stall_seconds=self.limits.read_seconds)
            try:
                response = self._session.request(
                    method,
                    url,
                    data=connection_pool.RequestBody(data) if data else data,
                    headers=headers,
                    timeout=(connect, read),
                    allow_redirects=False,  # would repeat the POST, and send the key elsewhere
                    stream=True,
                )
                with contextlib.closing(response):
                    body = _read_all(response, time.monotonic() + total, on_chunk)
            except (RequestException, urllib3.exceptions.HTTPError, OSError) as error:
                raise _Broken(
                    self.access.scrub(reason_of(error)), sent=connection_pool.was_sent()
                ) from error
        return Reply(response.status_code, response.headers, self.access.scrub_bytes(body))

    @contextlib.contextmanager
    def _slot(self) -> Iterator[None]:
        slots = self._slots
        if not slots.acquire(timeout=self.limits.pool_wait_seconds):
            raise _NoSlot
        try:
            yield
        finally:
            slots.release()

    def _encoded(self, body: Mapping[str, Any], files: Sequence[File]) -> tuple[bytes, str]:
        """Return the body of a submission, and its type. Raises JobRefused for what is refused."""
        try:
            data, kind = _form(body, files) if files else (_json(body).encode(), "application/json")
        except (TypeError, ValueError) as error:
            raise JobRefused(
                "the job's input cannot be encoded as JSON", code="invalid_input", detail=str(error)
            ) from error
        if len(data) > MAX_BODY_BYTES:
            raise JobRefused(
                f"the job has {len(data)} bytes, {self.name} accepts {MAX_BODY_BYTES}",
                code="too_large",
            )
        return data, kind


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _form(fields: Mapping[str, Any], files: Sequence[File]) -> tuple[bytes, str]:
    """Return a multipart form and its type, with text as it is and other values as JSON."""
    texts = [
        (name, value if isinstance(value, str) else _json(value)) for name, value in fields.items()
    ]
    parts = [(file.field, (file.name, file.data, file.kind)) for file in files]
    return urllib3.filepost.encode_multipart_formdata([*texts, *parts])


class _NoSlot(Exception):
    pass


class _Broken(Exception):
    def __init__(self, detail: str, *, sent: bool) -> None:
        super().__init__(detail)
        self.detail, self.sent = detail[:DETAIL_CHARACTERS], sent


class _NoCookies(http.cookiejar.DefaultCookiePolicy):
    def set_ok(self, cookie: http.cookiejar.Cookie, request: urllib.request.Request) -> bool:
        return False


def _read_all(
    response: requests.Response, deadline: float, on_chunk: Callable[[bytes], None]
) -> bytes:
    """Return the body. Raises OSError if it is too large or takes too long."""
    body = bytearray()
    while chunk := response.raw.read1(65_536, decode_content=True):
        body += chunk
        if len(body) > MAX_REPLY_BYTES:
            raise OSError(f"the reply has more than {MAX_REPLY_BYTES} bytes")
        if time.monotonic() > deadline:
            raise TimeoutError("the reply took too long")
        on_chunk(chunk)
    return bytes(body)
