"""Who has a socket open, and in which language and time zone they read: events are published for these people alone.

With Redis each person has a key that ends on its own, so a killed process leaves nobody present. Without it (the demo)
everything is one process, and counting is enough.
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

LASTS_SECONDS = 60
REFRESH_SECONDS = 5
"""Far below LASTS_SECONDS: a Redis that was restarted without its data learns again within this time who is present."""

REFRESHED_AT_ONCE = 50

Reader = tuple[str, str]
"""Language and time zone of a user, either empty where the user has chosen none."""


class _Sockets:
    """The sockets of this process, counted for each person, and the thread that keeps their keys alive."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.counts: Counter[UUID] = Counter()
        self.readers: dict[UUID, Reader] = {}
        self.keeper: threading.Thread | None = None

    def add(self, user_id: UUID, reader: Reader) -> None:
        with self.lock:
            self.counts[user_id] += 1
            self.readers[user_id] = reader
            if self.keeper is None and _is_shared():
                self.keeper = threading.Thread(target=self._keep, name="presence", daemon=True)
                self.keeper.start()

    def remove(self, user_id: UUID) -> None:
        with self.lock:
            self.counts[user_id] -= 1
            if self.counts[user_id] <= 0:
                del self.counts[user_id], self.readers[user_id]

    def users(self) -> dict[UUID, Reader]:
        with self.lock:
            return dict(self.readers)

    def _keep(self) -> None:
        while True:
            refresh(seconds=REFRESH_SECONDS)


_sockets = _Sockets()


def opened(user_id: UUID, reader: Reader) -> None:
    """Count one more socket of the user. Never waits: an event loop may call it."""
    _sockets.add(user_id, reader)


def announce(user_ids: Iterable[UUID]) -> None:
    """Let other processes know of these users, in one round trip, before reading what their sockets are first sent.

    A change before this call is in what is read after it; a change after this call finds the user present.
    """
    if _is_shared():
        here = open_here()  # whoever has left meanwhile is not announced
        readers = {_key(user_id): here[user_id] for user_id in user_ids if user_id in here}
        if readers:
            cache.set_many(readers, timeout=LASTS_SECONDS)


def closed(user_id: UUID) -> None:
    """Count one socket less.

    The key stays until it ends: another process may hold a socket of the same user, and an event for nobody costs
    less than a missed one.
    """
    _sockets.remove(user_id)


def present(user_ids: Collection[UUID]) -> dict[UUID, Reader | None]:
    """Return those who have a socket open, in one round trip; all of them, as None, while Redis cannot be asked."""
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
        log.warning("presence is not known", extra={"error": repr(error.__cause__)})
        return dict.fromkeys(user_ids)
    # During an upgrade the key may still hold what the version before has written.
    return {keys[key]: value if isinstance(value, tuple) else None for key, value in known.items()}


def open_here() -> dict[UUID, Reader]:
    """Return those who have a socket open in this process."""
    return _sockets.users()


def refresh(*, seconds: float = 0) -> None:
    """Keep the people of this process's sockets present, taking so many seconds for it.

    A few at a time: thousands in a row keep the event loop from the interpreter lock, and events wait for 40 ms.
    """
    everybody = list(open_here())
    parts = [
        everybody[n : n + REFRESHED_AT_ONCE] for n in range(0, len(everybody), REFRESHED_AT_ONCE)
    ]
    for users in parts:
        announce(users)
        time.sleep(seconds / len(parts))
    if not parts:
        time.sleep(seconds)


def _key(user_id: UUID) -> str:
    return f"presence:{user_id}"


def _is_shared() -> bool:
    return isinstance(caches["default"], ForgivingRedisCache)
