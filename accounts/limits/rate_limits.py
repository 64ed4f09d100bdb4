"""Rate limits of views and writes, in one table; refusals have Retry-After.

Counted by django-ratelimit in the cache, in fixed windows whose start differs by whom they count.
What one user may do in a day or a month by quota is counted in the user's row (`period_limits`),
failed attempts at a password in `accounts.limits.sign_in_attempts`, all requests of an address by
nginx.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django_ratelimit import ALL
from django_ratelimit.core import get_usage

from accounts.limits import sign_in_attempts
from accounts.models import fold
from artgen.redis.cache import CacheAway
from artgen.refusals import Refusal

View = Callable[..., HttpResponseBase]


def _email(request: HttpRequest) -> str:
    return fold(request.POST.get("email", "") or request.POST.get("username", ""))


def _user_or_address(request: HttpRequest) -> str:
    user = request.user
    return str(user.pk) if user.is_authenticated else sign_in_attempts.network_of(request)


SCOPES: Mapping[str, Callable[[HttpRequest], str]] = {
    "address": sign_in_attempts.network_of,
    "user": _user_or_address,
    "email": _email,
    # The posted email with the network of the client, or the browser that its owner uses: a
    # stranger who uses up a limit does not lock out the owner.
    "account": lambda request: sign_in_attempts.owner_of(request, _email(request)),
}
"""Whose requests count together."""


@dataclass(frozen=True)
class RateLimit:
    """How often something may be done: scope → rates, such as "20/h", or names of settings."""

    rates: Mapping[str, tuple[str, ...]]
    counts_reads: bool = False
    """Whether requests of every method count, not only POSTs."""
    is_per_view: bool = False
    """Whether each view of this limit has a count of its own."""


def _of_user(*rates: str) -> RateLimit:
    return RateLimit({"user": rates})


def _of_address(*rates: str) -> RateLimit:
    return RateLimit({"address": rates})


LIMITS: Mapping[str, RateLimit] = {
    # Sign-in and what needs no account.
    "entrance": _of_address("60/m"),  # also of the admin
    "second_factor": _of_address("60/m"),
    "social": RateLimit({"address": ("60/m",)}, counts_reads=True),
    "link_from_email": RateLimit({"address": ("60/h",)}, is_per_view=True),
    "email_to_anyone": RateLimit(  # its kinds, such as sign-up and password reset, have own counts
        {"address": ("30/h",), "account": ("5/h",), "email": ("30/h",)}, is_per_view=True
    ),
    "shared_page": RateLimit({"address": ("240/m",)}, counts_reads=True, is_per_view=True),
    "report": _of_address("10/h"),
    "made_here": _of_address("60/h"),
    # The account.
    "password": _of_user("10/h"),
    "second_factor_change": _of_user("30/h"),  # each sends an email
    "email_change": _of_user("5/h"),
    "sign_out_others": _of_user("10/h"),
    "account_deletion": _of_user("10/h"),
    "export": _of_user("5/d"),
    "token": _of_user("30/h"),
    "webhook": _of_user("30/h"),
    "push": _of_user("60/h"),
    "webhook_test": _of_user("60/h"),
    "webhook_replay": _of_user("120/h"),
    "voucher": RateLimit({"user": ("10/h",), "address": ("30/h",)}),
    "credit_request": _of_user("5/d"),
    "credit_request_email": _of_user("20/h"),  # of all staff together
    # Images, by pages and by API together.
    "place": _of_user("PLACING_RATE"),
    "upload": _of_user("UPLOADING_RATE"),
    "prompt_helper": _of_user("PROMPT_HELPER_PER_MINUTE/m", "PROMPT_HELPER_PER_DAY/d"),
    "save": _of_user("120/h"),
    "save_preset": _of_user("60/h"),
    "share": _of_user("120/m"),
    "publish": _of_user("60/h"),
    "appeal": _of_user("60/h"),
    "preset_change": RateLimit({"user": ("120/m",)}, is_per_view=True),
    # Rows of what is free; deleted ones, which stay for a day, count.
    "word_lists": _of_user("60/h", "100/d"),  # up to 120 kB each
    "own_styles": _of_user("60/h", "200/d"),
    "presets": _of_user("60/h", "200/d"),
    "collections": _of_user("60/h", "200/d"),
    "tags": _of_user("1200/h"),
    "refusals": _of_user("60/h", "100/d"),  # the stored order of a refused prompt, up to 50 kB each
}
WITHOUT_CACHE = ("place", "upload")
"""Not limited while the cache is away: credits and bytes of the user limit them."""
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class TooManyTries(Refusal):
    """The limit is used up for `seconds` more."""

    code = "too_many_requests"
    status = 429

    def __init__(self, seconds: int) -> None:
        super().__init__(retry_after=seconds)
        self.seconds = seconds


def limited(name: str) -> Callable[[View], View]:
    """Return a decorator that refuses requests beyond this limit.

    The outcome of a request does not matter, so the count reveals nothing about accounts.
    """
    limit = LIMITS[name]

    def decorate(view: View) -> View:
        group = f"{name}:{view.__name__}" if limit.is_per_view else name

        @wraps(view)
        def limited_view(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
            if limit.counts_reads or request.method == "POST":
                for scope, rates in limit.rates.items():
                    _count(f"{group}:{scope}", SCOPES[scope](request), rates)
            return view(request, *args, **kwargs)

        return limited_view

    return decorate


def spend(name: str, whom: object) -> None:
    """Count one use of this limit by this user; raise `TooManyTries`."""
    try:
        _count(f"{name}:user", str(whom), LIMITS[name].rates["user"])
    except CacheAway:
        if name not in WITHOUT_CACHE:
            raise


def _count(group: str, value: str, rates: tuple[str, ...]) -> None:
    for rate in rates:
        usage = get_usage(
            None, group=group, key=lambda *_: value, rate=numbers(rate), method=ALL, increment=True
        )
        if usage["should_limit"]:
            raise TooManyTries(max(1, usage["time_left"]))


def numbers(rate: str) -> tuple[int, int]:
    if "/" not in rate:
        rate = getattr(settings, rate)
    count, _slash, unit = rate.partition("/")
    return int(count if count.isdigit() else getattr(settings, count)), SECONDS[unit]
