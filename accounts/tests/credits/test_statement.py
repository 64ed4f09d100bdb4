"""The statement: lines, months whose sums give the balance, CSV."""

import csv
import io
from datetime import UTC, date, datetime
from uuid import uuid4

from django.conf import settings
from django.utils import timezone, translation

from accounts.credits import holds, ledger, statement
from accounts.models import CreditEntry, User
from generation.testing.cases import BaseTestCase, hold

URL = "/account/ledger/"


class StatementTestCase(BaseTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.client.force_login(self.alice)

    def spend(self, amount: int, at: datetime, *, ends: datetime | None = None) -> None:
        """Insert a hold and its end at these times."""
        reference = uuid4()
        for kind, change, when in (("hold", -amount, at), ("settle", 0, ends or at)):
            CreditEntry.objects.create(
                user=self.alice, kind=kind, amount=change, balance_after=0, reference=reference,
                created_at=when,
            )  # fmt: skip


class TestLines(StatementTestCase):
    def test_it_says_what_happened(self) -> None:
        reference = uuid4()
        hold(user=self.alice, amount=6, reference=reference, reason="a lighthouse")
        holds.settle(reference=reference, price=5)
        ledger.grant(user=self.alice, amount=1, reason=ledger.OPENING_REASON)
        ledger.take_back(user=self.alice, amount=2, reason="by mistake")
        waiting = uuid4()
        hold(user=self.alice, amount=3, reference=waiting)
        with translation.override("ru"):
            lines = statement.lines(statement.beginnings(self.alice))
            assert lines[2].title == "Начальные кредиты"
        assert [(line.state, line.signed) for line in lines] == [
            ("held", "−3"),
            ("removed", "−2"),
            ("added", "+1"),
            ("charged", "−5"),
            ("added", "+100"),
        ]
        assert lines[3].title == "a lighthouse"
        assert lines[1].title == "by mistake"


class TestMonths(StatementTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.spend(4, datetime(2026, 3, 20, tzinfo=UTC))
        # March by UTC, April in Moscow.
        self.spend(7, datetime(2026, 3, 31, 22, tzinfo=UTC))

    def test_their_sums_give_the_balance(self) -> None:
        reference = uuid4()
        hold(user=self.alice, amount=6, reference=reference)
        ledger.take_back(user=self.alice, amount=2, reason="by mistake")
        with timezone.override("Europe/Moscow"):
            now, april, march = statement.months(self.alice)
        assert (march.first, march.images, march.balance, march.lines) == (
            date(2026, 3, 1), -4, -4, 1,
        )  # fmt: skip
        assert (april.first, april.images) == (date(2026, 4, 1), -7)
        assert (now.added, now.images, now.removed) == (100, -6, -2)
        assert now.balance == sum(
            CreditEntry.objects.filter(user=self.alice).values_list("amount", flat=True)
        )

    @timezone.override("UTC")
    def test_each_moment_belongs_to_one(self) -> None:
        self.spend(9, datetime(2026, 4, 1, tzinfo=UTC))
        for month, amounts in ((3, {-4, -7}), (4, {-9})):
            entries = statement.beginnings(self.alice, month=date(2026, month, 1))
            assert {entry.amount for entry in entries} == amounts

    def test_the_page_shows_one_month(self) -> None:
        self.alice.time_zone = "Europe/Moscow"
        self.alice.save(update_fields=["time_zone"])
        page = self.client.get(URL, {"month": "2026-04"})
        self.assertContains(page, "April 2026")
        assert [line.amount for line in page.context["lines"]] == [-7]
        assert len(self.client.get(URL).context["lines"]) == 3


class TestTable(StatementTestCase):
    def rows(self, query: str = "") -> list[list[str]]:
        response = self.client.get(f"/account/statement.csv{query}")
        text = b"".join(response.streaming_content).decode("utf-8-sig")
        return list(csv.reader(io.StringIO(text)))

    def test_it_has_a_line_a_job(self) -> None:
        reference = uuid4()
        hold(user=self.alice, amount=6, reference=reference, reason="=1+1")
        holds.release(reference=reference, reason="canceled")
        heading, *rows = self.rows()
        assert heading == [
            "created_at",
            "ended_at",
            "state",
            "amount",
            "what",
            "title",
            "why",
            "job",
            "label",
        ]
        assert [row[2:] for row in rows] == [
            ["returned", "0", "Image", "'=1+1", "Canceled.", str(reference), ""],
            ["added", "100", "Added", "for the test", "", "", ""],
        ]

    def test_it_can_be_of_one_month(self) -> None:
        self.spend(4, datetime(2026, 3, 20, tzinfo=UTC))
        assert [row[3] for row in self.rows("?month=2026-03")[1:]] == ["-4"]
        response = self.client.get("/account/ledger.csv?month=2026-03")
        assert 'artgen-credits-2026-03.csv"' in response["Content-Disposition"]
        assert len(b"".join(response.streaming_content).decode().splitlines()) == 3

    def test_its_times_and_months_are_those_of_the_page(self) -> None:
        User.objects.filter(pk=self.alice.pk).update(time_zone="Pacific/Auckland")
        self.spend(4, datetime(2026, 2, 28, 12, 30, tzinfo=UTC))
        assert self.rows("?month=2026-02")[1:] == []
        assert [row[0] for row in self.rows("?month=2026-03")[1:]] == ["2026-03-01T01:30:00+13:00"]
        response = self.client.get("/account/ledger.csv?month=2026-03")
        assert b"2026-03-01T01:30:00+13:00,hold" in b"".join(response.streaming_content)
        self.assertContains(self.client.get("/account/ledger/?month=2026-03"), "1:30")
        assert str(timezone.get_current_timezone()) == settings.TIME_ZONE
