"""Days that the gallery's address can ask for."""

from datetime import date, timedelta

from django.test import SimpleTestCase
from django.utils import timezone, translation

from generation.views.gallery import date_filter


class TestDays(SimpleTestCase):
    def setUp(self) -> None:
        self.enterContext(translation.override("en"))

    def test_it_knows_days_by_name(self) -> None:
        today = timezone.localdate()
        first = today.replace(day=1)
        last_month = first - timedelta(days=1)
        assert date_filter.named("today") == (today, today, "Today")
        assert date_filter.named("week") == (
            today - timedelta(days=today.weekday()),
            today,
            "This week",
        )
        assert date_filter.named("month") == (first, today, "This month")
        assert date_filter.named("last-month") == (
            last_month.replace(day=1),
            last_month,
            "Last month",
        )

    def test_it_knows_months_to_their_last_day(self) -> None:
        assert date_filter.named("2024-02") == (
            date(2024, 2, 1),
            date(2024, 2, 29),
            "February 2024",
        )
        assert date_filter.named("2025-12") == (
            date(2025, 12, 1),
            date(2025, 12, 31),
            "December 2025",
        )

    def test_it_knows_no_other_name(self) -> None:
        for text in (
            "",
            "yesterday",
            "2026-13",
            "1999-12",
            "2200-01",
            "2026",
            "0000-01",
            "2026-11-24",
        ):
            with self.subTest(text):
                assert date_filter.named(text) is None

    def test_it_puts_the_ends_in_order(self) -> None:
        older, newer = date(2026, 3, 1), date(2026, 3, 9)
        assert date_filter.between("2026-03-09", "2026-03-01") == (older, newer)
        assert date_filter.between("2026-03-01", "2026-02-30") == (older, None)
        assert date_filter.between("", "2026-03-09") == (None, newer)
        assert date_filter.between("x", "") is None
