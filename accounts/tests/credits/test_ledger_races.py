"""Threads against one account on PostgreSQL, and the same without the guard, which fails."""

from threading import Barrier
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import TransactionTestCase

from accounts.credits import holds, ledger, ledger_check
from accounts.models import ApiToken, CreditEntry, User
from accounts.tokens import tokens
from generation.testing.cases import hold
from generation.testing.threads import at_once, at_once_behind


class TestLedgerRace(TransactionTestCase):
    def setUp(self) -> None:
        cache.clear()
        self.user = User.objects.create_user("alice@example.org")
        ledger.grant(user=self.user, amount=70, reason="for the test")

    def assert_money(self, *, credits: int, held: int) -> None:
        self.user.refresh_from_db()
        assert (self.user.credits, self.user.held) == (credits, held)
        assert ledger_check.check() == []

    def test_it_holds_no_more_than_there_is(self) -> None:
        outcome = at_once([lambda: hold(user=self.user, amount=10) for _ in range(20)])
        assert outcome == {"CreditEntry": 7, "TooFewCredits": 13}
        self.assert_money(credits=0, held=70)
        balances = CreditEntry.objects.filter(kind="hold").order_by("created_at", "id")
        assert list(balances.values_list("balance_after", flat=True)) == [60, 50, 40, 30, 20, 10, 0]

    def test_it_would_hold_too_much_without_the_guard(self) -> None:
        barrier = Barrier(4)

        def hold_naively() -> None:
            user = User.objects.get(pk=self.user.pk)
            barrier.wait(timeout=20)
            if user.credits >= 30:
                with transaction.atomic():
                    User.objects.filter(pk=user.pk).update(
                        credits=user.credits - 30, held=user.held + 30
                    )
                    CreditEntry.objects.create(
                        user=user,
                        kind="hold",
                        amount=-30,
                        balance_after=user.credits - 30,
                        reference=uuid4(),
                    )

        at_once([hold_naively] * 4)
        assert {(found.what, found.stored, found.entries) for found in ledger_check.check()} == {
            ("credits", 40, -50),
            ("held", 30, 120),
        }

    def test_it_ends_a_hold_once(self) -> None:
        for _ in range(10):
            reference = uuid4()
            hold(user=self.user, amount=2, reference=reference)
            outcome = at_once(
                [lambda reference=reference: holds.settle(reference=reference) for _ in range(4)]
            )
            assert outcome == {"CreditEntry": 1, "HoldEnded": 3}
        self.assert_money(credits=50, held=0)

    def test_it_settles_or_releases_but_never_both(self) -> None:
        spent = 0
        for _ in range(10):
            reference = uuid4()
            hold(user=self.user, amount=2, reference=reference)
            settle = lambda reference=reference: holds.settle(reference=reference)  # noqa: E731
            release = lambda reference=reference: holds.release(reference=reference, reason="")  # noqa: E731
            assert at_once([settle, release]) == {"CreditEntry": 1, "HoldEnded": 1}
            spent += 2 * CreditEntry.objects.filter(reference=reference, kind="settle").count()
        self.assert_money(credits=70 - spent, held=0)

    def test_it_does_not_deadlock_on_many_settles_of_one_user(self) -> None:
        references = [uuid4() for _ in range(16)]
        for reference in references:
            hold(user=self.user, amount=4, reference=reference)

        def settle_some(mine: list) -> None:
            with transaction.atomic():
                for reference in mine:
                    holds.settle(reference=reference)

        outcome = at_once([lambda mine=references[n::8]: settle_some(mine) for n in range(8)])
        assert outcome == {"NoneType": 8}
        self.assert_money(credits=6, held=0)

    def test_it_opens_an_account_once(self) -> None:
        carol = User.objects.create_user("carol@example.org")
        outcome = at_once([lambda: ledger.open_account(carol, credits=50)] * 4)
        assert outcome == {"CreditEntry": 1, "NoneType": 3}
        carol.refresh_from_db()
        assert carol.credits == 50


class TestSpendingLimitRace(TransactionTestCase):
    """Parallel orders of one API token that may spend 30 credits."""

    def setUp(self) -> None:
        cache.clear()
        self.user = User.objects.create_user("alice@example.org")
        ledger.grant(user=self.user, amount=1000, reason="for the test")
        tokens.issue(user=self.user, name="limited", credit_limit=30)
        self.token = ApiToken.objects.get()

    def hold(self) -> None:
        one = [holds.Hold(reference=uuid4(), amount=10, reason="")]
        holds.hold_all(user=self.user, holds=one, token_id=self.token.pk)

    def test_it_spends_no_more_than_its_limit(self) -> None:
        assert at_once([self.hold] * 12) == {"NoneType": 3, "TokenLimitReached": 9}
        self.token.refresh_from_db()
        assert self.token.credits_spent == 30
        self.user.refresh_from_db()
        assert (self.user.credits, self.user.held) == (970, 30)
        assert ledger_check.check() == []

    def test_it_would_spend_more_without_the_lock(self) -> None:
        unlocked = holds.HOLD.replace("    FOR UPDATE\n", "")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(holds, "HOLD", unlocked)
            at_once_behind(
                lambda: User.objects.select_for_update().get(pk=self.user.pk), [self.hold] * 12
            )
        self.token.refresh_from_db()
        assert self.token.credits_spent == 120


class TestExternalReferenceRace(TransactionTestCase):
    """A purchase that a payment provider reports many times at once."""

    def setUp(self) -> None:
        cache.clear()
        self.user = User.objects.create_user("alice@example.org")

    def test_it_is_granted_once(self) -> None:
        for number in range(5):
            buy = lambda number=number: ledger.grant(  # noqa: E731
                user=self.user, amount=10, reason="Order", external_reference=f"shop:{number}"
            )
            assert at_once([buy] * 8) == {"CreditEntry": 8}
        self.user.refresh_from_db()
        assert (self.user.credits, CreditEntry.objects.count()) == (50, 5)
        assert ledger_check.check() == []

    def test_it_is_granted_to_one_of_two_accounts(self) -> None:
        bob = User.objects.create_user("bob@example.org")
        outcome = at_once(
            [
                lambda user=user: ledger.grant(
                    user=user, amount=10, reason="Order", external_reference="shop:1"
                )
                for user in (self.user, bob)
            ]
        )
        assert outcome == {"CreditEntry": 1, "ReferenceUsed": 1}

    def test_it_would_be_granted_often_without_the_reference(self) -> None:
        def buy_naively() -> None:
            if not CreditEntry.objects.filter(user=self.user, reason="Order 1").exists():
                ledger.grant(user=self.user, amount=10, reason="Order 1")

        at_once_behind(
            lambda: User.objects.select_for_update().get(pk=self.user.pk), [buy_naively] * 8
        )
        assert CreditEntry.objects.count() == 8
