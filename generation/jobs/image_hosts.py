"""How many downloads this process runs from each image host.

A slow host must not use all slots: a host gets at most its share, a user at most half of that
share. Users for whom a host has failed share one slot of it, so images that hang do not block those
of others, and the first image that arrives shows that the host is back.
"""

import threading
from collections import Counter
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.utils import timezone

FAILING = timedelta(minutes=2)
"""How long a failure counts; longer than a download may take."""


class ImageHosts:
    """Slots and failures by host and user. Safe between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._busy: Counter[tuple[str, UUID]] = Counter()
        self._failing_until: dict[tuple[str, UUID], datetime] = {}

    def unavailable(self) -> list[str]:
        """Return the hosts that use their share of the slots."""
        share = _host_share()
        with self._lock:
            busy: Counter[str] = Counter()
            for (host, _), count in self._busy.items():
                busy[host] += count
        return sorted(host for host, count in busy.items() if host and count >= share)

    def unavailable_pairs(self) -> list[tuple[str, UUID]]:
        """Return the pairs of host and user that use their share of the slots."""
        share, now = max(1, _host_share() // 2), timezone.now()
        with self._lock:
            full = {pair for pair, count in self._busy.items() if pair[0] and count >= share}
            failing = {pair for pair, until in self._failing_until.items() if until > now}
            tried = {host for host, user_id in failing if self._busy[host, user_id]}
        return sorted(full | {pair for pair in failing if pair[0] in tried})

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

    def failed(self, host: str, user_id: UUID) -> None:
        """Store that the host has failed for this user."""
        now = timezone.now()
        with self._lock:
            self._failing_until = {
                pair: until for pair, until in self._failing_until.items() if until > now
            } | {(host, user_id): now + FAILING}

    def succeeded(self, host: str, user_id: UUID) -> None:
        """Forget the host's failures for this user."""
        with self._lock:
            self._failing_until.pop((host, user_id), None)

    def reset(self) -> None:
        """Forget all failures."""
        with self._lock:
            self._failing_until.clear()


def _host_share() -> int:
    share: int = max(1, settings.STORE_CONCURRENCY // 3)
    return share


HOSTS = ImageHosts()
