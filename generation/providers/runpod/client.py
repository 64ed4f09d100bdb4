"""RunPod's queue API over HTTP: a method for each call, with timeouts and verdicts on failures.

API reference: https://docs.runpod.io/serverless/endpoints/send-requests
"""

import contextlib
import http.cookiejar
import json
import threading
import time
import urllib.request
from collections.abc import Iterator, Mapping
from typing import Any

import requests
import urllib3.exceptions
from requests.exceptions import RequestException

from generation.providers.call_errors import (
    DETAIL_CHARACTERS,
    CallFailed,
    JobRefused,
    NotAccepted,
    OutcomeUnknown,
    run_error,
)
from generation.providers.http import connection_pool
from generation.providers.http.access import BearerAccess, HttpLimits
from generation.providers.http.network_errors import reason_of
from generation.providers.job_report import JobReport, is_job_id
from generation.providers.provider import MAX_BODY_BYTES, Submission
from generation.providers.runpod.health import Health, parse_health
from generation.providers.runpod.replies import MAX_REPLY_BYTES, Reply, json_of, report_of
from generation.providers.runpod.report_parsing import parse_state


class RunPodClient:
    """Client for one API key. Safe between threads; a forked process needs a new one."""

    def __init__(self, *, base_url: str, api_key: str, limits: HttpLimits = HttpLimits()) -> None:  # noqa: B008 it is frozen
        """Prepare a client without connecting. Raises ValueError for a bad key."""
        self._access, self._limits = BearerAccess(base_url, api_key), limits
        self._slots = threading.BoundedSemaphore(limits.pool_max)
        self._session = requests.Session()
        self._session.auth = self._access
        self._session.headers.update(self._access.headers)
        self._session.cookies.set_policy(_NoCookies())
        adapter = connection_pool.Adapter(kept=limits.pool_kept)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)

    def __repr__(self) -> str:
        return f"RunPodClient(base_url={self._access.base_url!r})"

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
        """Submit a job. The POST is never repeated, because /run has no idempotency key.

        RunPod accepts an execution timeout of 5 s to 7 days and a ttl of 10 s to 7 days. Raises
        NotAccepted, KeyRefused, EndpointMissing, JobRefused or OutcomeUnknown.
        """
        body: dict[str, Any] = {"input": input}
        if webhook:
            body["webhook"] = webhook
        policy = {"executionTimeout": execution_timeout_ms, "ttl": ttl_ms}
        if policy := {name: value for name, value in policy.items() if value is not None}:
            body["policy"] = policy
        data = _encoded(body)
        try:
            reply = self._send(
                "POST", self._url(endpoint_id, "run"), data, seconds=self._limits.run_seconds
            )
        except _NoSlot as error:
            raise NotAccepted("too many calls to RunPod are under way here") from error
        except _Broken as error:
            if error.sent:
                raise OutcomeUnknown(
                    "the call to RunPod broke after it was sent", detail=error.detail
                ) from error.__cause__
            raise NotAccepted(
                "RunPod could not be reached", detail=error.detail
            ) from error.__cause__
        if not reply.ok:
            raise run_error(reply.status, reply.headers, reply.text)
        answer = reply.json()
        remote_id = answer.get("id") if isinstance(answer, dict) else None
        if not is_job_id(remote_id):
            raise OutcomeUnknown(
                "RunPod's reply to /run has no job id", detail=reply.text, status=reply.status
            )
        return Submission(remote_id=remote_id, state=parse_state(answer.get("status", "IN_QUEUE")))

    # https://docs.runpod.io/serverless/endpoints/send-requests#status
    def status(self, endpoint_id: str, remote_id: str) -> JobReport:
        """Read a job's status. Raises Gone, EndpointMissing, KeyRefused or CallFailed."""
        return self._report("GET", endpoint_id, "status", remote_id)

    # https://docs.runpod.io/serverless/endpoints/send-requests#cancel
    def cancel(self, endpoint_id: str, remote_id: str) -> JobReport:
        """Cancel a job and return the reply, which has the true state of a job that had finished.

        The reply has no output: read `status` for it. Raises Gone, EndpointMissing, KeyRefused or
        CallFailed.
        """
        return self._report("POST", endpoint_id, "cancel", remote_id)

    # https://docs.runpod.io/serverless/endpoints/send-requests#health
    def health(self, endpoint_id: str) -> Health:
        """Return an endpoint's counts of jobs and workers.

        Raises EndpointMissing, Gone, KeyRefused or CallFailed.
        """
        return parse_health(json_of(self._read("GET", self._url(endpoint_id, "health"))))

    def document(self, url: str) -> Any:
        """Return the JSON of a GET of another of RunPod's addresses, such as the billing API's.

        Raises Gone, KeyRefused or CallFailed.
        """
        return json_of(self._read("GET", url))

    def close(self) -> None:
        """Close idle connections. The client can still be used."""
        self._session.close()

    def _report(self, method: str, endpoint_id: str, call: str, remote_id: str) -> JobReport:
        reply = self._read(method, self._url(endpoint_id, call, remote_id))
        return report_of(reply, remote_id)

    def _read(self, method: str, url: str) -> Reply:
        try:
            return self._send(method, url, None)
        except _NoSlot as error:
            raise CallFailed("too many calls to RunPod are under way here") from error
        except _Broken as error:
            raise CallFailed(
                "RunPod could not be reached", detail=error.detail
            ) from error.__cause__

    def _url(self, endpoint_id: str, *path: str) -> str:
        return self._access.address(endpoint_id, *path)

    def _send(
        self, method: str, url: str, data: bytes | None, *, seconds: float | None = None
    ) -> Reply:
        """Send one request and return the complete reply. Raises _NoSlot or _Broken.

        `seconds` limits connecting and the reply; sending has its own limit.
        """
        connect, read = self._limits.connect_seconds, self._limits.read_seconds
        total = 2 * read
        if seconds is not None:
            connect = min(connect, seconds / 2)
            read = total = seconds - connect
        headers = {"Content-Type": "application/json"} if data is not None else None
        with self._slot():
            connection_pool.before_request(stall_seconds=self._limits.read_seconds)
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
                    body = _read_all(response, time.monotonic() + total)
            except (RequestException, urllib3.exceptions.HTTPError, OSError) as error:
                raise _Broken(
                    self._access.scrub(reason_of(error)), sent=connection_pool.was_sent()
                ) from error
        return Reply(response.status_code, response.headers, self._access.scrub_bytes(body))

    @contextlib.contextmanager
    def _slot(self) -> Iterator[None]:
        slots = self._slots
        if not slots.acquire(timeout=self._limits.pool_wait_seconds):
            raise _NoSlot
        try:
            yield
        finally:
            slots.release()


class _NoSlot(Exception):
    pass


class _Broken(Exception):
    def __init__(self, detail: str, *, sent: bool) -> None:
        super().__init__(detail)
        self.detail, self.sent = detail[:DETAIL_CHARACTERS], sent


class _NoCookies(http.cookiejar.DefaultCookiePolicy):
    def set_ok(self, cookie: http.cookiejar.Cookie, request: urllib.request.Request) -> bool:
        return False


def _encoded(body: Mapping[str, Any]) -> bytes:
    """Return the body of a /run. Raises JobRefused for what RunPod would not accept."""
    try:
        data = json.dumps(body, ensure_ascii=False, allow_nan=False).encode()
    except (TypeError, ValueError) as error:
        raise JobRefused(
            "the job's input cannot be encoded as JSON", code="invalid_input", detail=str(error)
        ) from error
    if len(data) > MAX_BODY_BYTES:
        raise JobRefused(
            f"the job has {len(data)} bytes, RunPod accepts {MAX_BODY_BYTES}", code="too_large"
        )
    return data


def _read_all(response: requests.Response, deadline: float) -> bytes:
    """Return the body. Raises OSError if it is too large or takes too long."""
    body = bytearray()
    while chunk := response.raw.read1(65_536, decode_content=True):
        body += chunk
        if len(body) > MAX_REPLY_BYTES:
            raise OSError(f"the reply has more than {MAX_REPLY_BYTES} bytes")
        if time.monotonic() > deadline:
            raise TimeoutError("the reply took too long")
    return bytes(body)
