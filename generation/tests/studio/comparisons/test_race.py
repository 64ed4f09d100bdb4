"""Cells of a comparison are placed again at once on PostgreSQL: each once, none is lost."""

import threading

from django.core.cache import cache
from django.test import TransactionTestCase

from accounts.credits import ledger_check
from generation.jobs.placing import retries, sheet_orders
from generation.models import Job, Sheet
from generation.studio.comparisons import cells, comparison_order
from generation.studio.comparisons.comparison_request import clean
from generation.testing.cases import load_catalog, make_user
from generation.testing.threads import in_threads

AT_ONCE = 4


class TestRetries(TransactionTestCase):
    def setUp(self) -> None:
        cache.clear()
        load_catalog()
        self.user = make_user("alice@example.org")
        asked = clean({"prompt": "A {a|b|c|d} kite", "models": ["flux-schnell"]})
        self.sheet = Sheet.objects.get(
            id=comparison_order.place(user=self.user, comparison=asked).batch
        )
        cells.cancel_rest(self.sheet, actor=self.user)
        self.start = threading.Barrier(AT_ONCE)

    def retry(self, *job_ids: str) -> list[Job | None]:
        """Place these jobs again at once; None: refused."""

        def place(number: int) -> Job | None:
            job = Job.objects.with_all().get(id=job_ids[number])
            self.start.wait()
            try:
                return retries.retry(user=job.user, job=job)
            except sheet_orders.CellReplaced:
                return None

        return list(in_threads(AT_ONCE, place))

    def held(self) -> int:
        self.user.refresh_from_db()
        assert ledger_check.check() == []
        return self.user.held

    def test_different_cells_all_get_their_place(self) -> None:
        again = self.retry(*self.sheet.jobs)
        self.sheet.refresh_from_db()
        assert self.sheet.jobs == [str(job.id) for job in again if job]
        assert self.held() == AT_ONCE

    def test_the_same_cell_is_placed_once(self) -> None:
        again = self.retry(*[self.sheet.jobs[0]] * AT_ONCE)
        (placed,) = [job for job in again if job]
        self.sheet.refresh_from_db()
        assert self.sheet.jobs[0] == str(placed.id)
        assert Job.objects.active().count() == 1
        assert self.held() == 1
