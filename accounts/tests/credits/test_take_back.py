"""Staff take credits back: never below zero, held ones stay with their jobs."""

from typing import Any
from uuid import uuid4

from django.contrib.admin.models import LogEntry
from django.core.cache import cache
from django.test import TransactionTestCase

from accounts.credits import ledger, ledger_check
from accounts.models import CreditEntry, User
from generation.testing.cases import BaseTestCase, hold
from generation.testing.threads import at_once, at_once_behind


class TestTakeBack(BaseTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.url = f"/admin/accounts/user/grant/?user={self.alice.pk}"
        self.client.force_login(self.staff)

    def take(self, amount: int, **data: Any) -> Any:
        fields = {"amount": -amount, "reason": "by mistake", "once": str(uuid4())} | data
        return self.client.post(self.url, fields, follow=True)

    def balance(self) -> tuple[int, int]:
        self.alice.refresh_from_db()
        return self.alice.credits, self.alice.held

    def test_it_takes_them_and_says_why(self) -> None:
        page = self.take(30)
        self.assertContains(page, "1 account has changed.")
        self.assertContains(page, self.url)
        entry = CreditEntry.objects.of(self.alice)[0]
        assert (entry.kind, entry.amount, entry.reason, entry.actor) == (
            "adjust", -30, "by mistake", self.staff,
        )  # fmt: skip
        assert LogEntry.objects.get().change_message == "-30 credits: by mistake"
        self.client.force_login(self.alice)
        self.assertContains(self.client.get("/account/ledger/"), "by mistake")

    def test_it_takes_no_more_than_is_free(self) -> None:
        hold(user=self.alice, amount=60)
        page = self.take(41)
        self.assertContains(page, "The account has only 40\N{NO-BREAK SPACE}credits.")
        assert self.balance() == (40, 60)
        self.take(41, at_most="on")
        assert self.balance() == (0, 60)
        self.assertContains(self.take(1, at_most="on"), "The account has no free credits.")
        assert self.balance() == (0, 60)
        assert ledger_check.check() == []

    def test_it_takes_once_for_one_form(self) -> None:
        once = str(uuid4())
        self.take(10, once=once)
        self.assertContains(self.take(10, once=once), "already granted")
        assert self.balance() == (90, 0)

    def test_it_refuses_wrong_amounts_and_no_reason(self) -> None:
        for amount, reason in ((0, "x"), (5, " "), (5, "x" * 301)):
            self.take(amount, reason=reason)
        assert self.balance() == (100, 0)


class TestTakeBackRace(TransactionTestCase):
    """Members of staff take at the same time as jobs are placed."""

    def setUp(self) -> None:
        cache.clear()
        self.user = User.objects.create_user("alice@example.org")

    def fill(self) -> None:
        ledger.grant(user=self.user, amount=50, reason="for the test")

    def test_it_never_goes_below_zero(self) -> None:
        for _round in range(5):
            self.fill()
            take = lambda: ledger.take_back(  # noqa: E731
                user=self.user, amount=20, reason="race", at_most=True
            )
            spend = lambda: hold(user=self.user, amount=7)  # noqa: E731
            outcome = at_once([take, spend] * 4)
            assert set(outcome) <= {"CreditEntry", "NothingToTake", "TooFewCredits"}
            assert ledger_check.check() == []
        self.user.refresh_from_db()
        assert self.user.credits == 0

    def test_it_would_fail_without_the_lock(self) -> None:
        def take_naively() -> object:
            credits = User.objects.get(pk=self.user.pk).credits
            if not credits:
                raise ledger.NothingToTake
            return ledger.adjust(user=self.user, amount=-min(20, credits), reason="race")

        self.fill()
        outcome = at_once_behind(
            lambda: User.objects.select_for_update().get(pk=self.user.pk), [take_naively] * 8
        )
        # Six were to take what is there, and were refused.
        assert outcome == {"CreditEntry": 2, "TooFewCredits": 6}
