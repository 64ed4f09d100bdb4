"""URLs of single objects, for pages with hundreds of them."""

from functools import lru_cache
from uuid import UUID

from django.urls import get_urlconf, reverse

SAMPLE = UUID("00000000-0000-7000-8000-000000000000")


def link(name: str, pk: UUID) -> str:
    """Return `reverse(name, args=[pk])` in a twentieth of the time."""
    before, after = _parts_of(name, get_urlconf())
    return f"{before}{pk}{after}"


@lru_cache(maxsize=200)
def _parts_of(name: str, urlconf: str | None) -> tuple[str, str]:
    before, _id, after = reverse(name, urlconf, args=[SAMPLE]).partition(str(SAMPLE))
    return before, after
