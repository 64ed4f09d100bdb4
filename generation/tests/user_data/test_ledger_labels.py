"""Labels of jobs in the statement: for whom credits were spent."""

import pytest
from django.utils import timezone

from accounts.credits import statement_labels
from accounts.job_app import LabelTotal
from generation.testing.cases import EmulatorTestCase

LEDGER = "/account/ledger/"


@pytest.mark.slow
class TestLabels(EmulatorTestCase):
    def setUp(self) -> None:
        super().setUp()
        for label, prompt in (("Ann", "a boat"), ("Ann", "a barn"), ("R&D <x>", "a fox")):
            self.draw(label=label, prompt=prompt)
        self.draw(prompt="a wolf")
        self.draw(user=self.bob, label="Ann", prompt="an owl")
        self.month = timezone.localdate().replace(day=1)
        self.client.force_login(self.alice)

    def page(self, **query: str) -> str:
        response = self.client.get(LEDGER, {"month": f"{self.month:%Y-%m}"} | query)
        assert response.status_code == 200
        return response.content.decode()

    def test_it_sums_the_month_by_label(self) -> None:
        totals = statement_labels.totals(self.alice, month=self.month)
        assert totals == [LabelTotal("Ann", 2, 2), LabelTotal("R&D <x>", 1, 1)]
        page = self.page()
        assert "R&amp;D &lt;x&gt;" in page
        assert "label=R%26D%20%3Cx%3E" in page

    def test_it_shows_the_lines_of_one_label(self) -> None:
        page = self.page(label="Ann")
        assert page.count("For Ann") == 2
        for prompt, is_shown in (("a boat", True), ("a fox", False), ("a wolf", False)):
            assert (prompt in page) == is_shown, prompt
        assert "an owl" not in self.page()

    def test_it_writes_them_as_csv(self) -> None:
        query = {"month": f"{self.month:%Y-%m}", "label": "Ann"}
        response = self.client.get("/account/statement.csv", query)
        heading, *rows = b"".join(response.streaming_content).decode("utf-8-sig").splitlines()
        assert heading.endswith(",job,label")
        assert [row.rpartition(",")[2] for row in rows] == ["Ann", "Ann"]
