"""Quotas of users and groups: which value counts, and that concurrent orders keep to it."""

from datetime import timedelta
from threading import Barrier
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.test import TransactionTestCase, override_settings
from django.utils import translation

from accounts.credits import holds, ledger
from accounts.limits import period_limits, quotas
from accounts.limits.period_limits import PeriodLimitReached
from accounts.limits.quotas import BatchNotAllowed, ModelNotAllowed, OrderSummary, SizeNotAllowed
from accounts.models import GroupQuota, User
from generation.testing.cases import BaseTestCase, make_user
from generation.testing.threads import at_once

LARGE = 1024 * 1024


def group_of(user, **values):
    group = Group.objects.create(name=f"group {Group.objects.count()}")
    GroupQuota.objects.create(group=group, **values)
    user.groups.add(group)
    return group


def set_own(user, **values):
    User.objects.filter(pk=user.pk).update(**values)
    user.refresh_from_db()


def hold(user, *amounts, order=None, **options):
    wanted = [holds.Hold(reference=uuid4(), amount=amount, reason="") for amount in amounts]
    holds.hold_all(user=user, holds=wanted, order=order, **options)


def order(count=1, model="flux", pixels=LARGE):
    return OrderSummary(count, models={model: model.upper()}, pixels=pixels)


class TestWhichValueCounts(BaseTestCase):
    @override_settings(MAX_JOBS_PER_DAY=5)
    def test_it_prefers_the_user_then_the_most_generous_group_then_the_site(self):
        assert quotas.of(self.alice).limit("jobs_per_day") == 5
        group_of(self.alice, max_jobs_per_day=2)
        assert quotas.of(self.alice).limit("jobs_per_day") == 2
        group_of(self.alice, max_jobs_per_day=3)
        group_of(self.alice)  # says nothing
        group_of(self.bob, max_jobs_per_day=100)
        assert quotas.of(self.alice).limit("jobs_per_day") == 3
        set_own(self.alice, max_jobs_per_day=1)
        assert quotas.of(self.alice).limit("jobs_per_day") == 1
        hold(self.alice, 1)
        with pytest.raises(PeriodLimitReached):
            hold(self.alice, 1)

    @override_settings(MAX_JOBS_PER_DAY=1)
    def test_it_lets_a_group_lift_a_limit_of_the_site(self):
        hold(self.alice, 1)
        group = group_of(self.alice, max_jobs_per_day=3)
        hold(self.alice, 1, 1)
        with pytest.raises(PeriodLimitReached):
            hold(self.alice, 1)
        group.delete()
        with pytest.raises(PeriodLimitReached):
            hold(self.alice, 1)

    def test_it_allows_nothing_with_0(self):
        group_of(self.alice, max_jobs_per_month=0)
        with pytest.raises(PeriodLimitReached) as refused:
            hold(self.alice, 0)
        assert refused.value.code == "monthly_limit"

    def test_it_counts_a_month_on_while_days_change(self):
        set_own(self.alice, max_jobs_per_month=3, max_credits_per_month=20)
        hold(self.alice, 5, 5)
        first = period_limits.today().replace(day=1)
        set_own(self.alice, counted_on=first, jobs_today=9)
        hold(self.alice, 5)
        with pytest.raises(PeriodLimitReached) as refused:
            hold(self.alice, 5)
        assert refused.value.code == "monthly_limit"
        assert 0 < refused.value.retry_after <= 32 * 24 * 60 * 60
        set_own(self.alice, counted_on=first - timedelta(days=1))
        hold(self.alice, 5)
        used = period_limits.used(User.objects.get(pk=self.alice.pk))
        assert (used["jobs_per_month"], used["credits_per_month"]) == (1, 5)

    @translation.override("en")
    def test_it_allows_the_models_of_all_groups_together(self):
        group_of(self.alice, allowed_models="flux sdxl")
        group_of(self.alice, allowed_models="qwen")
        group_of(self.alice)
        for model in ("flux", "sdxl", "qwen"):
            hold(self.alice, 1, order=order(model=model))
        for model in ("flu", "lux", "qwen-image", "*", "sd xl"):
            with pytest.raises(ModelNotAllowed) as refused:
                hold(self.alice, 1, order=order(model=model))
            assert refused.value.message == f"Your account has no access to {model.upper()}."
        set_own(self.alice, allowed_models="other")
        with pytest.raises(ModelNotAllowed):
            hold(self.alice, 1, order=order())
        set_own(self.alice, allowed_models="*")
        hold(self.alice, 1, order=order(model="anything"))

    @translation.override("en")
    def test_it_limits_the_size_and_the_number_of_images(self):
        group_of(self.alice, max_megapixels=1, max_batch=2)
        hold(self.alice, 1, 1, order=order(2))
        hold(self.alice, 1, order=order(pixels=1168 * 904))  # 1 MP, rounded to multiples of 8
        with pytest.raises(SizeNotAllowed) as too_large:
            hold(self.alice, 1, order=order(pixels=LARGE * 2))
        assert "1\N{NO-BREAK SPACE}MP" in too_large.value.message.replace(" MP", "\xa0MP")
        with pytest.raises(BatchNotAllowed) as too_many:
            hold(self.alice, 1, 1, 1, order=order(3))
        assert too_many.value.message == "You can create up to 2 images at a time."
        assert period_limits.used(User.objects.get(pk=self.alice.pk))["jobs_per_day"] == 3

    def test_it_says_what_is_never_allowed_before_what_is_missing_now(self):
        set_own(self.alice, allowed_models="sdxl", max_jobs_per_day=0)
        with pytest.raises(ModelNotAllowed):
            hold(self.alice, 1000, order=order())
        with pytest.raises(ledger.TooFewCredits):
            hold(self.alice, 1000, order=order(model="sdxl"))

    def test_it_lets_staff_order_without_quotas(self):
        set_own(self.alice, allowed_models="sdxl", max_batch=0, max_jobs_per_month=0)
        hold(self.alice, 1, order=order(), by_staff=True)


class TestManyAtOnce(TransactionTestCase):
    """Twenty orders of one user at the same time, for each counter; and a look before the order."""

    quota_of = {
        "jobs_per_day": (7, 7),
        "credits_per_day": (14, 7),
        "jobs_per_month": (7, 7),
        "credits_per_month": (14, 7),
    }

    def setUp(self):
        cache.clear()
        self.user = make_user("alice@example.org", credits=1000)

    def used(self, name):
        return period_limits.used(User.objects.get(pk=self.user.pk))[name]

    def test_it_never_exceeds_a_quota_of_a_group(self):
        for name, (limit, placed) in self.quota_of.items():
            with self.subTest(name):
                User.objects.update(counted_on=None)
                group = group_of(self.user, **{f"max_{name}": limit})
                outcome = at_once([lambda: hold(self.user, 2) for _ in range(20)])
                assert outcome == {"NoneType": placed, "PeriodLimitReached": 20 - placed}
                assert self.used(name) == limit
                group.delete()

    @pytest.mark.slow
    def test_it_would_exceed_each_quota_if_it_looked_first(self):
        for name, (limit, _placed) in self.quota_of.items():
            with self.subTest(name):
                User.objects.update(counted_on=None)
                group = group_of(self.user, **{f"max_{name}": limit})
                barrier = Barrier(8)

                def hold_after_a_look(barrier=barrier):
                    looked = User.objects.get(pk=self.user.pk)
                    refused = period_limits.refusal(looked, quotas.of(looked), jobs=2, credits=4)
                    barrier.wait(timeout=20)
                    if refused:
                        raise refused
                    hold(self.user, 2, 2, by_staff=True)

                at_once([hold_after_a_look] * 8)
                assert self.used(name) > limit
                group.delete()
