"""Which users have a socket open, with their language and time zone. Only they get events.

In Redis each such user has a key that expires, so a killed process leaves no user behind.
"""

import logging
import threading
import time
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from uuid import UUID

from django.core.cache import cache

from artgen.cache import CacheAway, redis_cache

log = logging.getLogger(__name__)

TTL_SECONDS = 60
REFRESH_SECONDS = 5
"""Much less than TTL_SECONDS: after a restart without its data, Redis is complete again within
this time.
"""

REFRESH_BATCH = 50

REMEMBERED_SECONDS = 5
"""How long a process remembers that a user is present: an unnecessary event costs less than a
round trip for each event. Absence is not remembered, or a new socket would miss events.
"""
MAX_REMEMBERED = 10_000

Reader = tuple[str, str]
"""Language and time zone of a user; empty if not chosen."""


class _Sockets:
    """Number of this process's sockets by user, and the thread that refreshes their keys."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.counts: Counter[UUID] = Counter()
        self.readers: dict[UUID, Reader] = {}
        self.refresher: threading.Thread | None = None

    def add(self, user_id: UUID, reader: Reader, *, limit: int) -> bool:
        with self.lock:
            if self.counts[user_id] >= limit:
                return False
            self.counts[user_id] += 1
            self.readers[user_id] = reader
            if self.refresher is None:
                self.refresher = threading.Thread(
                    target=self._refresh, name="presence", daemon=True
                )
                self.refresher.start()
        return True

    def remove(self, user_id: UUID) -> None:
        with self.lock:
            self.counts[user_id] -= 1
            if self.counts[user_id] <= 0:
                del self.counts[user_id], self.readers[user_id]

    def users(self) -> dict[UUID, Reader]:
        with self.lock:
            return dict(self.readers)

    def _refresh(self) -> None:
        while True:
            refresh(seconds=REFRESH_SECONDS)


_sockets = _Sockets()
_remembered: dict[UUID, tuple[float, Reader]] = {}
"""By user: until when (monotonic) this process takes them for present."""


def opened(user_id: UUID, reader: Reader, *, limit: int) -> bool:
    """Count one more socket of the user; return False if this process has `limit` of them.

    Does not block: an event loop calls it.
    """
    return _sockets.add(user_id, reader, limit=limit)


def announce(user_ids: Iterable[UUID]) -> None:
    """Write these users' keys, in one round trip. Call it before reading a socket's snapshot.

    A change before this call is in the snapshot; a change after it sends an event.
    """
    here = open_here()  # without users whose sockets have closed meanwhile
    readers = {_key(user_id): here[user_id] for user_id in user_ids if user_id in here}
    if readers:
        cache.set_many(readers, timeout=TTL_SECONDS)


def closed(user_id: UUID) -> None:
    """Count one socket less.

    The key stays until it expires: another process may have a socket of the same user, and an
    unnecessary event costs less than a missed one.
    """
    _sockets.remove(user_id)


def present(user_ids: Collection[UUID]) -> dict[UUID, Reader | None]:
    """Return those users who have a socket open, in at most one round trip; all if Redis is away.

    A user without a known language and time zone has None.
    """
    found: dict[UUID, Reader | None] = dict(_recently_present(user_ids))
    keys = {_key(user_id): user_id for user_id in user_ids if user_id not in found}
    if not keys:
        return found
    try:
        known = redis_cache().get_many_or_raise(keys)
    except CacheAway as error:
        log.warning("presence is unknown", extra={"error": repr(error.__cause__)})
        return dict.fromkeys(user_ids)
    readers = {keys[key]: value for key, value in known.items()}
    _remember(readers)
    return found | dict.fromkeys(keys[key] for key in known) | readers


def _recently_present(user_ids: Collection[UUID]) -> dict[UUID, Reader]:
    now = time.monotonic()
    entries = {user_id: _remembered.get(user_id) for user_id in user_ids}
    return {user_id: entry[1] for user_id, entry in entries.items() if entry and now < entry[0]}


def _remember(readers: Mapping[UUID, Reader]) -> None:
    if len(_remembered) > MAX_REMEMBERED:
        _remembered.clear()
    until = time.monotonic() + REMEMBERED_SECONDS
    _remembered.update({user_id: (until, reader) for user_id, reader in readers.items()})


def open_here() -> dict[UUID, Reader]:
    """Return the users who have a socket open in this process."""
    return _sockets.users()


def refresh(*, seconds: float = 0) -> None:
    """Refresh the keys of this process's users in batches, spread over `seconds`.

    Thousands at once would hold the interpreter lock and delay the event loop by 40 ms.
    """
    everybody = list(open_here())
    batches = [everybody[n : n + REFRESH_BATCH] for n in range(0, len(everybody), REFRESH_BATCH)]
    for users in batches:
        announce(users)
        time.sleep(seconds / len(batches))
    if not batches:
        time.sleep(seconds)


def _key(user_id: UUID) -> str:
    return f"presence:{user_id}"
