"""Limits of what one user has open at once, such as sockets or downloads, over all processes.

In Redis each user has a sorted set with a member for each open slot and the time at which the
member expires. Processes refresh their own, so the slots of a killed process are free after
TTL_SECONDS. While Redis is down each process counts its own.
"""

import logging
import threading
import time
from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import NamedTuple
from uuid import UUID, uuid4

from artgen.redis.cache import CacheAway, redis_cache

log = logging.getLogger(__name__)

TTL_SECONDS = 30
REFRESH_SECONDS = 5
"""After a restart without its data, Redis is complete again within this time."""
REFRESH_BATCH = 50
"""Users at a time: thousands at once would hold the interpreter lock and delay the event loop."""

# Times are those of Redis: clocks of machines differ. A script is atomic, so that two which open at
# the same moment in different processes cannot both take the last slot.
CLAIM = """
local now = redis.call('TIME')[1]
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[3]) then return 0 end
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
redis.call('EXPIRE', KEYS[1], ARGV[2])
return 1
"""
REFRESH = """
local expires = redis.call('TIME')[1] + ARGV[1]
for n = 2, #ARGV do redis.call('ZADD', KEYS[1], expires, ARGV[n]) end
return redis.call('EXPIRE', KEYS[1], ARGV[1])
"""
RELEASE = "return redis.call('ZREM', KEYS[1], unpack(ARGV))"
LAST = "return redis.call('ZRANGE', KEYS[1], -1, -1)"  # a key expires with its last member
ID_LENGTH = 32  # of a slot's id, before its label


class ConcurrencySlot(NamedTuple):
    """The place of one thing among those that its user has open."""

    user_id: UUID
    id: str


class ConcurrencySlots:
    """The slots of this process for one kind of thing: at most `limit` a user in all processes."""

    def __init__(self, kind: str, *, limit: int) -> None:
        self.kind, self.limit = kind, limit
        self.lock = threading.Lock()
        self.claiming: set[ConcurrencySlot] = set()
        self.open: defaultdict[UUID, set[ConcurrencySlot]] = defaultdict(set)
        self.closed: list[ConcurrencySlot] = []
        self.refresher: threading.Thread | None = None

    def new(self, user_id: UUID, *, label: str = "") -> ConcurrencySlot:
        """Return a slot to claim, and to close afterwards."""
        slot = ConcurrencySlot(user_id, f"{uuid4().hex}{label}")
        with self.lock:
            self.claiming.add(slot)
        return slot

    def claim(self, slots: Collection[ConcurrencySlot]) -> list[ConcurrencySlot]:
        """Return those of the slots that are within the limit of their users; one round trip."""
        granted = self._claim(slots)
        with self.lock:
            for slot in granted:
                if slot in self.claiming:
                    self.open[slot.user_id].add(slot)
                else:  # closed meanwhile, too early for Redis to know it
                    self.closed.append(slot)
            self.claiming.difference_update(slots)
        return granted

    def _claim(self, slots: Collection[ConcurrencySlot]) -> list[ConcurrencySlot]:
        self._start_refresher()
        calls = [(self._key(slot.user_id), (slot.id, TTL_SECONDS, self.limit)) for slot in slots]
        try:
            answers = redis_cache().run_script(CLAIM, calls)
        except CacheAway as error:
            log.warning("%s cannot be counted", self.kind, extra={"error": repr(error.__cause__)})
            return self._within_limit_here(slots)
        return [slot for slot, answer in zip(slots, answers, strict=True) if answer]

    def _within_limit_here(self, slots: Collection[ConcurrencySlot]) -> list[ConcurrencySlot]:
        with self.lock:
            room = {
                slot.user_id: self.limit - len(self.open.get(slot.user_id, ())) for slot in slots
            }
        granted = []
        for slot in slots:
            room[slot.user_id] -= 1
            if room[slot.user_id] >= 0:
                granted.append(slot)
        return granted

    def close(self, slot: ConcurrencySlot) -> None:
        """Give the slot back at the next `release`. Does not block: an event loop calls it."""
        with self.lock:
            self.claiming.discard(slot)
            if slot in self.open.get(slot.user_id, ()):
                self.open[slot.user_id].remove(slot)
                if not self.open[slot.user_id]:
                    del self.open[slot.user_id]
                self.closed.append(slot)

    def release(self) -> None:
        """Release all slots that were closed, in one round trip."""
        with self.lock:
            closed, self.closed = self.closed, []
        try:
            redis_cache().run_script(RELEASE, list(self._by_user(closed).items()))
        except CacheAway as error:  # they expire
            log.warning("%s stay counted", self.kind, extra={"error": repr(error.__cause__)})

    def labels(self, user_ids: Collection[UUID]) -> dict[UUID, str]:
        """Return the label of an open slot of each user who has one, in one round trip.

        Raises CacheAway.
        """
        answers = redis_cache().run_script(LAST, [(self._key(user_id), ()) for user_id in user_ids])
        return {
            user_id: slots[0].decode()[ID_LENGTH:]
            for user_id, slots in zip(user_ids, answers, strict=True)
            if slots
        }

    def refresh(self, *, seconds: float = 0) -> None:
        """Refresh the slots of this process in batches, spread over `seconds`."""
        with self.lock:
            users = list(self.open)
        batches = [users[n : n + REFRESH_BATCH] for n in range(0, len(users), REFRESH_BATCH)]
        for batch in batches:
            self.renew(batch)
            time.sleep(seconds / len(batches))
        if not batches:
            time.sleep(seconds)

    def renew(self, user_ids: Iterable[UUID]) -> None:
        """Refresh the slots of these users in this process, also those that Redis has lost."""
        with self.lock:
            slots = self._by_user(slot for user in user_ids for slot in self.open.get(user, ()))
        calls = [(key, (TTL_SECONDS, *ids)) for key, ids in slots.items()]
        try:
            redis_cache().run_script(REFRESH, calls)
        except CacheAway as error:
            log.warning("%s not refreshed", self.kind, extra={"error": repr(error.__cause__)})

    def _start_refresher(self) -> None:
        with self.lock:
            if self.refresher is None:
                self.refresher = threading.Thread(
                    target=self._refresh_forever, name=f"slots-{self.kind}", daemon=True
                )
                self.refresher.start()

    def _refresh_forever(self) -> None:
        while True:
            self.refresh(seconds=REFRESH_SECONDS)

    def _by_user(self, slots: Iterable[ConcurrencySlot]) -> dict[str, list[str]]:
        ids: defaultdict[str, list[str]] = defaultdict(list)
        for slot in slots:
            ids[self._key(slot.user_id)].append(slot.id)
        return dict(ids)

    def _key(self, user_id: UUID) -> str:
        return f"{self.kind}:{user_id}"
