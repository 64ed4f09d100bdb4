"""presence: who has a socket open."""

import os
from unittest.mock import patch
from uuid import UUID, uuid4

import redis
from django.core.cache import cache
from django.test import SimpleTestCase

from artgen.testing.clock import held_clock
from artgen.testing.services import free_port
from artgen.testing.shared_cache import own_redis, shared
from generation.jobs import presence

READER = ("ru", "Europe/Moscow")


class PresenceTestCase(SimpleTestCase):
    def open(self, user: UUID) -> None:
        presence.opened(user, READER, limit=20)
        self.addCleanup(presence.closed, user)
        presence.announce([user])


class TestOverRedis(PresenceTestCase):
    def setUp(self) -> None:
        self.enterContext(shared(os.environ["REDIS_URL"]))

    def forget(self, user: UUID) -> None:
        assert cache.delete(f"presence:{user}")

    def test_it_finds_those_who_are_present_in_one_round_trip(self) -> None:
        alice, bob = uuid4(), uuid4()
        url = self.enterContext(own_redis())  # others count in the statistics of the common one
        self.enterContext(shared(url))
        self.open(alice)
        client = redis.Redis.from_url(url)
        assert "cmdstat_mget" not in client.info("commandstats")
        assert set(presence.present([alice, bob])) == {alice}
        assert client.info("commandstats")["cmdstat_mget"]["calls"] == 1
        assert set(presence.present([])) == set()

    def test_it_remembers_who_is_present_but_not_who_is_absent(self) -> None:
        self.enterContext(held_clock())
        alice, bob = uuid4(), uuid4()
        self.open(alice)
        assert set(presence.present([alice, bob])) == {alice}
        self.forget(alice)
        assert presence.present([alice]) == {alice: READER}  # for REMEMBERED_SECONDS
        self.open(bob)
        assert set(presence.present([alice, bob])) == {alice, bob}

    def test_it_asks_again_after_a_while(self) -> None:
        alice = uuid4()
        self.open(alice)
        with patch.object(presence, "REMEMBERED_SECONDS", 0):
            assert set(presence.present([alice])) == {alice}
        self.forget(alice)
        assert presence.present([alice]) == {}

    def test_it_lets_each_key_end(self) -> None:
        alice = uuid4()
        self.open(alice)
        left = redis.Redis.from_url(os.environ["REDIS_URL"]).ttl(
            cache.make_key(f"presence:{alice}")
        )
        assert 0 < left <= presence.TTL_SECONDS, left

    def test_it_keeps_those_present_whose_socket_is_open_here_and_no_others(self) -> None:
        here, gone = uuid4(), uuid4()
        self.open(here)
        presence.opened(gone, READER, limit=20)
        presence.announce([gone])
        presence.closed(gone)
        for user in (here, gone):
            self.forget(user)
        presence.refresh()
        assert set(presence.present([here, gone])) == {here}

    def test_it_leaves_a_key_that_another_process_may_need(self) -> None:
        alice = uuid4()
        presence.opened(alice, READER, limit=20)
        presence.announce([alice])
        presence.closed(alice)
        assert presence.present([alice]) == {alice: READER}


class TestWithoutRedis(PresenceTestCase):
    def test_it_takes_everybody_for_present(self) -> None:
        with shared(f"redis://127.0.0.1:{free_port()}/0"):
            alice, bob = uuid4(), uuid4()
            self.open(alice)
            presence.refresh()
            assert set(presence.present([alice, bob])) == {alice, bob}
