"""Rate limits of views, by IP address, email or user; refusals have Retry-After."""

import math
import time
import zlib
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, wraps
from typing import Any, TypeAlias
from uuid import UUID

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django_ratelimit import ALL
from django_ratelimit.core import get_usage

from accounts import login_throttle
from accounts.models import fold
from artgen.cache import CacheAway, counted
from artgen.refusals import Refusal

PLACING = ("api:place", "api:upload")
"""Groups that are not limited while the cache is away: credits and bytes of the user limit them."""

Key: TypeAlias = str | Callable[[str, HttpRequest], str]


WRITES: Mapping[str, Sequence[str]] = {
    "word_lists": ("60/h", "100/d"),  # up to 120 kB each
    "own_styles": ("60/h", "200/d"),
    "presets": ("60/h", "200/d"),
    "collections": ("60/h", "200/d"),
    "tags": ("1200/h",),
    "refusals": ("60/h", "100/d"),  # the stored order of a refused prompt, up to 50 kB each
}
"""How many rows of what is free one user may write; deleted ones, which stay for a day, count."""


class TooManyTries(Refusal):
    """The limit is used up for `seconds` more."""

    code = "too_many_requests"
    status = 429

    def __init__(self, seconds: int) -> None:
        super().__init__(retry_after=seconds)
        self.seconds = seconds


def by_email(group: str, request: HttpRequest) -> str:
    """Return the posted email, normalized."""
    return fold(request.POST.get("email", "") or request.POST.get("username", ""))


def by_account(group: str, request: HttpRequest) -> str:
    """Return the posted email with the network of the client, or the browser that its owner uses.

    So a stranger who uses up a limit does not lock out the owner.
    """
    return login_throttle.owner_of(request, by_email(group, request))


View: TypeAlias = Callable[..., HttpResponseBase]


def limited(
    *rates: tuple[Key, str], method: str | None = "POST", group: str = ""
) -> Callable[[View], View]:
    """Return a decorator that refuses the POST beyond one of the rates, such as `("ip", "20/h")`.

    `method` None: requests of every method count. Views with the same `group` share their counts,
    by default each view has its own. The outcome of a request does not matter, so the count reveals
    nothing about accounts.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def limited_view(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            for key, rate in rates:
                spend(request, group=group or view.__name__, key=key, rate=rate, method=method)
            return view(request, *args, **kwargs)

        return limited_view

    return decorate


entrance = limited(("ip", "60/m"), group="entrance")
"""The limit that sign-in and admin sign-in share; `accounts.login_throttle` counts failures."""


def email_request(view: View) -> View:
    """Limit the emails of one kind that anonymous visitors request, of an address and to one."""
    return limited(("ip", "30/h"), (by_account, "5/h"), (by_email, "30/h"))(view)


def spend(
    request: HttpRequest, *, group: str, key: Key, rate: str, method: str | None = "POST"
) -> None:
    """Count this POST against a rate such as "20/h"; raise `TooManyTries` above it.

    `method` None: requests of every method count.
    """
    usage = get_usage(
        request, group=group, key=key, rate=rate, method=method or ALL, increment=True
    )
    if usage and usage["should_limit"]:
        raise TooManyTries(max(1, usage["time_left"]))


def spend_of(value: str, *, group: str, rate: str) -> None:
    """Count one request of this user or address against a rate; raise `TooManyTries` above it.

    Counts in fixed windows, whose start differs by value. Takes one round trip to the cache.
    """
    limit, period = _rate(rate)
    window, since = divmod(time.time() + zlib.crc32(value.encode()), period)
    left = period - since
    try:
        count = counted(f"limit:{group}:{rate}:{value}:{window:.0f}", left)
    except CacheAway:
        if group not in PLACING:
            raise
        return
    if count > limit:
        raise TooManyTries(max(1, math.ceil(left)))


def spend_write(user_id: UUID, kind: str) -> None:
    """Count one row of a key of WRITES that this user creates or changes; raise `TooManyTries`."""
    for rate in WRITES[kind]:
        spend_of(str(user_id), group=f"write:{kind}", rate=rate)


@lru_cache(maxsize=100)
def _rate(rate: str) -> tuple[int, int]:
    count, _slash, unit = rate.partition("/")
    return int(count), {"s": 1, "m": 60, "h": 3600, "d": 86400}[unit]
