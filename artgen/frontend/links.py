"""Addresses of one thing, where a page has hundreds of them."""

from functools import lru_cache
from uuid import UUID

from django.urls import get_urlconf, reverse

SAMPLE = UUID("00000000-0000-7000-8000-000000000000")


def link(name: str, of: UUID) -> str:
    """Return `reverse(name, args=[of])`, in a twentieth of the time; the address has one part, an id."""
    before, after = _around(name, get_urlconf())
    return f"{before}{of}{after}"


@lru_cache(maxsize=200)
def _around(name: str, urlconf: str | None) -> tuple[str, str]:
    before, _id, after = reverse(name, urlconf, args=[SAMPLE]).partition(str(SAMPLE))
    return before, after
