"""Current announcements, from this process's memory: pages take no query for them."""

import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import InterfaceError, OperationalError
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone

from generation.models import Announcement

log = logging.getLogger(__name__)

SECONDS = 10.0
"""How long a process shows what it has read."""
COOKIE = "closed_announcements"
COOKIE_AGE = 60 * 60 * 24 * 365
SEPARATOR = "."


@dataclass(frozen=True)
class _Read:
    rows: tuple[Announcement, ...]
    at: float  # monotonic seconds


class _Memory:
    last: _Read | None = None


_memory = _Memory()


def current() -> list[Announcement]:
    """Return the announcements of now, newest first, read at most SECONDS ago.

    If the database does not respond, those that were read last.
    """
    now, read = time.monotonic(), _memory.last
    if read is None or now - read.at > SECONDS:
        known = read.rows if read else ()
        remember(known)  # other threads meanwhile take these, and do not read, too
        try:
            read = remember(_not_ended())
        except (OperationalError, InterfaceError) as error:
            log.warning("announcements cannot be read", extra={"error": repr(error)})
            read = remember(known)
    at = timezone.now()
    return [announcement for announcement in read.rows if announcement.is_current(at)]


def remember(rows: Iterable[Announcement]) -> _Read:
    read = _memory.last = _Read(tuple(rows), time.monotonic())
    return read


def forget() -> None:
    _memory.last = None


def page(request: HttpRequest) -> dict[str, Any]:
    """Return the context of every page: the announcements that this browser has not closed."""
    shown = current()
    if shown and (closed := closed_in(request)):
        shown = [announcement for announcement in shown if announcement.key not in closed]
    return {"announcements": shown}


def closed_in(request: HttpRequest) -> set[str]:
    return set(request.COOKIES.get(COOKIE, "").split(SEPARATOR)) - {""}


def cookie_with(request: HttpRequest, key: str) -> str:
    """Return the cookie after `key` is closed; what is no longer shown leaves it."""
    shown = [announcement.key for announcement in current()]
    closed = closed_in(request) | {key}
    return SEPARATOR.join(shown_key for shown_key in shown if shown_key in closed)


def _not_ended() -> list[Announcement]:
    rows = Announcement.objects.filter(Q(ends_at=None) | Q(ends_at__gt=timezone.now()))
    return list(rows.order_by("-starts_at", "-id"))
