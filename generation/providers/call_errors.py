"""Exceptions for calls to providers. Each class is a verdict on what to do next.

POST /run has no idempotency key. So after a failure it matters whether the job may have been
accepted: with `NotAccepted`, `JobRefused`, `KeyRefused` and `EndpointMissing` it certainly was not;
with `OutcomeUnknown` it may have been.
"""

import json
import re
from collections.abc import Mapping

from artgen.http.retry_after import parse_retry_after
from artgen.http.untrusted import InvalidJSON, parse_json, storable
from generation.providers.payloads.vendor_errors import classify

DETAIL_CHARACTERS = 2_000


class ProviderError(Exception):
    def __init__(
        self,
        message: str,
        *,
        detail: str = "",
        status: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.detail = storable(detail[:DETAIL_CHARACTERS])  # the vendor's text, for staff
        self.status = status  # HTTP status, if there was a reply
        self.retry_after = retry_after  # seconds, if the reply has Retry-After

    @property
    def full_text(self) -> str:
        """The message with the vendor's text, for the history that staff read."""
        return f"{self}: {self.detail}" if self.detail else str(self)


class NotAccepted(ProviderError):
    """A /run that was certainly not accepted. Submit it again after a pause."""


class JobRefused(ProviderError):
    """A /run that was refused and would be refused again. Fail the job."""

    def __init__(
        self, message: str, *, code: str, detail: str = "", status: int | None = None
    ) -> None:
        super().__init__(message, detail=detail, status=status)
        self.code = code  # invalid_input, too_large or one of SAID


class KeyRefused(ProviderError):
    """401 or 403: the API key is wrong or was replaced. A /run was certainly not accepted."""


class EndpointMissing(ProviderError):
    """404 for the endpoint: deleted or mistyped. A /run was certainly not accepted.

    The body tells it from `Gone`: `endpoint not found` here, `job not found` there.
    """


class OutcomeUnknown(ProviderError):
    """A /run that may have been accepted. Wait for its webhook; do not submit it again at once."""


class Gone(ProviderError):
    """404 for a job: it expired or was purged. It may have run nevertheless."""


class CallFailed(ProviderError):
    """A failed read or cancel. Try again."""


# With 401 to 404 and 429 the only replies to /run that certainly mean "not accepted". Any other
# reply that is not 2xx leaves the outcome unknown.
REFUSALS = {400: "invalid_input", 413: "too_large"}
SAID = ("prompt_refused", "out_of_memory")  # what the text may say instead
_KEY_REFUSED = frozenset({401, 403})
_ENDPOINT_MISSING = re.compile(
    r"endpoint\b.{0,40}\bnot (be )?found|no such endpoint", re.IGNORECASE | re.DOTALL
)


def run_error(
    status: int, headers: Mapping[str, str], text: str, *, provider: str
) -> ProviderError:
    """Return the verdict on a reply to POST /run that is not 2xx.

    Source: https://docs.runpod.io/serverless/endpoints/send-requests (rate limits, error handling).
    """
    detail = vendor_text(text)
    if status == 402:
        return NotAccepted(f"{provider} asks for payment (402)", detail=detail, status=402)
    if status == 429:
        return NotAccepted(
            f"{provider} requests a pause (429)",
            detail=detail,
            status=429,
            retry_after=parse_retry_after(headers),
        )
    if status in _KEY_REFUSED:
        return _key_error(status, detail, provider)
    if status == 404:
        return EndpointMissing(
            f"{provider} does not have this endpoint (404)", detail=detail, status=404
        )
    if status in REFUSALS:
        return job_refused(status, detail, provider=provider)
    return OutcomeUnknown(
        f"{provider} answered {status}: the job may have been accepted",
        detail=detail,
        status=status,
    )


def job_refused(status: int, detail: str, *, provider: str) -> JobRefused:
    """Return the verdict on a reply to POST /run that says why it is refused."""
    code = classify(detail).code
    return JobRefused(
        f"{provider} refused the job ({status})",
        code=code if code in SAID else REFUSALS.get(status, "invalid_input"),
        detail=detail,
        status=status,
    )


def read_error(
    status: int, headers: Mapping[str, str], text: str, *, provider: str
) -> ProviderError:
    """Return the verdict on a reply to any other call that is not 2xx."""
    detail = vendor_text(text)
    if status in _KEY_REFUSED:
        return _key_error(status, detail, provider)
    if status == 404 and _ENDPOINT_MISSING.search(detail):
        return EndpointMissing(
            f"{provider} does not have this endpoint (404)", detail=detail, status=404
        )
    if status == 404:
        return Gone(f"{provider} does not have this job (404)", detail=detail, status=404)
    return CallFailed(
        f"{provider} answered {status}",
        detail=detail,
        status=status,
        retry_after=parse_retry_after(headers),
    )


def _key_error(status: int, detail: str, provider: str) -> KeyRefused:
    return KeyRefused(f"{provider} refuses the API key ({status})", detail=detail, status=status)


def vendor_text(text: str) -> str:
    """Return the `error` or `message` of a JSON reply, else the text itself, truncated."""
    try:
        body = parse_json(text)
    except InvalidJSON:
        return text.strip()[:DETAIL_CHARACTERS]
    if isinstance(body, dict):
        if isinstance(error := body.get("error"), dict):  # OpenAI's
            parts = [str(error[key]) for key in ("code", "message") if error.get(key)]
            if nodes := body.get("node_errors"):  # ComfyUI's
                parts += [str(error.get("type", "")), json.dumps(nodes, ensure_ascii=False)]
            return (": ".join(parts) or str(error))[:DETAIL_CHARACTERS]
        for key in ("error", "message", "detail", "title"):
            if isinstance(said := body.get(key), str) and said:
                return said[:DETAIL_CHARACTERS]
    return text.strip()[:DETAIL_CHARACTERS]
