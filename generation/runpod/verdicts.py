"""What became of a call to RunPod: one family of exceptions, each of them a verdict.

The question that matters after a failed POST /run is whether the job may have been accepted, for /run has no
idempotency key: `NotAccepted` and `Refused` say that it certainly was not, `Unknown` that nobody can tell.
"""

import datetime
import email.utils
import json
import re
from collections.abc import Mapping

DETAIL_CHARACTERS = 2_000
RETRY_AFTER_MOST = 3_600.0


class RunPodError(Exception):
    """A call to RunPod that brought no clean reply."""

    def __init__(
        self,
        message: str,
        *,
        detail: str = "",
        status: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.detail = detail[:DETAIL_CHARACTERS]  # the vendor's own text: for staff
        self.status = status  # HTTP status, where there was one
        self.retry_after = retry_after  # seconds, where the vendor asked for a pause


class NotAccepted(RunPodError):
    """A /run that was certainly not accepted: submit it again after a pause."""


class Refused(RunPodError):
    """A call that was certainly refused and will be again: give up."""

    def __init__(
        self, message: str, *, code: str, detail: str = "", status: int | None = None
    ) -> None:
        super().__init__(message, detail=detail, status=status)
        self.code = code  # invalid_input or too_large


class KeyRefused(RunPodError):
    """401 or 403 on any call: the key is wrong or was replaced. A /run was certainly not accepted."""


class EndpointMissing(RunPodError):
    """404 that names the endpoint: retired, deleted or mistyped. A /run was certainly not accepted.

    RunPod tells the two apart in the body: `endpoint not found` here, `job not found` for `Gone`.
    """


class Unknown(RunPodError):
    """A /run that may or may not have been accepted: wait for its webhook, never submit it again at once."""


class Gone(RunPodError):
    """404 for one job: expired or purged. No proof that the job did not run."""


class Unavailable(RunPodError):
    """A read or a cancel that failed: try again."""


# With 401, 403 and 404 the only replies to /run that are a certain no. Any other that is not 2xx stays unknown.
REFUSALS = {400: "invalid_input", 413: "too_large"}
_KEY_REFUSED = frozenset({401, 403})
_ENDPOINT_MISSING = re.compile(
    r"endpoint\b.{0,40}\bnot (be )?found|no such endpoint", re.IGNORECASE | re.DOTALL
)


def run_verdict(status: int, headers: Mapping[str, str], text: str) -> RunPodError:
    """Return the verdict on a reply to POST /run that is no 2xx.

    Source: https://docs.runpod.io/serverless/endpoints/send-requests (rate limits, error handling).
    """
    detail = vendor_text(text)
    if status == 429:
        return NotAccepted(
            "RunPod asks for a pause (429)",
            detail=detail,
            status=429,
            retry_after=parse_retry_after(headers),
        )
    if status in _KEY_REFUSED:
        return _key_refused(status, detail)
    if status == 404:
        return EndpointMissing(
            "RunPod does not have this endpoint (404)", detail=detail, status=404
        )
    if code := REFUSALS.get(status):
        return Refused(
            f"RunPod refused the job ({status})", code=code, detail=detail, status=status
        )
    return Unknown(
        f"RunPod answered {status}: the job may have been accepted", detail=detail, status=status
    )


def read_verdict(status: int, headers: Mapping[str, str], text: str) -> RunPodError:
    """Return the verdict on a reply to any other call that is no 2xx."""
    detail = vendor_text(text)
    if status in _KEY_REFUSED:
        return _key_refused(status, detail)
    if status == 404 and _ENDPOINT_MISSING.search(detail):
        return EndpointMissing(
            "RunPod does not have this endpoint (404)", detail=detail, status=404
        )
    if status == 404:
        return Gone("RunPod does not have this job (404)", detail=detail, status=404)
    return Unavailable(
        f"RunPod answered {status}",
        detail=detail,
        status=status,
        retry_after=parse_retry_after(headers),
    )


def _key_refused(status: int, detail: str) -> KeyRefused:
    return KeyRefused(f"RunPod refuses the API key ({status})", detail=detail, status=status)


def parse_retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that a Retry-After header asks for, at most an hour (RFC 9110, 10.2.3.

    Seconds or an HTTP date).
    """
    value = (headers.get("Retry-After") or headers.get("retry-after") or "").strip()
    if not value:
        return None
    if value.isascii() and value.isdigit():
        return min(float(value[:9]), RETRY_AFTER_MOST)
    try:
        moment = email.utils.parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=datetime.UTC)
    pause = (moment - datetime.datetime.now(datetime.UTC)).total_seconds()
    return min(max(pause, 0.0), RETRY_AFTER_MOST)


def vendor_text(text: str) -> str:
    """Return what the vendor said.

    The `error` or `message` of a JSON reply, else the text as it came, bounded.
    """
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return text.strip()[:DETAIL_CHARACTERS]
    if isinstance(body, dict):
        for key in ("error", "message", "detail", "title"):
            if isinstance(said := body.get(key), str) and said:
                return said[:DETAIL_CHARACTERS]
    return text.strip()[:DETAIL_CHARACTERS]
