from datetime import UTC, datetime, timedelta
from unittest.mock import patch
from uuid import uuid4

from django.utils import timezone, translation

from accounts.credits import daily_usage, holds
from accounts.models import CreditEntry
from generation.testing.cases import BaseTestCase, hold

NOON = datetime(2026, 3, 20, 9, 0, tzinfo=UTC)  # noon in Moscow


class TestStatement(BaseTestCase):
    def at(self, moment: datetime):
        return patch("django.utils.timezone.now", return_value=moment)

    def spend(self, amount: int, at: datetime, *, price: int | None = None) -> None:
        """Insert a hold and its end at another time than the ledger's clock says."""
        back = 0 if price is None else amount - price
        reference = uuid4()
        for kind, change in ((CreditEntry.Kind.HOLD, -amount), (CreditEntry.Kind.SETTLE, back)):
            CreditEntry.objects.create(
                user=self.alice,
                kind=kind,
                amount=change,
                balance_after=0,
                reference=reference,
                created_at=at,
            )

    def test_it_counts_what_was_charged_by_day(self) -> None:
        self.spend(4, NOON)
        self.spend(6, NOON, price=5)
        self.spend(3, NOON - timedelta(days=29))
        self.spend(9, NOON - timedelta(days=30))
        with self.at(NOON):
            days = daily_usage.of(user=self.alice)
        assert len(days) == 30
        assert days[-1] == daily_usage.DailyUsage(NOON.date(), 9, 2)
        assert days[0] == daily_usage.DailyUsage(NOON.date() - timedelta(days=29), 3, 1)
        assert sum(day.credits for day in days) == 12

    def test_it_counts_no_holds_and_returns_as_usage(self) -> None:
        reference = uuid4()
        with self.at(NOON):
            hold(user=self.alice, amount=4, reference=reference)
            holds.release(reference=reference, reason="")
            hold(user=self.alice, amount=5)
            assert sum(day.credits for day in daily_usage.of(user=self.alice)) == 0

    def test_it_begins_a_day_at_the_users_midnight(self) -> None:
        self.spend(4, datetime(2026, 3, 19, 22, 0, tzinfo=UTC))
        with self.at(NOON):
            with timezone.override("Europe/Moscow"):
                assert daily_usage.of(user=self.alice)[-1].credits == 4
            with timezone.override("Europe/London"):
                assert daily_usage.of(user=self.alice)[-2].credits == 4

    def test_it_describes_the_chart_in_a_sentence(self) -> None:
        self.spend(4, NOON)
        self.spend(2, NOON - timedelta(days=3))
        with self.at(NOON), translation.override("en"):
            chart = daily_usage.chart(daily_usage.of(user=self.alice))
        assert chart.summary == (
            "Spent by day: 6\N{NO-BREAK SPACE}credits in 30 days, "
            "most on today: 4\N{NO-BREAK SPACE}credits."
        )
        assert [(bar.y, bar.height) for bar in chart.bars[-4:]] == [
            (66, 54),
            (118, 2),
            (118, 2),
            (12, 108),
        ]
        assert chart.bars[-1].kind == "today"
