"""RunPod's queue API over HTTP: one method a call, a timeout on each, a verdict for every failure.

Documentation of the API: https://docs.runpod.io/serverless/endpoints/send-requests
"""

import contextlib
import http.cookiejar
import json
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import requests
import urllib3.exceptions
from requests.exceptions import RequestException

from . import pool
from .access import Access, Limits, renew_after_fork
from .health import Health, parse_health
from .replies import REPLY_MOST, Reply, answer_in, report_in
from .report import Report, State, parse_state
from .verdicts import (
    DETAIL_CHARACTERS,
    EndpointMissing,
    Gone,
    KeyRefused,
    NotAccepted,
    Refused,
    RunPodError,
    Unavailable,
    Unknown,
    run_verdict,
)

__all__ = [
    "Client",
    "EndpointMissing",
    "Gone",
    "Health",
    "KeyRefused",
    "NotAccepted",
    "Refused",
    "RunPodError",
    "Submission",
    "Unavailable",
    "Unknown",
]

BODY_MOST = 10_000_000  # bytes of a /run; RunPod says 10 MB
ID_LENGTH_MOST = 100


@dataclass(frozen=True, slots=True)
class Submission:
    """A job that RunPod has accepted."""

    runpod_id: str
    state: State


class Client:
    """Speaks to RunPod with one key; share it between threads, it survives a fork."""

    def __init__(self, *, base_url: str, api_key: str, limits: Limits = Limits()) -> None:  # noqa: B008 it is frozen
        """Prepare a client; nothing is connected yet. Raises ValueError for a key that cannot be in a header."""
        self._access, self._limits = Access(base_url, api_key), limits
        self.fresh()
        renew_after_fork(self)

    def __repr__(self) -> str:
        return f"Client(base_url={self._access.base_url!r})"

    def fresh(self) -> None:
        """Begin anew, without connections, as a forked child must."""
        self._turns = threading.BoundedSemaphore(self._limits.most)
        session = requests.Session()
        session.auth = self._access
        session.headers.update(self._access.headers)
        session.cookies.set_policy(_NoCookies())
        adapter = pool.Adapter(kept=self._limits.kept)
        session.mount("https://", adapter)
        session.mount("http://", adapter)
        self._session = session

    # https://docs.runpod.io/serverless/endpoints/send-requests#run
    def run(
        self,
        endpoint_id: str,
        *,
        input: Mapping[str, Any],
        webhook: str | None = None,
        execution_timeout_ms: int | None = None,
        ttl_ms: int | None = None,
    ) -> Submission:
        """Submit one job, once: it is never posted a second time here, for /run has no idempotency key.

        RunPod takes an execution timeout of 5 s to 7 days and a ttl of 10 s to 7 days. Raises NotAccepted,
        KeyRefused, EndpointMissing, Refused or Unknown.
        """
        body: dict[str, Any] = {"input": input}
        if webhook:
            body["webhook"] = webhook
        policy = {"executionTimeout": execution_timeout_ms, "ttl": ttl_ms}
        if policy := {name: value for name, value in policy.items() if value is not None}:
            body["policy"] = policy
        try:
            data = json.dumps(body, ensure_ascii=False, allow_nan=False).encode()
        except (TypeError, ValueError) as error:
            raise Refused(
                "the job's input is no JSON", code="invalid_input", detail=str(error)
            ) from error
        if len(data) > BODY_MOST:
            raise Refused(
                f"the job has {len(data)} bytes, RunPod takes {BODY_MOST}", code="too_large"
            )
        try:
            reply = self._send(
                "POST", self._url(endpoint_id, "run"), data, seconds=self._limits.run_seconds
            )
        except _NoTurn as error:
            raise NotAccepted("too many calls to RunPod are under way here") from error
        except _Broken as error:
            if error.sent:
                raise Unknown(
                    "the call to RunPod broke after it was sent", detail=error.detail
                ) from error.__cause__
            raise NotAccepted(
                "RunPod could not be reached", detail=error.detail
            ) from error.__cause__
        if not reply.ok:
            raise run_verdict(reply.status, reply.headers, reply.text)
        answer = reply.json()
        runpod_id = answer.get("id") if isinstance(answer, dict) else None
        if not isinstance(runpod_id, str) or not 0 < len(runpod_id) <= ID_LENGTH_MOST:
            raise Unknown(
                "RunPod's reply to /run has no job id", detail=reply.text, status=reply.status
            )
        return Submission(runpod_id=runpod_id, state=parse_state(answer.get("status", "IN_QUEUE")))

    # https://docs.runpod.io/serverless/endpoints/send-requests#status
    def status(self, endpoint_id: str, runpod_id: str) -> Report:
        """Return what RunPod says of one job now. Raises Gone, EndpointMissing, KeyRefused or Unavailable."""
        return self._report("GET", endpoint_id, "status", runpod_id)

    # https://docs.runpod.io/serverless/endpoints/send-requests#cancel
    def cancel(self, endpoint_id: str, runpod_id: str) -> Report:
        """Cancel one job and return RunPod's reply; a job that had finished answers with its true state.

        The reply carries no output: read `status` for it. Raises Gone, EndpointMissing, KeyRefused or Unavailable.
        """
        return self._report("POST", endpoint_id, "cancel", runpod_id)

    # https://docs.runpod.io/serverless/endpoints/send-requests#retry
    def retry(self, endpoint_id: str, runpod_id: str) -> Report:
        """Queue a failed or timed-out job again under its own id. Raises Refused, Gone or Unavailable."""
        return self._report("POST", endpoint_id, "retry", runpod_id)

    # https://docs.runpod.io/serverless/endpoints/send-requests#purge-queue
    def purge_queue(self, endpoint_id: str) -> int:
        """Remove every waiting job of an endpoint and return their number. Raises Gone or Unavailable."""
        answer = answer_in(self._read("POST", self._url(endpoint_id, "purge-queue")))
        removed = answer.get("removed") if isinstance(answer, dict) else None
        if isinstance(removed, bool) or not isinstance(removed, int):
            raise Unavailable("RunPod's reply to /purge-queue has no number")
        return removed

    # https://docs.runpod.io/serverless/endpoints/send-requests#health
    def health(self, endpoint_id: str) -> Health:
        """Return the endpoint's counts of jobs and workers. Raises EndpointMissing, Gone, KeyRefused or Unavailable."""
        return parse_health(answer_in(self._read("GET", self._url(endpoint_id, "health"))))

    def close(self) -> None:
        """Close the kept connections; the client can be used again."""
        self._session.close()

    def _report(self, method: str, endpoint_id: str, call: str, runpod_id: str) -> Report:
        reply = self._read(method, self._url(endpoint_id, call, runpod_id))
        if call == "retry" and reply.status == 400:
            raise Refused(
                "RunPod refused (400)", code="invalid_input", detail=reply.text, status=400
            )
        return report_in(reply, runpod_id)

    def _read(self, method: str, url: str) -> Reply:
        try:
            return self._send(method, url, None)
        except _NoTurn as error:
            raise Unavailable("too many calls to RunPod are under way here") from error
        except _Broken as error:
            raise Unavailable(
                "RunPod could not be reached", detail=error.detail
            ) from error.__cause__

    def _url(self, endpoint_id: str, *path: str) -> str:
        return self._access.address(endpoint_id, *path)

    def _send(
        self, method: str, url: str, data: bytes | None, *, seconds: float | None = None
    ) -> Reply:
        """Return the reply of one request, read to its end; `seconds`: for connecting and the reply, besides sending.

        Raises _NoTurn or _Broken.
        """
        connect, read = self._limits.connect_seconds, self._limits.read_seconds
        total = 2 * read
        if seconds is not None:
            connect = min(connect, seconds / 2)
            read = total = seconds - connect
        headers = {"Content-Type": "application/json"} if data is not None else None
        with self._turn():
            pool.forget(stall_seconds=self._limits.read_seconds)
            try:
                response = self._session.request(
                    method,
                    url,
                    data=pool.Body(data) if data else data,
                    headers=headers,
                    timeout=(connect, read),
                    allow_redirects=False,  # a redirected POST would be another call; and the key stays here
                    stream=True,
                )
                with contextlib.closing(response):
                    body = _read_all(response, time.monotonic() + total)
            except (RequestException, urllib3.exceptions.HTTPError, OSError) as error:
                raise _Broken(self._access.scrub(repr(error)), sent=pool.begun()) from error
        return Reply(response.status_code, response.headers, self._access.scrub_bytes(body))

    @contextlib.contextmanager
    def _turn(self) -> Iterator[None]:
        turns = self._turns
        if not turns.acquire(timeout=self._limits.wait_seconds):
            raise _NoTurn
        try:
            yield
        finally:
            turns.release()


class _NoTurn(Exception):
    pass


class _Broken(Exception):
    def __init__(self, detail: str, *, sent: bool) -> None:
        super().__init__(detail)
        self.detail, self.sent = detail[:DETAIL_CHARACTERS], sent


class _NoCookies(http.cookiejar.DefaultCookiePolicy):
    def set_ok(self, cookie: Any, request: Any) -> bool:
        return False


def _read_all(response: requests.Response, deadline: float) -> bytes:
    """Return the body, read piece by piece.

    A server that drips or never ends cannot hold a worker for ever.
    """
    body = bytearray()
    while chunk := response.raw.read1(65_536, decode_content=True):
        body += chunk
        if len(body) > REPLY_MOST:
            raise OSError(f"the reply has more than {REPLY_MOST} bytes")
        if time.monotonic() > deadline:
            raise TimeoutError("the reply took too long")
    return bytes(body)
