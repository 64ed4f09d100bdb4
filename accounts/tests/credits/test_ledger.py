import re
from datetime import UTC, datetime
from unittest.mock import patch
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import override_settings

from accounts.credits import holds, ledger, ledger_check
from accounts.models import AppendOnly, CreditEntry, User
from generation.testing.cases import BaseTestCase, hold, make_user

Kind = CreditEntry.Kind


class LedgerTestCase(BaseTestCase):
    def assert_money(self, user: User, *, credits: int, held: int) -> None:
        user.refresh_from_db()
        assert (user.credits, user.held) == (credits, held)
        assert sum(entry.amount for entry in user.entries.all()) == credits
        assert ledger_check.check() == []


class TestGrant(LedgerTestCase):
    def test_it_adds_credits_and_says_who_and_why(self) -> None:
        entry = ledger.grant(
            user=self.alice, amount=40, reason=" For the exhibition ", actor=self.staff
        )
        assert (entry.kind, entry.amount, entry.balance_after) == (Kind.GRANT, 40, 140)
        assert (entry.reason, entry.actor, entry.reference) == (
            "For the exhibition",
            self.staff,
            None,
        )
        self.assert_money(self.alice, credits=140, held=0)
        self.assert_money(self.bob, credits=100, held=0)

    def test_it_refuses_nothing_less_than_nothing_and_no_reason(self) -> None:
        for amount, reason in ((0, "why"), (-1, "why"), (1, ""), (1, "  ")):
            with pytest.raises(ValueError):
                ledger.grant(user=self.alice, amount=amount, reason=reason)
        self.assert_money(self.alice, credits=100, held=0)

    def test_it_refuses_more_than_an_account_can_hold(self) -> None:
        with pytest.raises(ledger.TooManyCredits):
            ledger.grant(user=self.alice, amount=ledger.MAX_CREDITS - 99, reason="why")
        ledger.grant(user=self.alice, amount=ledger.MAX_CREDITS - 100, reason="why")
        self.assert_money(self.alice, credits=ledger.MAX_CREDITS, held=0)

    def test_it_returns_a_hold_to_a_full_account(self) -> None:
        reference = uuid4()
        hold(user=self.alice, amount=5, reference=reference)
        ledger.grant(user=self.alice, amount=ledger.MAX_CREDITS - 95, reason="why")
        holds.release(reference=reference, reason="")
        self.assert_money(self.alice, credits=ledger.MAX_CREDITS + 5, held=0)


class TestAdjust(LedgerTestCase):
    def test_it_moves_the_balance_either_way(self) -> None:
        assert (
            ledger.adjust(
                user=self.alice, amount=-30, reason="counted twice", actor=self.staff
            ).balance_after
            == 70
        )
        assert ledger.adjust(user=self.alice, amount=5, reason="rounded").balance_after == 75
        self.assert_money(self.alice, credits=75, held=0)

    def test_it_refuses_to_go_below_zero_or_to_do_nothing(self) -> None:
        with pytest.raises(ledger.TooFewCredits) as caught:
            ledger.adjust(user=self.alice, amount=-101, reason="why")
        assert (caught.value.needed, caught.value.available, caught.value.short) == (101, 100, 1)
        with pytest.raises(ValueError):
            ledger.adjust(user=self.alice, amount=0, reason="why")
        self.assert_money(self.alice, credits=100, held=0)


class TestHold(LedgerTestCase):
    def test_it_sets_credits_aside(self) -> None:
        reference = uuid4()
        entry = hold(user=self.alice, amount=12, reference=reference)
        assert (entry.kind, entry.amount, entry.balance_after, entry.reference) == (
            Kind.HOLD,
            -12,
            88,
            reference,
        )
        self.assert_money(self.alice, credits=88, held=12)

    def test_it_takes_the_last_credit_but_not_one_more(self) -> None:
        hold(user=self.alice, amount=100)
        with pytest.raises(ledger.TooFewCredits) as caught:
            hold(user=self.alice, amount=1)
        assert (caught.value.needed, caught.value.available) == (1, 0)
        self.assert_money(self.alice, credits=0, held=100)

    def test_it_costs_nothing_where_the_price_is_zero(self) -> None:
        reference = uuid4()
        hold(user=self.alice, amount=0, reference=reference)
        holds.settle(reference=reference)
        self.assert_money(self.alice, credits=100, held=0)

    def test_it_refuses_a_second_hold_for_a_reference(self) -> None:
        reference = uuid4()
        hold(user=self.alice, amount=3, reference=reference)
        for user in (self.alice, self.bob):
            with pytest.raises(IntegrityError):
                hold(user=user, amount=3, reference=reference)
        self.assert_money(self.alice, credits=97, held=3)
        self.assert_money(self.bob, credits=100, held=0)

    def test_it_refuses_a_negative_amount(self) -> None:
        with pytest.raises(ValueError):
            hold(user=self.alice, amount=-1)
        self.assert_money(self.alice, credits=100, held=0)

    def test_it_leaves_the_callers_transaction_usable_after_a_refusal(self) -> None:
        first, second = uuid4(), uuid4()
        with transaction.atomic():
            hold(user=self.alice, amount=10, reference=first)
            with pytest.raises(ledger.TooFewCredits):
                hold(user=self.alice, amount=1000, reference=second)
            hold(user=self.alice, amount=5, reference=second)
        self.assert_money(self.alice, credits=85, held=15)


class TestSettle(LedgerTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.reference = uuid4()
        hold(user=self.alice, amount=12, reference=self.reference)

    def test_it_spends_the_hold(self) -> None:
        entry = holds.settle(reference=self.reference)
        assert (entry.kind, entry.amount, entry.balance_after) == (Kind.SETTLE, 0, 88)
        self.assert_money(self.alice, credits=88, held=0)

    def test_it_gives_the_rest_back_where_the_price_is_lower(self) -> None:
        assert holds.settle(reference=self.reference, price=9).amount == 3
        self.assert_money(self.alice, credits=91, held=0)

    def test_it_refuses_a_price_beyond_the_hold(self) -> None:
        for price in (-1, 13):
            with pytest.raises(ValueError):
                holds.settle(reference=self.reference, price=price)
        self.assert_money(self.alice, credits=88, held=12)

    def test_it_refuses_a_second_end(self) -> None:
        holds.settle(reference=self.reference)
        with transaction.atomic():
            with pytest.raises(holds.HoldEnded):
                holds.settle(reference=self.reference)
            with pytest.raises(holds.HoldEnded):
                holds.release(reference=self.reference, reason="")
        self.assert_money(self.alice, credits=88, held=0)

    def test_it_refuses_a_second_end_while_other_holds_are_open(self) -> None:
        hold(user=self.alice, amount=50)
        holds.settle(reference=self.reference)
        with pytest.raises(holds.HoldEnded):
            holds.settle(reference=self.reference)
        self.assert_money(self.alice, credits=38, held=50)

    def test_it_refuses_a_reference_without_a_hold(self) -> None:
        with pytest.raises(holds.NoSuchHold):
            holds.settle(reference=uuid4())


class TestRelease(LedgerTestCase):
    def test_it_gives_the_whole_hold_back(self) -> None:
        reference = uuid4()
        hold(user=self.alice, amount=12, reference=reference)
        entry = holds.release(reference=reference, reason="The GPU went away")
        assert (entry.kind, entry.amount, entry.balance_after) == (Kind.RELEASE, 12, 100)
        assert entry.reason == "The GPU went away"
        self.assert_money(self.alice, credits=100, held=0)

    def test_it_refuses_a_second_end_and_an_unknown_reference(self) -> None:
        reference = uuid4()
        hold(user=self.alice, amount=12, reference=reference)
        holds.release(reference=reference, reason="")
        with pytest.raises(holds.HoldEnded):
            holds.release(reference=reference, reason="")
        with pytest.raises(holds.HoldEnded):
            holds.settle(reference=reference)
        with pytest.raises(holds.NoSuchHold):
            holds.release(reference=uuid4(), reason="")
        self.assert_money(self.alice, credits=100, held=0)


class TestOpenAccount(LedgerTestCase):
    @override_settings(DEFAULT_CREDITS=50)
    def test_it_grants_the_starting_credits_once(self) -> None:
        user = make_user("carol@example.org", credits=0)
        entry = ledger.open_account(user)
        assert entry is not None
        assert (entry.kind, entry.amount, entry.reason) == (Kind.GRANT, 50, "Starting credits")
        assert ledger.open_account(user) is None
        assert ledger.open_account(user, credits=1000) is None
        self.assert_money(user, credits=50, held=0)

    def test_it_takes_another_starting_balance_even_none(self) -> None:
        rich, poor = (
            make_user("rich@example.org", credits=0),
            make_user("poor@example.org", credits=0),
        )
        ledger.open_account(rich, credits=7)
        assert ledger.open_account(poor, credits=0) is None
        assert ledger.open_account(poor) is None
        self.assert_money(rich, credits=7, held=0)
        self.assert_money(poor, credits=0, held=0)


class TestClock(LedgerTestCase):
    def test_it_stamps_every_entry_by_the_clock_of_the_database(self) -> None:
        before = CreditEntry.objects.of(self.alice).latest("created_at").created_at
        charged, returned, listed = uuid4(), uuid4(), uuid4()
        with patch("django.utils.timezone.now", return_value=datetime(2001, 1, 1, tzinfo=UTC)):
            ledger.grant(user=self.alice, amount=5, reason="test")
            ledger.adjust(user=self.alice, amount=-1, reason="test")
            hold(user=self.alice, amount=2, reference=charged)
            hold(user=self.alice, amount=3, reference=returned)
            holds.hold_all(user=self.alice, holds=[holds.Hold(listed, 1, "")])
            holds.settle(reference=charged)
            holds.release(reference=returned, reason="")
        stamps = CreditEntry.objects.of(self.alice).order_by("created_at", "id")
        kinds = [entry.kind for entry in stamps if entry.created_at > before]
        assert kinds == ["grant", "adjust", "hold", "hold", "hold", "settle", "release"]


class TestCheck(LedgerTestCase):
    def test_it_finds_what_does_not_add_up(self) -> None:
        reference = uuid4()
        hold(user=self.bob, amount=8, reference=reference)
        User.objects.filter(pk=self.alice.pk).update(credits=101)
        User.objects.filter(pk=self.bob.pk).update(held=9)
        CreditEntry.objects.create(
            user=self.staff, kind=Kind.RELEASE, amount=0, balance_after=100, reference=uuid4()
        )
        with self.assertNumQueries(2):
            found = ledger_check.check()
        assert found == [
            ledger_check.Discrepancy("alice@example.org", "credits", 101, 100),
            ledger_check.Discrepancy("bob@example.org", "held", 9, 8),
            ledger_check.Discrepancy("staff@example.org", "end without its hold", 0, 0),
        ]

    def test_it_finds_an_end_that_gives_back_more_than_was_held(self) -> None:
        reference = uuid4()
        hold(user=self.bob, amount=8, reference=reference)
        CreditEntry.objects.create(
            user=self.bob, kind=Kind.RELEASE, amount=9, balance_after=101, reference=reference
        )
        User.objects.filter(pk=self.bob.pk).update(credits=101, held=0)
        assert ledger_check.check() == [
            ledger_check.Discrepancy("bob@example.org", "end without its hold", 9, 8)
        ]


class TestAppendOnly(LedgerTestCase):
    def test_it_refuses_to_change_or_delete_an_entry(self) -> None:
        entry = ledger.grant(user=self.alice, amount=1, reason="why")
        entry.amount = 1000
        for rewrite in (
            entry.save,
            entry.delete,
            CreditEntry.objects.all().delete,
            lambda: CreditEntry.objects.update(amount=2),
            lambda: CreditEntry.objects.bulk_update([entry], ["amount"]),
        ):
            with pytest.raises(AppendOnly), transaction.atomic():
                rewrite()
        self.assert_money(self.alice, credits=101, held=0)

    def test_it_is_refused_by_postgresql_as_well(self) -> None:
        for statement in (
            "UPDATE accounts_creditentry SET amount = 2",
            "DELETE FROM accounts_creditentry",
        ):
            with (
                pytest.raises(IntegrityError, match="The ledger is append-only"),
                transaction.atomic(),
                connection.cursor() as cursor,
            ):
                cursor.execute(statement)


class TestConstraint(LedgerTestCase):
    """What must never happen, tried behind the ledger's back."""

    def test_it_keeps_the_balance_from_falling_below_zero(self) -> None:
        for column in ("credits", "held"):
            with (
                pytest.raises(IntegrityError, match=re.escape(f"{column}_never_negative")),
                transaction.atomic(),
            ):
                User.objects.filter(pk=self.alice.pk).update(**{column: -1})

    def test_it_ends_a_hold_once(self) -> None:
        reference = uuid4()
        hold(user=self.alice, amount=1, reference=reference)
        holds.settle(reference=reference)
        for kind in (Kind.SETTLE, Kind.RELEASE):
            with pytest.raises(IntegrityError), transaction.atomic():
                self.insert(kind, 0, reference=reference)

    def test_it_checks_the_sign_of_each_kind(self) -> None:
        for kind, amount in (
            (Kind.GRANT, 0),
            (Kind.GRANT, -1),
            (Kind.HOLD, 1),
            (Kind.SETTLE, -1),
            (Kind.RELEASE, -1),
            (Kind.ADJUST, 0),
            ("gift", 1),
        ):
            reference = None if kind in (Kind.GRANT, Kind.ADJUST, "gift") else uuid4()
            with pytest.raises(IntegrityError), transaction.atomic():
                self.insert(kind, amount, reference=reference)

    def test_it_allows_a_reference_for_holds_and_their_ends_only(self) -> None:
        for kind, amount, reference in (
            (Kind.HOLD, -1, None),
            (Kind.SETTLE, 0, None),
            (Kind.RELEASE, 1, None),
            (Kind.GRANT, 1, uuid4()),
            (Kind.ADJUST, 1, uuid4()),
        ):
            with (
                pytest.raises(IntegrityError, match="reference_exactly_for_holds_and_ends"),
                transaction.atomic(),
            ):
                self.insert(kind, amount, reference=reference)

    def insert(self, kind: str, amount: int, *, reference: object) -> None:
        CreditEntry.objects.create(
            user=self.alice, kind=kind, amount=amount, balance_after=100, reference=reference
        )
