"""How many sockets a user has open over all processes."""

import logging
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest
import redis
from django.core.cache import cache

from accounts.limits.concurrency_slots import TTL_SECONDS, ConcurrencySlots
from generation.testing.servers.shared_cache import shared
from generation.testing.services import free_port

LIMIT = 20


def process_of_sockets() -> ConcurrencySlots:
    return ConcurrencySlots("sockets", limit=LIMIT)


def open_sockets(process: ConcurrencySlots, user: UUID, count: int) -> int:
    """Open that many sockets in a process and return how many are granted."""
    return len(process.claim([process.new(user) for _ in range(count)]))


class TestOverRedis:
    @pytest.fixture(autouse=True)
    def redis(self) -> Iterator[None]:
        with shared(os.environ["REDIS_URL"]):
            self.client = redis.Redis.from_url(os.environ["REDIS_URL"])
            yield

    def test_it_counts_the_sockets_of_all_processes(self) -> None:
        here, there, alice, bob = process_of_sockets(), process_of_sockets(), uuid4(), uuid4()
        assert open_sockets(here, alice, 12) == 12
        assert open_sockets(there, alice, 12) == 8
        assert open_sockets(here, alice, 1) == 0
        assert open_sockets(there, bob, 20) == 20

    def test_it_grants_no_more_when_many_open_at_once(self) -> None:
        alice, processes = uuid4(), [process_of_sockets() for _ in range(8)]
        with ThreadPoolExecutor(8) as pool:
            granted = pool.map(lambda process: open_sockets(process, alice, 5), processes)
        assert sum(granted) == LIMIT

    def test_it_gives_a_closed_socket_s_slot_to_another(self) -> None:
        here, there, alice = process_of_sockets(), process_of_sockets(), uuid4()
        slots = here.claim([here.new(alice) for _ in range(LIMIT)])
        here.close(slots[0])
        here.release()
        assert open_sockets(there, alice, 2) == 1

    def test_it_gives_back_the_slot_of_a_socket_that_closes_while_it_opens(self) -> None:
        process, alice = process_of_sockets(), uuid4()
        slot = process.new(alice)
        process.close(slot)
        assert process.claim([slot]) == [slot]
        process.release()
        assert open_sockets(process, alice, LIMIT) == LIMIT

    def test_it_forgets_the_sockets_of_a_killed_process(self) -> None:
        killed, here, alice = process_of_sockets(), process_of_sockets(), uuid4()
        open_sockets(killed, alice, 15)
        assert open_sockets(here, alice, 5) == 5
        key = cache.make_key(f"sockets:{alice}")
        assert 0 < self.client.ttl(key) <= TTL_SECONDS
        now = self.client.time()[0]
        scores = self.client.zrange(key, 0, -1, withscores=True)
        assert {now < score <= now + TTL_SECONDS for _, score in scores} == {True}
        # TTL_SECONDS later: those of the living process have been refreshed.
        self.client.zadd(key, dict.fromkeys((member for member, _ in scores), now - 1))
        here.refresh()
        assert open_sockets(process_of_sockets(), alice, 20) == 15

    def test_it_counts_again_after_redis_has_lost_everything(self) -> None:
        here, there, alice = process_of_sockets(), process_of_sockets(), uuid4()
        open_sockets(here, alice, 15)
        self.client.delete(cache.make_key(f"sockets:{alice}"))
        here.refresh()
        assert open_sockets(there, alice, 20) == 5

    def test_it_refreshes_no_refused_socket(self) -> None:
        here, there, alice = process_of_sockets(), process_of_sockets(), uuid4()
        open_sockets(here, alice, LIMIT)
        assert open_sockets(there, alice, 5) == 0
        there.refresh()
        assert self.client.zcard(cache.make_key(f"sockets:{alice}")) == LIMIT


class TestWithoutRedis:
    def test_it_lets_sockets_open_while_redis_is_down(self, caplog: pytest.LogCaptureFixture):
        with shared(f"redis://127.0.0.1:{free_port()}/0"), caplog.at_level(logging.WARNING):
            process, alice = process_of_sockets(), uuid4()
            slots = process.claim([process.new(alice) for _ in range(2)])
            assert len(slots) == 2
            process.refresh()
            process.close(slots[0])
            process.release()
        assert "sockets cannot be counted" in caplog.text
