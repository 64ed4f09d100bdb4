"""Numbers of quotas, budgets, vouchers and requests for credits that the database refuses."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, models, transaction
from django.utils import timezone

from accounts.limits.quotas import NAMES
from accounts.models import ApiToken, CreditRequest, GroupQuota, User, Voucher
from generation.models import Budget, ImageModel, Spending
from generation.testing.cases import BaseTestCase

NAN = float("nan")


class TestNumbers(BaseTestCase):
    def rows(self) -> Iterator[tuple[models.Model, str, list[Any]]]:
        """Yield rows, the name of a number, and values that it must not have."""
        quota = GroupQuota.objects.create(group=Group.objects.create(name="school"))
        for row in (self.alice, quota):
            for name in NAMES:
                yield row, f"max_{name}", [-1]
            yield row, "max_megapixels", [-0.01, 10_000.1, float("inf"), NAN]
        for name in ("credits", "held", "jobs_today", "credits_today", "cancels_today"):
            yield self.alice, name, [-1]
        for name in ("jobs_this_month", "credits_this_month"):
            yield self.alice, name, [-1]
        yield Voucher.objects.create(code="A", amount=1), "amount", [0, -1]
        yield Voucher.objects.create(code="B", amount=1), "max_uses", [0, -1]
        yield Voucher.objects.create(code="C", amount=1), "uses", [-1, 2]
        granted = CreditRequest.objects.create(
            user=self.alice, note="x", state="granted", decided_at=timezone.now(), amount=1
        )
        yield granted, "amount", [0, -1, None]
        yield Budget.objects.create(limit_usd=1), "limit_usd", [Decimal("-0.01")]
        model = ImageModel.objects.get(slug="flux-schnell")
        spending = Spending.objects.create(
            period="day", starts_on=timezone.localdate(), model=model, usd=1
        )
        yield spending, "usd", [Decimal("-0.00001")]
        token = ApiToken.objects.create(user=self.alice, name="t", digest="0" * 64)
        for name in ("credit_limit", "credits_spent"):
            yield token, name, [-1]

    def test_it_refuses_each(self) -> None:
        self.load_catalog()
        for row, name, values in self.rows():
            same = type(row)._default_manager.filter(pk=row.pk)
            for value in values:
                with (
                    self.subTest(f"{type(row).__name__}.{name} = {value}"),
                    pytest.raises(IntegrityError),
                    transaction.atomic(),
                ):
                    same.update(**{name: value})

    def test_it_takes_the_limits_themselves(self) -> None:
        for value in (0, 10_000, None):
            User.objects.filter(pk=self.alice.pk).update(max_megapixels=value)
