"""Moderators and authors at once on PostgreSQL: one decision, one order, one stored request."""

import threading
from collections import Counter

import pytest
from django.core.cache import cache
from django.test import TransactionTestCase

from accounts.credits import ledger, ledger_check
from generation.jobs.placing import reviewed_orders
from generation.models import Job, ModerationRule, PromptReview, ReviewState, RuleAction
from generation.moderation import prompt_reviews
from generation.moderation.refusals import AlreadyDecided, HeldForReview
from generation.testing import orders
from generation.testing.cases import load_catalog, make_user
from generation.testing.rows.api import FLUX
from generation.testing.threads import in_threads

AT_ONCE = 6
GUN = {**FLUX, "prompt": "two guns"}


class TestRace(TransactionTestCase):
    def setUp(self) -> None:
        cache.clear()
        load_catalog()
        self.author = make_user("author@example.org")
        self.staff = make_user("staff@example.org", is_staff=True)
        ModerationRule.objects.create(pattern="gun", action=RuleAction.HOLD)
        self.start = threading.Barrier(AT_ONCE)

    def place(self) -> object:
        try:
            return orders.place(user=self.author, request=GUN).jobs[0].id
        except HeldForReview as refusal:
            return refusal.review.id

    def test_the_same_request_at_once_is_stored_once(self) -> None:
        def send(_number: int) -> object:
            self.start.wait()
            return self.place()

        assert set(in_threads(AT_ONCE, send)) == {PromptReview.objects.get().id}

    def decide_at_once(self) -> Counter[str]:
        """Approve, reject and withdraw one request at once; return what each got."""
        self.place()

        def decide(number: int) -> str:
            review = PromptReview.objects.select_related("user").get()
            self.start.wait()
            try:
                if number % 3 == 0:
                    reviewed_orders.approve(review, by=self.staff)
                elif number % 3 == 1:
                    prompt_reviews.reject(review, by=self.staff, reason="no")
                else:
                    prompt_reviews.cancel(review)
            except AlreadyDecided:
                return "too late"
            return "decided"

        return Counter(in_threads(AT_ONCE, decide))

    def test_only_one_of_several_decisions_counts(self) -> None:
        # An approval also overrides a rejection, by intent; never a withdrawal.
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(prompt_reviews, "APPROVABLE", (ReviewState.WAITING,))
            assert self.decide_at_once() == {"decided": 1, "too late": AT_ONCE - 1}
        self.check()

    def test_an_approved_request_is_placed_once(self) -> None:
        self.place()

        def approve(_number: int) -> str:
            review = PromptReview.objects.select_related("user").get()
            self.start.wait()
            try:
                reviewed_orders.approve(review, by=self.staff)
            except AlreadyDecided:
                return "too late"
            return "approved"

        assert Counter(in_threads(AT_ONCE, approve)) == {"approved": 1, "too late": AT_ONCE - 1}
        assert Job.objects.count() == 1
        self.check()

    def test_a_rule_applies_to_orders_that_are_being_placed(self) -> None:
        """Orders and a new rule at once: after its commit no order passes it."""
        ModerationRule.objects.all().delete()
        self.place()
        ledger.grant(user=self.author, amount=1000, reason="test")

        def work(number: int) -> None:
            self.start.wait()
            if number == 0:
                ModerationRule.objects.create(pattern="gun", action=RuleAction.HOLD)
                return
            for _n in range(5):
                self.place()

        in_threads(AT_ONCE, work)
        placed = Job.objects.count()
        for _n in range(3):
            self.place()
        assert Job.objects.count() == placed
        self.check()

    def check(self) -> None:
        assert ledger_check.check() == []
        review = PromptReview.objects.order_by("-id")[0]
        if review.state == ReviewState.APPROVED:
            assert Job.objects.filter(id=review.placed).exists()
