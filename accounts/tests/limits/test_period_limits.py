"""Daily limits of jobs, cancellations and credits, also for many requests at once."""

from datetime import date, timedelta
from threading import Barrier
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import TransactionTestCase, override_settings

from accounts.credits import holds, ledger
from accounts.limits import period_limits, quotas
from accounts.limits.period_limits import PeriodLimitReached
from accounts.models import CreditEntry, User
from generation.testing.cases import BaseTestCase, make_user
from generation.testing.threads import at_once


def hold(user, *amounts, **options):
    wanted = [holds.Hold(reference=uuid4(), amount=amount, reason="") for amount in amounts]
    holds.hold_all(user=user, holds=wanted, **options)


def used(user):
    return dict(period_limits.used(User.objects.get(pk=user.pk)))


def counted(*, jobs=0, cancels=0, credits=0):
    return {
        "jobs_per_day": jobs,
        "cancels_per_day": cancels,
        "credits_per_day": credits,
        "jobs_per_month": jobs,
        "credits_per_month": credits,
    }


def count_cancel(user):
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=user.pk)
        period_limits.count_cancel(user.pk)


@pytest.mark.parametrize(
    ("zone", "day", "begins", "hours"),
    [
        ("Europe/Berlin", date(2026, 3, 29), "2026-03-28T23:00", 23),
        ("Europe/Berlin", date(2026, 10, 25), "2026-10-24T22:00", 25),
        ("Africa/Cairo", date(2026, 4, 24), "2026-04-23T22:00", 23),  # there is no midnight
        ("America/Havana", date(2026, 11, 1), "2026-11-01T04:00", 25),  # there are two
        ("Asia/Kathmandu", date(2026, 11, 1), "2026-10-31T18:15", 24),
    ],
)
def test_a_day_begins_at_midnight_whatever_clocks_do(zone, day, begins, hours):
    with override_settings(TIME_ZONE=zone):
        start, end = (period_limits.begins_at(day + timedelta(days=n)) for n in (0, 1))
        assert start.isoformat() == f"{begins}:00+00:00"
        assert end - start == timedelta(hours=hours)
        # As the database returns it, and as it is compared with it.
        assert start == start.astimezone(ZoneInfo("UTC"))


class TestDailyLimits(BaseTestCase):
    def assert_refused(self, counter, limit, *amounts):
        before = self.alice.entries.count(), used(self.alice)
        with pytest.raises(PeriodLimitReached) as refused:
            hold(self.alice, *amounts)
        assert (refused.value.counter.quota, refused.value.limit) == (counter, limit)
        assert 0 < refused.value.retry_after <= 32 * 24 * 60 * 60
        assert (self.alice.entries.count(), used(self.alice)) == before

    def set_limits(self, **limits):
        User.objects.filter(pk=self.alice.pk).update(**limits)

    @override_settings(MAX_JOBS_PER_DAY=3)
    def test_it_limits_the_jobs_of_a_day_for_each_user(self):
        hold(self.alice, 1, 2)
        self.assert_refused("jobs_per_day", 3, 1, 1)
        hold(self.alice, 4)
        self.assert_refused("jobs_per_day", 3, 1)
        assert used(self.alice) == counted(jobs=3, credits=7)
        hold(self.bob, 1)

    @override_settings(MAX_CREDITS_PER_DAY=10)
    def test_it_limits_the_credits_of_a_day(self):
        hold(self.alice, 6)
        self.assert_refused("credits_per_day", 10, 5)
        hold(self.alice, 4)

    @override_settings(MAX_CANCELS_PER_DAY=1)
    def test_it_limits_the_cancellations_of_a_day(self):
        count_cancel(self.alice)
        with pytest.raises(PeriodLimitReached):
            count_cancel(self.alice)
        assert used(self.alice) == counted(cancels=1)

    @override_settings(MAX_JOBS_PER_DAY=1, MAX_CREDITS_PER_DAY=None)
    def test_it_prefers_what_staff_have_set_for_a_user(self):
        self.set_limits(max_jobs_per_day=2, max_credits_per_day=3)
        hold(self.alice, 1, 1)
        self.assert_refused("jobs_per_day", 2, 1)
        self.set_limits(max_jobs_per_day=9)
        self.assert_refused("credits_per_day", 3, 2)
        self.set_limits(max_jobs_per_day=0)
        self.assert_refused("jobs_per_day", 0, 0)

    @override_settings(MAX_JOBS_PER_DAY=None)
    def test_it_needs_no_limit(self):
        for _ in range(3):
            hold(self.alice, 1)
        assert used(self.alice)["jobs_per_day"] == 3

    @override_settings(MAX_JOBS_PER_DAY=1)
    def test_it_starts_again_each_day(self):
        hold(self.alice, 1)
        count_cancel(self.alice)
        self.set_limits(counted_on=period_limits.today() - timedelta(days=1))
        this_month = period_limits.today().day > 1
        assert used(self.alice) == counted() | (
            {"jobs_per_month": 1, "credits_per_month": 1} if this_month else {}
        )
        hold(self.alice, 5)
        assert used(self.alice)["jobs_per_day"] == 1
        assert used(self.alice)["credits_per_day"] == 5

    @override_settings(MAX_JOBS_PER_DAY=1)
    def test_it_does_not_start_again_by_a_clock_that_is_behind(self):
        tomorrow = period_limits.today() + timedelta(days=1)
        hold(self.alice, 1)
        self.set_limits(counted_on=tomorrow)
        self.assert_refused("jobs_per_day", 1, 1)
        assert User.objects.get(pk=self.alice.pk).counted_on == tomorrow

    @override_settings(MAX_JOBS_PER_DAY=1)
    def test_it_counts_what_staff_order_without_a_limit(self):
        hold(self.alice, 1, 1, by_staff=True)
        assert used(self.alice)["jobs_per_day"] == 2

    @override_settings(MAX_JOBS_PER_DAY=1)
    def test_it_says_first_that_there_are_too_few_credits(self):
        hold(self.alice, 1)
        with pytest.raises(ledger.TooFewCredits):
            hold(self.alice, 1000)


@override_settings(MAX_JOBS_PER_DAY=7, MAX_CANCELS_PER_DAY=7)
class TestManyAtOnce(TransactionTestCase):
    def setUp(self):
        cache.clear()
        self.user = make_user("alice@example.org")

    def test_it_holds_for_no_more_jobs_than_a_day_may_have(self):
        outcome = at_once([lambda: hold(self.user, 1) for _ in range(20)])
        assert outcome == {"NoneType": 7, "PeriodLimitReached": 13}
        assert CreditEntry.objects.filter(kind="hold").count() == 7
        assert used(self.user)["jobs_per_day"] == 7

    def test_it_counts_no_more_cancellations_than_a_day_may_have(self):
        outcome = at_once([lambda: count_cancel(self.user) for _ in range(20)])
        assert outcome == {"NoneType": 7, "PeriodLimitReached": 13}

    def test_it_would_exceed_the_limit_if_it_looked_first(self):
        barrier = Barrier(8)

        def hold_after_a_look():
            looked = User.objects.get(pk=self.user.pk)
            barrier.wait(timeout=20)
            if refused := period_limits.refusal(looked, quotas.of(looked), jobs=4):
                raise refused
            hold(self.user, 1, 1, 1, 1, by_staff=True)

        at_once([hold_after_a_look] * 8)
        assert used(self.user)["jobs_per_day"] == 32
