"""A growing pause after wrong passwords, instead of locking the account.

Attempts at a password are counted per email and network, whether an account exists or not, so those
of a stranger cannot lock out the owner. A browser that signed in before has a signed cookie and a
counter of its own. Only who knows the password can try codes: these are counted per email.
"""

import hashlib
import secrets
import time
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_network

from django.conf import settings
from django.core import signing
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from accounts.models import fold
from artgen.refusals import Refusal
from artgen.web import formatting

FREE_ATTEMPTS = 5
FIRST_PAUSE_SECONDS = 30
MAX_PAUSE_SECONDS = 15 * 60
COUNTER_SECONDS = 24 * 60 * 60

PASSWORDS, CODES = "", "code:"
"""What is tried. Codes have a counter of their own, which the right password does not reset."""

PAUSED = "paused"
"""Code of the form error during a pause."""

COOKIE = "__Host-known" if settings.SESSION_COOKIE_SECURE else "known"
COOKIE_AGE_SECONDS = 60 * 60 * 24 * 365
SALT = "accounts.pauses.known"


@dataclass(frozen=True)
class Attempt:
    """An allowed attempt: free ones `left`, and seconds to `wait` after it if it fails."""

    left: int
    wait: int


class MustWait(Refusal):
    """The next attempt is possible in `seconds`; the password of this one was not checked."""

    code = "too_many_requests"
    status = 429

    def __init__(self, seconds: int) -> None:
        super().__init__(retry_after=seconds)
        self.seconds = seconds

    @property
    def message(self) -> str:
        text = _("Too many attempts for this email. Try again in %(duration)s.")
        return text % {"duration": formatting.duration(self.seconds)}


def pause_after(attempts: int) -> int:
    """Return the seconds to wait after this many attempts: 0, then 30, 60, 120 … 900."""
    if attempts < FREE_ATTEMPTS:
        return 0
    doublings: int = min(attempts - FREE_ATTEMPTS, 16)
    return min(MAX_PAUSE_SECONDS, FIRST_PAUSE_SECONDS << doublings)


def count_attempt(request: HttpRequest, email: str, *, of: str = PASSWORDS) -> Attempt:
    """Count an attempt; raise `MustWait`.

    Must be called before the password or code is checked, so that parallel attempts count.
    """
    counter, gate = keys(request, email, of=of)
    attempts = 0
    while not attempts:
        cache.add(counter, 0, COUNTER_SECONDS)
        with suppress(ValueError):  # a sign-in at the same time has succeeded and reset it
            attempts = cache.incr(counter)
    wait = pause_after(attempts)
    now = time.time()
    if attempts <= FREE_ATTEMPTS:
        if wait:
            cache.set(gate, now + wait, wait)
    elif not cache.add(gate, now + wait, wait):
        # Only the request that adds the gate may continue; it expires after the pause.
        with suppress(ValueError):
            cache.decr(counter)
        raise MustWait(max(1, round(cache.get(gate, now) - now)))
    return Attempt(left=max(0, FREE_ATTEMPTS - attempts), wait=wait)


def count_attempt_in_form(request: HttpRequest, email: str, *, of: str = PASSWORDS) -> Attempt:
    """Count an attempt; during a pause raise ValidationError with the seconds in its params."""
    try:
        return count_attempt(request, email, of=of)
    except MustWait as refusal:
        raise ValidationError(
            refusal.message, code=PAUSED, params={"seconds": refusal.seconds}
        ) from refusal


def reset(request: HttpRequest, email: str, *, of: str = PASSWORDS) -> None:
    cache.delete_many(keys(request, email, of=of))


def remember_browser(request: HttpRequest, response: HttpResponse, email: str) -> None:
    """Give this browser, whose user has just been authenticated, a counter of its own."""
    name = _browser_of(request, email) or secrets.token_urlsafe(16)
    response.set_cookie(
        COOKIE,
        signing.dumps([name, _digest(email)], salt=SALT),
        max_age=COOKIE_AGE_SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def keys(request: HttpRequest, email: str, *, of: str = PASSWORDS) -> tuple[str, str]:
    """Return the cache keys of the tries and of the pause after them."""
    owner = f"{of}{owner_of(request, email, is_anywhere=of == CODES)}"
    return f"tries:{owner}", f"pause:{owner}"


def owner_of(request: HttpRequest, email: str, *, is_anywhere: bool = False) -> str:
    """Return whose attempts are counted together: those of a known browser, or of a network.

    With `is_anywhere` those of all networks.
    """
    if browser := _browser_of(request, email):
        return f"browser:{browser}"
    account = f"account:{_digest(email)}"
    return account if is_anywhere else f"{account}@{network_of(request)}"


def network_of(request: HttpRequest) -> str:
    """Return the address of the client, of IPv6 its /64, as nginx counts them."""
    address = request.META.get("REMOTE_ADDR", "")
    return str(ip_network(f"{address}/64", strict=False)) if ":" in address else address


def _browser_of(request: HttpRequest, email: str) -> str:
    """Return the id of a browser that signed in to this account before, else an empty string."""
    try:
        name, digest = signing.loads(
            request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=COOKIE_AGE_SECONDS
        )
    except (signing.BadSignature, ValueError, TypeError):
        return ""
    return str(name) if digest == _digest(email) else ""


def _digest(email: str) -> str:
    return hashlib.sha256(fold(email).encode()).hexdigest()[:32]
