"""Which users have a socket open, with their language and time zone. Only they get events."""

import logging
import time
from collections.abc import Collection, Mapping
from uuid import UUID

from accounts.limits.concurrency_slots import ConcurrencySlots
from accounts.models import User
from artgen.redis.cache import CacheAway

log = logging.getLogger(__name__)

MAX_SOCKETS = 20  # of one user
REMEMBERED_SECONDS = 5
"""How long a process remembers that a user is present: an unnecessary event costs less than a
round trip for each event. Absence is not remembered, or a new socket would miss events.
"""
MAX_REMEMBERED = 10_000

Reader = tuple[str, str]
"""Language and time zone of a user; empty if not chosen."""

SLOTS = ConcurrencySlots("sockets", limit=MAX_SOCKETS)
"""Of all sockets. Claim one before reading a socket's snapshot: a change before that is in the
snapshot, and a change after it sends an event."""
_remembered: dict[UUID, tuple[float, Reader]] = {}
"""By user: until when (monotonic) this process takes them for present."""


def label(user: User) -> str:
    """Return the label of a slot of this user, from which `present` reads the Reader."""
    return f"{user.language}|{user.time_zone}"


def present(user_ids: Collection[UUID]) -> dict[UUID, Reader | None]:
    """Return those users who have a socket open, in at most one round trip; all if Redis is away.

    Then their language and time zone are unknown: None.
    """
    readers_by_id: dict[UUID, Reader | None] = dict(_recently_present(user_ids))
    unknown = [user_id for user_id in user_ids if user_id not in readers_by_id]
    try:
        labels = SLOTS.labels(unknown)
    except CacheAway as error:
        log.warning("presence is unknown", extra={"error": repr(error.__cause__)})
        return dict.fromkeys(user_ids)
    readers = {}
    for user_id, text in labels.items():
        language, _, time_zone = text.partition("|")
        readers[user_id] = (language, time_zone)
    _remember(readers)
    return readers_by_id | readers


def _recently_present(user_ids: Collection[UUID]) -> dict[UUID, Reader]:
    now = time.monotonic()
    entries = {user_id: _remembered.get(user_id) for user_id in user_ids}
    return {user_id: entry[1] for user_id, entry in entries.items() if entry and now < entry[0]}


def _remember(readers: Mapping[UUID, Reader]) -> None:
    if len(_remembered) > MAX_REMEMBERED:
        _remembered.clear()
    until = time.monotonic() + REMEMBERED_SECONDS
    _remembered.update({user_id: (until, reader) for user_id, reader in readers.items()})
