"""Jobs, grants, vouchers and returns of several users in any order: every balance stays exact."""

from uuid import UUID, uuid4

import pytest
from django.db import transaction
from django.test import TestCase
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from accounts.credits import credit_requests, holds, ledger, ledger_check, vouchers
from accounts.credits.vouchers import VoucherTerms
from accounts.limits.rate_limits import TooManyTries
from accounts.models import CreditEntry, CreditRequest, User, Voucher

USERS = st.integers(0, 2)
AMOUNTS = st.integers(1, 40)
PICKS = st.integers(0, 10)


class Credits(RuleBasedStateMachine):
    """What users and staff do with credits, and a model of what must come of it."""

    @initialize()
    def begin(self) -> None:
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        self.users = [
            User.objects.create_user(f"user{number}-{uuid4()}@example.org") for number in range(3)
        ]
        self.staff = User.objects.create_user(f"staff-{uuid4()}@example.org", is_staff=True)
        self.credits = [0, 0, 0]
        self.jobs: dict[UUID, tuple[int, int]] = {}  # in progress: owner and price
        self.ended: list[tuple[UUID, int, int]] = []
        self.codes: list[str] = []
        self.redeemed: set[tuple[str, int]] = set()
        self.orders: dict[str, tuple[int, int]] = {}

    def teardown(self) -> None:
        """Undo the run: the next one begins with an empty database."""
        if hasattr(self, "transaction"):
            transaction.set_rollback(True)
            self.transaction.__exit__(None, None, None)

    @rule(number=USERS, price=st.integers(0, 30))
    def place(self, number: int, price: int) -> None:
        job = uuid4()
        try:
            holds.hold_all(
                user=self.users[number], holds=[holds.Hold(reference=job, amount=price, reason="x")]
            )
        except ledger.TooFewCredits:
            assert price > self.credits[number]
            return
        assert price <= self.credits[number]
        self.credits[number] -= price
        self.jobs[job] = number, price

    @precondition(lambda self: self.jobs)
    @rule(pick=PICKS, part=st.floats(0, 1))
    def succeed(self, pick: int, part: float) -> None:
        job, (number, held) = self.pick(pick)
        charged = round(held * part)
        holds.settle(reference=job, price=charged)
        self.credits[number] += held - charged
        self.end(job)

    @precondition(lambda self: self.jobs)
    @rule(pick=PICKS, reason=st.sampled_from(("canceled", "failed")))
    def cancel_or_fail(self, pick: int, reason: str) -> None:
        job, (number, held) = self.pick(pick)
        holds.release(reference=job, reason=reason)
        self.credits[number] += held
        self.end(job)

    @precondition(lambda self: self.ended)
    @rule(pick=PICKS, succeeds=st.booleans())
    def end_again(self, pick: int, succeeds: bool) -> None:
        job, _number, _price = self.ended[pick % len(self.ended)]
        try:
            if succeeds:
                holds.settle(reference=job)
            else:
                holds.release(reference=job, reason="failed")
        except holds.HoldEnded:
            return
        raise AssertionError("a hold ended twice")

    @precondition(lambda self: self.ended)
    @rule(pick=PICKS)
    def retry(self, pick: int) -> None:
        _job, number, price = self.ended[pick % len(self.ended)]
        self.place(number, price)

    @rule(number=USERS, amount=AMOUNTS)
    def grant(self, number: int, amount: int) -> None:
        ledger.grant(user=self.users[number], amount=amount, reason="gift", actor=self.staff)
        self.credits[number] += amount

    @rule(number=USERS, amount=AMOUNTS, order=st.integers(0, 4))
    def buy(self, number: int, amount: int, order: int) -> None:
        reference = f"shop:{self.staff.pk}:{order}"
        try:
            ledger.grant(
                user=self.users[number], amount=amount, reason="order", external_reference=reference
            )
        except ledger.ReferenceUsed:
            assert self.orders[reference] != (number, amount)
            return
        if reference not in self.orders:
            self.orders[reference] = number, amount
            self.credits[number] += amount
        assert self.orders[reference] == (number, amount)

    @rule(amount=AMOUNTS, uses=st.integers(1, 2))
    def create_voucher(self, amount: int, uses: int) -> None:
        (voucher,) = vouchers.create(VoucherTerms(amount=amount, max_uses=uses))
        self.codes.append(voucher.code)

    @precondition(lambda self: self.codes)
    @rule(number=USERS, pick=PICKS)
    def redeem(self, number: int, pick: int) -> None:
        code = self.codes[pick % len(self.codes)]
        try:
            entry = vouchers.redeem(user=self.users[number], code=code)
        except vouchers.AlreadyRedeemed:
            assert (code, number) in self.redeemed
            return
        except vouchers.VoucherEnded:
            voucher = Voucher.objects.get(code=code)
            assert voucher.uses == voucher.max_uses
            return
        assert (code, number) not in self.redeemed
        self.redeemed.add((code, number))
        self.credits[number] += entry.amount

    @rule(number=USERS, amount=st.none() | AMOUNTS)
    def ask_and_decide(self, number: int, amount: int | None) -> None:
        try:
            request = credit_requests.ask(user=self.users[number], note="for a poster")
        except TooManyTries:
            return
        twin = CreditRequest.objects.select_related("user").get(pk=request.pk)
        for one in (request, twin):  # by two members of staff
            try:
                if amount is None:
                    credit_requests.decline(one, reason="no", actor=self.staff)
                else:
                    credit_requests.grant(one, amount=amount, actor=self.staff)
            except credit_requests.NotOpen:
                assert one is twin
            else:
                assert one is request
                self.credits[number] += amount or 0

    @rule(number=USERS, amount=AMOUNTS, at_most=st.booleans())
    def take_back(self, number: int, amount: int, at_most: bool) -> None:
        free = self.credits[number]
        try:
            entry = ledger.take_back(
                user=self.users[number], amount=amount, reason="back", at_most=at_most
            )
        except ledger.TooFewCredits:
            assert not at_most
            assert amount > free
        except ledger.NothingToTake:
            assert at_most
            assert free == 0
        else:
            assert -entry.amount == (min(amount, free) if at_most else amount)
            self.credits[number] += entry.amount

    @invariant()
    def every_balance_is_the_sum_of_its_entries(self) -> None:
        if not hasattr(self, "users"):
            return
        rows = User.objects.in_bulk([user.pk for user in self.users])
        entries = list(CreditEntry.objects.order_by("-created_at", "-id"))
        for number, user in enumerate(self.users):
            row, own = rows[user.pk], [entry for entry in entries if entry.user_id == user.pk]
            assert row.credits == sum(entry.amount for entry in own) == self.credits[number]
            assert row.credits >= 0
            held = sum(price for owner, price in self.jobs.values() if owner == number)
            assert row.held == held
            if own:
                assert own[0].balance_after == row.credits
        assert ledger_check.check() == []

    def pick(self, number: int) -> tuple[UUID, tuple[int, int]]:
        return list(self.jobs.items())[number % len(self.jobs)]

    def end(self, job: UUID) -> None:
        self.ended.append((job, *self.jobs.pop(job)))


@pytest.mark.slow
class TestCreditsProperty(TestCase):
    def test_it_stays_exact_whatever_happens_in_whatever_order(self) -> None:
        run_state_machine_as_test(
            Credits, settings=settings(max_examples=12, stateful_step_count=30, deadline=None)
        )

    def test_it_would_notice_a_writer_beside_the_ledger(self) -> None:
        machine = Credits()
        machine.begin()
        machine.grant(0, 5)
        machine.every_balance_is_the_sum_of_its_entries()
        User.objects.filter(pk=machine.users[0].pk).update(credits=3)
        with pytest.raises(AssertionError):
            machine.every_balance_is_the_sum_of_its_entries()
        machine.teardown()
