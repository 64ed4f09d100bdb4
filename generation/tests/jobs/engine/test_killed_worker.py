"""A worker is killed at any moment while jobs are parked or start again: nothing is lost or done
twice."""

from datetime import timedelta
from decimal import Decimal
from itertools import count

import pytest
from django.db.models import Sum

from generation.jobs.budgets import budget_changes
from generation.jobs.engine import driver
from generation.models import Budget, Job, Period, Spending
from generation.testing import orders
from generation.testing.cases import let_time_pass
from generation.testing.servers.killed_process import MODEL, RAISED
from generation.testing.servers.killed_worker import PRICE, KilledWorkerTestCase

DAY = timedelta(days=1).total_seconds()


@pytest.mark.slow
class TestKilledWorker(KilledWorkerTestCase):
    def place(self, *, number: int = 3) -> None:
        requests = [{"model": MODEL, "prompt": "fog"}] * number
        orders.place_batch(user=self.user, requests=requests)

    def allow(self, usd: Decimal) -> None:
        """Set the day's budget to what is spent and `usd` more, without looking at jobs."""
        spent = Spending.objects.filter(period="day").aggregate(sum=Sum("usd"))["sum"] or 0
        Budget.objects.update_or_create(
            period=Period.DAY, group=None, model=None, defaults={"limit_usd": spent + usd}
        )

    def park_all(self) -> None:
        self.allow(Decimal(0))
        self.place()
        assert driver.submit(MODEL) == []
        assert Job.objects.parked().count() == 3

    def raise_budget(self) -> None:
        budget_changes.set_limit(group=None, model=None, period=Period.DAY, limit_usd=RAISED)

    def test_while_it_parks_jobs(self) -> None:
        for number in count(1):
            self.allow(PRICE * 3 / 2)
            self.place()
            was_killed = self.killed("submit", before=number)
            self.raise_budget()
            self.finish()
            self.assert_each_once(3 * number)
            if not was_killed:
                break
        assert number > 6

    def test_while_it_starts_jobs_that_were_parked(self) -> None:
        for number in count(1):
            self.park_all()
            Budget.objects.update(limit_usd=RAISED)
            for job in Job.objects.parked():
                let_time_pass(job.id, seconds=DAY)
            was_killed = self.killed("submit", before=number)
            self.finish()
            self.assert_each_once(3 * number)
            if not was_killed:
                break
        assert number > 6

    def test_while_a_budget_is_raised(self) -> None:
        for number in count(1):
            self.park_all()
            limit = Budget.objects.get().limit_usd
            was_killed = self.killed("raise", before=number)
            # All or nothing.
            state = Budget.objects.get().limit_usd, Job.objects.parked().count()
            assert state == ((limit, 3) if was_killed else (RAISED, 0))
            self.raise_budget()
            self.finish()
            self.assert_each_once(3 * number)
            if not was_killed:
                break
        assert number > 3

    def test_it_would_leave_jobs_parked_without_one_transaction(self) -> None:
        self.park_all()
        for number in count(1):
            assert self.killed("raise without one transaction", before=number)
            if Budget.objects.get().limit_usd == RAISED:
                break
        assert Job.objects.parked().count() == 3
