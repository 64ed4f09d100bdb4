"""Which image hosts this process downloads from, and which are paused after failures.

A slow host must not use all slots: a host gets at most its share, a user at most half of that
share.
A host that fails is paused, longer with every failure.
"""

import threading
from collections import Counter
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.utils import timezone

PAUSE = timedelta(seconds=10)  # after a failure; doubled with each further failure in a row
MAX_PAUSE = timedelta(minutes=2)


class ImageHosts:
    """Slots and pauses by host and user. Safe between threads.

    One user's images that hang must not block a host that works for the others. So a failure pauses
    the host for that user only; it is paused for everybody once the downloads of a second user have
    failed as well, without a success in between.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._busy: Counter[tuple[str, UUID]] = Counter()
        self._failures: Counter[tuple[str, UUID]] = Counter()
        self._paused_until: dict[tuple[str, UUID], datetime] = {}
        self._failing: dict[str, set[UUID]] = {}

    def unavailable(self) -> list[str]:
        """Return the hosts that use their share of the slots or are paused for everybody."""
        share, now = _host_share(), timezone.now()
        with self._lock:
            busy: Counter[str] = Counter()
            for (host, _), count in self._busy.items():
                busy[host] += count
            full = {host for host, count in busy.items() if host and count >= share}
            paused = {
                host
                for (host, _), until in self._paused_until.items()
                if until > now and self._is_failing(host)
            }
        return sorted(full | paused)

    def unavailable_pairs(self) -> list[tuple[str, UUID]]:
        """Return the pairs of host and user that use their share of the slots or are paused."""
        share, now = max(1, _host_share() // 2), timezone.now()
        with self._lock:
            full = {pair for pair, count in self._busy.items() if pair[0] and count >= share}
            paused = {pair for pair, until in self._paused_until.items() if until > now}
        return sorted(full | paused)

    def acquire(self, host: str, user_id: UUID) -> None:
        """Count a slot as used."""
        with self._lock:
            self._busy[host, user_id] += 1

    def release(self, host: str, user_id: UUID) -> None:
        """Count a slot as free."""
        with self._lock:
            self._busy[host, user_id] -= 1
            if self._busy[host, user_id] <= 0:
                del self._busy[host, user_id]

    def failed(self, host: str, user_id: UUID) -> timedelta:
        """Pause the host for this user, and return for how long."""
        with self._lock:
            pause: timedelta = min(PAUSE * 2 ** min(self._failures[host, user_id], 10), MAX_PAUSE)
            self._failures[host, user_id] += 1
            if host:
                self._paused_until[host, user_id] = timezone.now() + pause
                self._failing.setdefault(host, set()).add(user_id)
        return pause

    def succeeded(self, host: str, user_id: UUID) -> None:
        """End this user's pause, and the pause for everybody."""
        with self._lock:
            self._failures.pop((host, user_id), None)
            self._paused_until.pop((host, user_id), None)
            self._failing.pop(host, None)

    def reset(self) -> None:
        """End all pauses."""
        with self._lock:
            self._failures.clear()
            self._paused_until.clear()
            self._failing.clear()

    def _is_failing(self, host: str) -> bool:
        return len(self._failing.get(host, ())) > 1


def _host_share() -> int:
    share: int = max(1, settings.STORE_CONCURRENCY // 3)
    return share


HOSTS = ImageHosts()
