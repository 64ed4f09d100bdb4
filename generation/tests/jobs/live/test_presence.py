"""presence: who has a socket open."""

import os
from unittest.mock import patch
from uuid import UUID, uuid4

import redis
from django.core.cache import cache
from django.test import SimpleTestCase

from accounts.models import User
from generation.jobs.live import presence
from generation.testing.servers.shared_cache import own_redis, shared
from generation.testing.services import free_port


class TestPresence(SimpleTestCase):
    def open(self, user_id: UUID) -> None:
        """Claim a slot as a socket does."""
        user = User(id=user_id, language="ru", time_zone="Europe/Moscow")
        slot = presence.SLOTS.new(user_id, label=presence.label(user))
        self.addCleanup(presence.SLOTS.close, slot)
        assert presence.SLOTS.claim([slot])

    def test_it_finds_those_who_are_present_in_one_round_trip(self) -> None:
        alice, bob = uuid4(), uuid4()
        url = self.enterContext(own_redis())  # others count in the statistics of the common one
        self.enterContext(shared(url))
        self.open(alice)
        assert presence.present([alice, bob]) == {alice: ("ru", "Europe/Moscow")}
        assert redis.Redis.from_url(url).info("commandstats")["cmdstat_zrange"]["calls"] == 2
        assert presence.present([]) == {}

    def test_it_remembers_who_is_present_but_not_who_is_absent(self) -> None:
        self.enterContext(shared(os.environ["REDIS_URL"]))
        alice, bob = uuid4(), uuid4()
        self.open(alice)
        assert set(presence.present([alice, bob])) == {alice}
        cache.delete(f"sockets:{alice}")
        self.open(bob)
        assert set(presence.present([alice, bob])) == {alice, bob}  # for REMEMBERED_SECONDS
        with patch.object(presence, "_remembered", {}):
            assert set(presence.present([alice])) == set()
            presence.SLOTS.renew([alice])
            assert set(presence.present([alice])) == {alice}

    def test_it_takes_everybody_for_present_while_redis_is_away(self) -> None:
        alice = uuid4()
        with shared(f"redis://127.0.0.1:{free_port()}/0"):
            assert presence.present([alice]) == {alice: None}
