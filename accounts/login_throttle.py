"""A pause after wrong passwords that grows, instead of locking the account.

Tries are counted per account, whether it exists or not, from wherever they come. So that a stranger's tries cannot
keep the owner out, a browser that signed in before carries a signed cookie and is counted for itself.
"""

import hashlib
import secrets
import time
from dataclasses import dataclass

from django.conf import settings
from django.core import signing
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from accounts.models import fold
from artgen import formatting
from artgen.refusals import Refusal

FREE_TRIES = 5
FIRST_PAUSE_SECONDS = 30
LONGEST_PAUSE_SECONDS = 15 * 60
FORGOTTEN_AFTER_SECONDS = 24 * 60 * 60

COOKIE = "known"
COOKIE_AGE_SECONDS = 60 * 60 * 24 * 365
SALT = "accounts.pauses.known"


@dataclass(frozen=True)
class Try:
    """One admitted try: how many free ones are `left`, and how long the next must `wait` if this one fails."""

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
        """When to try again."""
        text = _("Too many attempts for this email. Try again in %(duration)s.")
        return text % {"duration": formatting.duration(self.seconds)}


def pause_after(tries: int) -> int:
    """Return the seconds to wait after so many tries: none, then 30, 60, 120 … up to 15 minutes."""
    if tries < FREE_TRIES:
        return 0
    doublings: int = min(tries - FREE_TRIES, 16)
    return min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS << doublings)


def begin(request: HttpRequest, email: str) -> Try:
    """Count a try before the password is looked at, so that a hundred at once are a hundred; raise `MustWait`."""
    counter, gate = _keys(request, email)
    cache.add(counter, 0, FORGOTTEN_AFTER_SECONDS)
    tries = cache.incr(counter)
    wait = pause_after(tries)
    now = time.time()
    if tries <= FREE_TRIES:
        if wait:
            cache.set(gate, now + wait, wait)
    elif not cache.add(gate, now + wait, wait):
        # Who adds the gate may try; the others wait until it falls.
        cache.decr(counter)
        raise MustWait(max(1, round(cache.get(gate, now) - now)))
    return Try(left=max(0, FREE_TRIES - tries), wait=wait)


def forget(request: HttpRequest, email: str) -> None:
    """Forget the tries that led to the right password."""
    cache.delete_many(_keys(request, email))


def know(request: HttpRequest, response: HttpResponse, email: str) -> None:
    """Let this browser, which has just proved whose it is, be counted for itself from now on."""
    name = _known_as(request, email) or secrets.token_urlsafe(16)
    response.set_cookie(
        COOKIE,
        signing.dumps([name, _digest(email)], salt=SALT),
        max_age=COOKIE_AGE_SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _keys(request: HttpRequest, email: str) -> tuple[str, str]:
    known_as = _known_as(request, email)
    who = f"browser:{known_as}" if known_as else f"account:{_digest(email)}"
    return f"tries:{who}", f"pause:{who}"


def _known_as(request: HttpRequest, email: str) -> str:
    """Return the name of a browser that signed in to this very account before, else an empty string."""
    try:
        name, digest = signing.loads(
            request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=COOKIE_AGE_SECONDS
        )
    except (signing.BadSignature, ValueError, TypeError):
        return ""
    return str(name) if digest == _digest(email) else ""


def _digest(email: str) -> str:
    return hashlib.sha256(fold(email).encode()).hexdigest()[:32]
