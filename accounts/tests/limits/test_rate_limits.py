"""Rate limits: the table, whose requests count together, and a cache that is away."""

from types import SimpleNamespace

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpResponse
from django.test import RequestFactory, SimpleTestCase

from accounts.limits import rate_limits
from accounts.limits.rate_limits import LIMITS, SCOPES, SECONDS, TooManyTries, limited, spend
from artgen.redis.cache import CacheAway
from generation.testing.clock import held_clock
from generation.testing.servers.shared_cache import shared
from generation.testing.services import free_port


class TestTable(SimpleTestCase):
    def test_each_limit_has_rates_that_can_be_read(self) -> None:
        for limit in LIMITS.values():
            assert limit.rates.keys() <= SCOPES.keys()
            for rate in (rate for rates in limit.rates.values() for rate in rates):
                count, seconds = rate_limits.numbers(rate)
                assert count > 0
                assert seconds in SECONDS.values()


class TestScopes(SimpleTestCase):
    def test_a_network_of_ipv6_counts_as_one_address(self) -> None:
        """A client has a whole /64."""
        of = SCOPES["address"]

        def request(address: str):
            return RequestFactory().post("/", REMOTE_ADDR=address)

        assert of(request("2001:db8:1:2::1")) == of(request("2001:db8:1:2:ffff::9"))
        assert of(request("2001:db8:1:2::1")) != of(request("2001:db8:1:3::1"))

    def test_visitors_count_by_address_and_users_by_id(self) -> None:
        request = RequestFactory().post("/", REMOTE_ADDR="10.0.0.1")
        request.user = AnonymousUser()
        assert SCOPES["user"](request) == "10.0.0.1"
        request.user = SimpleNamespace(is_authenticated=True, pk=7)  # type: ignore[assignment]
        assert SCOPES["user"](request) == "7"


class TestViews(SimpleTestCase):
    def send(self, view, *, times: int, method: str = "post") -> None:
        for _number in range(times):
            view(getattr(RequestFactory(), method)("/", REMOTE_ADDR="10.9.8.7"))

    def test_it_counts_posts_unless_the_table_says_all(self) -> None:
        @limited("report")
        def report(request):
            return HttpResponse()

        @limited("social")
        def callback(request):
            return HttpResponse()

        with held_clock():
            self.send(report, times=20, method="get")
            self.send(report, times=10)
            with pytest.raises(TooManyTries) as refusal:
                self.send(report, times=1)
            assert 0 < refusal.value.seconds <= 3600
            with pytest.raises(TooManyTries):
                self.send(callback, times=61, method="get")

    def test_views_share_a_count_unless_the_table_says_per_view(self) -> None:
        def first(request):
            return HttpResponse()

        def second(request):
            return HttpResponse()

        with held_clock():
            self.send(limited("link_from_email")(first), times=60)
            self.send(limited("link_from_email")(second), times=60)
            self.send(limited("second_factor")(first), times=60)
            with pytest.raises(TooManyTries):
                self.send(limited("second_factor")(second), times=1)


class TestWithoutCache(SimpleTestCase):
    def test_placing_goes_on_and_what_is_free_waits(self) -> None:
        with shared(f"redis://127.0.0.1:{free_port()}/0"):
            spend("place", "anyone")
            with pytest.raises(CacheAway):
                spend("tags", "anyone")
