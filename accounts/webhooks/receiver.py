"""One attempt to send a message to an address of a user; `send` signs it as Standard Webhooks says.

The address comes from a user, so it is not trusted: https only; no address in a private network,
after each name lookup; no redirect; one deadline. WEBHOOK_HOSTS names exceptions.
https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import http.client
import socket
import ssl
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.conf import settings
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy
from standardwebhooks import Webhook

from artgen.http import http_exchange
from artgen.http.http_exchange import Target
from artgen.http.network_errors import reason_of
from artgen.http.public_addresses import is_public
from artgen.http.reachability import is_public_host
from artgen.http.retry_after import parse_retry_after
from artgen.http.untrusted import storable
from artgen.refusals import Refusal

SECONDS = 15.0  # for name, connection, request and reply together
REPLY_BYTES = 2000  # that are read, of which the log shows REPLY_LENGTH characters
REPLY_LENGTH = 500


class UrlRefused(Refusal):
    """Nothing may be sent to this address."""

    code = "invalid"
    text = gettext_lazy("Enter an address that begins with https:// and is public.")


class AttemptError(TextChoices):
    """Why there was no reply."""

    ADDRESS = "address", gettext_lazy("The address is not public, or not https.")
    NAME = "name", gettext_lazy("There is no host of this name.")
    TIMEOUT = "timeout", gettext_lazy("No reply in time.")
    CERTIFICATE = "certificate", gettext_lazy("The connection could not be secured.")
    CONNECTION = "connection", gettext_lazy("The connection failed.")
    SECRET = "secret", gettext_lazy("The secret cannot be read. Create a new one.")


@dataclass(frozen=True)
class WebhookReply:
    """What came of an attempt: `error`, with what the system said, if there was no reply."""

    at: datetime
    seconds: float = 0.0
    status: int = 0
    text: str = ""
    error: AttemptError | None = None
    retry_after: float = 0.0  # seconds

    @property
    def is_ok(self) -> bool:
        return 200 <= self.status < 300


def check_url(url: str) -> None:
    """Raise UrlRefused; a name is not resolved before something is sent."""
    try:
        target = http_exchange.parse(url)
    except ValueError as error:
        raise UrlRefused from error
    if not _is_named(target) and not (target.https and is_public_host(target.host)):
        raise UrlRefused


def send(url: str, *, message_id: str, body: str, secrets: Sequence[str]) -> WebhookReply:
    """Send the message to a program; what goes wrong is in the reply. Touches no database."""
    at = datetime.now(UTC)
    headers = {
        "Content-Type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(
            Webhook(secret).sign(message_id, at, body) for secret in secrets
        ),
    }
    return post(url, headers=headers, body=body.encode(), at=at)


def post(
    url: str, *, headers: Mapping[str, str], body: bytes, at: datetime, is_trusted: bool = False
) -> WebhookReply:
    """Send this request; what goes wrong is in the reply. Trusted: the operator's address."""
    started = time.monotonic()
    try:
        if not is_trusted:
            check_url(url)  # WEBHOOK_HOSTS may have changed
        target, headers = http_exchange.parse(url), {"User-Agent": "ArtGen", **headers}
        is_trusted = is_trusted or _is_named(target)
        status, text, retry_after = _exchange(target, headers, body, is_trusted=is_trusted)
    except (UrlRefused, ValueError, OSError, http.client.HTTPException) as error:
        said = "" if isinstance(error, UrlRefused) else storable(reason_of(error))[:REPLY_LENGTH]
        return WebhookReply(at, time.monotonic() - started, text=said, error=_kind_of(error))
    return WebhookReply(at, time.monotonic() - started, status, text, retry_after=retry_after)


def _kind_of(error: Exception) -> AttemptError:
    match error:
        case UrlRefused() | _NotPublic():
            return AttemptError.ADDRESS
        case socket.gaierror():
            return AttemptError.NAME
        case TimeoutError():
            return AttemptError.TIMEOUT
        case ssl.SSLError():
            return AttemptError.CERTIFICATE
    return AttemptError.CONNECTION


class _NotPublic(OSError):
    """The name leads to an address in a private network."""


def _exchange(
    target: Target, headers: dict[str, str], body: bytes, *, is_trusted: bool
) -> tuple[int, str, float]:
    """Return status, beginning of the reply and Retry-After."""
    deadline = time.monotonic() + SECONDS

    def check_address(address: str) -> None:
        if not is_trusted and not is_public(address):
            # Not which one: it would tell what there is in our network.
            raise _NotPublic(f"{target.host} is not at a public address")

    with http_exchange.exchange(
        target,
        headers=headers,
        body=body,
        deadline=deadline,
        check_address=check_address,
    ) as response:
        try:
            text = response.read1(REPLY_BYTES)
        except (OSError, http.client.HTTPException):  # the status counts
            text = b""
        shown = storable(text.decode("utf-8", "replace"))[:REPLY_LENGTH]
        seconds = parse_retry_after(dict(response.getheaders()))
        return response.status, shown, seconds or 0.0


def _is_named(target: Target) -> bool:
    return f"{target.host}:{target.port}" in settings.WEBHOOK_HOSTS
