"""Which users have a socket open, with their language and time zone. Only they get events.

In Redis each such user has a key that expires, so a killed process leaves no user behind. Without
Redis (the demo) there is one process, and counting its sockets is enough.
"""

import logging
import threading
import time
from collections import Counter
from collections.abc import Collection, Iterable
from uuid import UUID

from django.core.cache import cache, caches

from artgen.cache import CacheAway, ForgivingRedisCache

log = logging.getLogger(__name__)

TTL_SECONDS = 60
REFRESH_SECONDS = 5
"""Much less than TTL_SECONDS: after a restart without its data, Redis is complete again within
this time.
"""

REFRESH_BATCH = 50

Reader = tuple[str, str]
"""Language and time zone of a user; empty if not chosen."""


class _Sockets:
    """Number of this process's sockets by user, and the thread that refreshes their keys."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.counts: Counter[UUID] = Counter()
        self.readers: dict[UUID, Reader] = {}
        self.refresher: threading.Thread | None = None

    def add(self, user_id: UUID, reader: Reader) -> None:
        with self.lock:
            self.counts[user_id] += 1
            self.readers[user_id] = reader
            if self.refresher is None and _is_shared():
                self.refresher = threading.Thread(
                    target=self._refresh, name="presence", daemon=True
                )
                self.refresher.start()

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


def opened(user_id: UUID, reader: Reader) -> None:
    """Count one more socket of the user. Does not block: an event loop calls it."""
    _sockets.add(user_id, reader)


def announce(user_ids: Iterable[UUID]) -> None:
    """Write these users' keys, in one round trip. Call it before reading a socket's snapshot.

    A change before this call is in the snapshot; a change after it sends an event.
    """
    if _is_shared():
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
    """Return those users who have a socket open, in one round trip; without Redis all, as None."""
    shared = caches["default"]
    if not isinstance(shared, ForgivingRedisCache):
        here = open_here()
        return {user_id: here[user_id] for user_id in user_ids if user_id in here}
    keys = {_key(user_id): user_id for user_id in user_ids}
    if not keys:
        return {}
    try:
        known = shared.get_many_or_raise(keys)
    except CacheAway as error:
        log.warning("presence is unknown", extra={"error": repr(error.__cause__)})
        return dict.fromkeys(user_ids)
    # During an upgrade the key may have the value of the previous version.
    return {keys[key]: value if isinstance(value, tuple) else None for key, value in known.items()}


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


def _is_shared() -> bool:
    return isinstance(caches["default"], ForgivingRedisCache)
