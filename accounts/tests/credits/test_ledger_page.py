import csv
from io import StringIO
from uuid import uuid4

from accounts.credits import holds, ledger
from generation.testing.cases import BaseTestCase, hold


class TestLedgerPage(BaseTestCase):
    url = "/account/ledger/"

    def setUp(self) -> None:
        super().setUp()
        self.client.force_login(self.alice)

    def test_it_turns_pages(self) -> None:
        for number in range(60):
            ledger.grant(user=self.alice, amount=1, reason=f"gift {number}.")
        first, second = self.client.get(self.url), self.client.get(self.url, {"page": 2})
        self.assertContains(first, "gift 59.")
        self.assertNotContains(first, "gift 9.")
        self.assertContains(first, "Page 1 of 2")
        self.assertContains(second, "gift 9.")
        self.assertContains(second, "for the test")

    def test_it_shows_the_nearest_page_for_a_missing_one(self) -> None:
        for page in ("0", "-1", "99", "x", ""):
            self.assertContains(self.client.get(self.url, {"page": page}), "for the test")


class TestLedgerTable(BaseTestCase):
    url = "/account/ledger.csv"

    def rows(self) -> list[list[str]]:
        response = self.client.get(self.url)
        assert response["Content-Type"] == "text/csv; charset=utf-8"
        assert response["Content-Disposition"].startswith('attachment; filename="artgen-credits-')
        text = b"".join(response.streaming_content).decode("utf-8-sig")
        return list(csv.reader(StringIO(text)))

    def test_it_holds_every_entry_of_the_user_alone(self) -> None:
        self.client.force_login(self.alice)
        reference = uuid4()
        hold(user=self.alice, amount=4, reference=reference)
        holds.settle(reference=reference, price=3)
        heading, *rows = self.rows()
        assert heading == ["created_at", "kind", "amount", "balance_after", "job", "reason"]
        assert [row[1:] for row in rows] == [
            ["settle", "1", "97", str(reference), ""],
            ["hold", "-4", "96", str(reference), ""],
            ["grant", "100", "100", "", "for the test"],
        ]

    def test_it_writes_no_reason_that_a_spreadsheet_reads_as_a_formula(self) -> None:
        self.client.force_login(self.alice)
        ledger.grant(user=self.alice, amount=1, reason='=HYPERLINK("https://evil.example")')
        assert self.rows()[1][-1] == '\'=HYPERLINK("https://evil.example")'
