"""Whatever is tried, in whatever order, the ledger stays exact."""

from uuid import UUID, uuid5

import pytest
from django.db import IntegrityError
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from accounts.credits import holds, ledger, ledger_check
from accounts.models import CreditEntry, User
from generation.testing.cases import hold

pytestmark = pytest.mark.slow

SPACE = UUID("00000000-0000-0000-0000-000000000000")
references = st.integers(0, 4).map(lambda number: uuid5(SPACE, str(number)))
amounts = st.integers(-3, 40)
steps = st.one_of(
    st.tuples(st.just("grant"), st.integers(0, 1), amounts),
    st.tuples(st.just("adjust"), st.integers(0, 1), amounts),
    st.tuples(st.just("hold"), st.integers(0, 1), amounts, references),
    st.tuples(st.just("settle"), references, st.none() | amounts),
    st.tuples(st.just("release"), references),
)
REFUSALS = (
    ValueError,
    ledger.TooFewCredits,
    IntegrityError,  # a second hold of a reference
    holds.NoSuchHold,
    holds.HoldEnded,
)


class TestLedgerProperty(TestCase):
    @settings(max_examples=150, deadline=None)
    @given(st.lists(steps, max_size=25))
    def test_it_stays_exact_whatever_is_tried(self, sequence: list[tuple]) -> None:
        users = [User.objects.create_user(f"user{number}@example.org") for number in (0, 1)]
        model = {user.pk: {"credits": 0, "held": 0} for user in users}
        amounts: dict[UUID, tuple[UUID, int]] = {}
        ended: set[UUID] = set()
        count = 0
        for name, *arguments in sequence:
            try:
                if name in ("grant", "adjust"):
                    number, amount = arguments
                    user = users[number]
                    getattr(ledger, name)(user=user, amount=amount, reason="property")
                    model[user.pk]["credits"] += amount
                elif name == "hold":
                    number, amount, reference = arguments
                    user = users[number]
                    hold(user=user, amount=amount, reference=reference)
                    assert reference not in amounts
                    amounts[reference] = (user.pk, amount)
                    model[user.pk]["credits"] -= amount
                    model[user.pk]["held"] += amount
                elif name == "settle":
                    reference, price = arguments
                    holds.settle(reference=reference, price=price)
                    owner, amount = self.end(reference, amounts, ended)
                    model[owner]["credits"] += 0 if price is None else amount - price
                    model[owner]["held"] -= amount
                else:
                    (reference,) = arguments
                    holds.release(reference=reference, reason="property")
                    owner, amount = self.end(reference, amounts, ended)
                    model[owner]["credits"] += amount
                    model[owner]["held"] -= amount
            except REFUSALS:
                pass
            else:
                count += 1
            self.assert_exact(users, model, count)
        for user in users:
            open_holds = sum(
                amount
                for reference, (owner, amount) in amounts.items()
                if owner == user.pk and reference not in ended
            )
            assert model[user.pk]["held"] == open_holds
        assert ledger_check.check() == []

    def end(
        self, reference: UUID, amounts: dict[UUID, tuple[UUID, int]], ended: set[UUID]
    ) -> tuple[UUID, int]:
        assert reference in amounts
        assert reference not in ended
        ended.add(reference)
        return amounts[reference]

    def assert_exact(
        self, users: list[User], model: dict[UUID, dict[str, int]], count: int
    ) -> None:
        rows = User.objects.in_bulk(model)
        entries = list(CreditEntry.objects.order_by("-created_at", "-id"))
        assert len(entries) == count
        for user in users:
            user.credits, user.held = rows[user.pk].credits, rows[user.pk].held
            assert {"credits": user.credits, "held": user.held} == model[user.pk]
            own = [entry for entry in entries if entry.user_id == user.pk]
            assert user.credits == sum(entry.amount for entry in own) >= 0
            assert user.held >= 0
            if own:
                assert own[0].balance_after == user.credits
