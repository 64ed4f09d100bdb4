"""A worker is killed at any moment while jobs are parked or start again: nothing is lost or done
twice."""

import json
import os
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from decimal import Decimal
from itertools import count
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.db.models import Sum
from django.test import TransactionTestCase

from accounts import ledger
from accounts.models import CreditEntry
from artgen.env import BASE_DIR
from artgen.testing.cases import (
    emulated,
    let_models_rest,
    let_time_pass,
    load_catalog,
    make_due,
    make_user,
    work,
)
from generation.jobs import budget_changes, driver, orders
from generation.models import Budget, Image, ImageModel, Job, Period, Spending, Status
from generation.tests.jobs.killed_worker import MODEL, RAISED

PRICE = Decimal("0.02")
DAY = timedelta(days=1).total_seconds()


class KilledWorkerTestCase(TransactionTestCase):
    """A user, an emulator, and a process whose children are killed."""

    def setUp(self) -> None:
        cache.clear()
        load_catalog()
        ImageModel.objects.update(expected_cost={"per_image": str(PRICE)}, price={"per_image": 1})
        self.user = make_user("alice@example.org")
        self.emulator = self.enterContext(emulated(manual=False, instant=True))
        self.worker = self.enterContext(self.process())

    def process(self) -> "subprocess.Popen[str]":
        """Start the process whose children are killed, with this test's database and emulator."""
        server = urlsplit(os.environ["DATABASE_URL"])
        database = server._replace(path=f"/{connection.settings_dict['NAME']}")
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "artgen.settings",
            "DATABASE_URL": database.geturl(),
            "REDIS_URL": "",
            "RUNPOD_API_KEY": "test",
            "RUNPOD_BASE_URL": self.emulator.base_url,
        }
        return subprocess.Popen(
            [sys.executable, "-m", "generation.tests.jobs.killed_worker"],
            cwd=BASE_DIR,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def killed(self, step: str, *, before: int) -> bool:
        """Run the step in a process; return whether it was killed before its end."""
        assert self.worker.stdin
        assert self.worker.stdout
        self.worker.stdin.write(json.dumps({"step": step, "before": before}) + "\n")
        self.worker.stdin.flush()
        answer = self.worker.stdout.readline().strip()
        assert answer in {"killed", "done"}
        return answer == "killed"

    def finish(self) -> None:
        """Let the workers that are left do everything, and RunPod's ttl pass where they wait."""
        for _ in range(10):
            for job in Job.objects.filter(status=Status.SUBMITTED, runpod_id=""):
                let_time_pass(job.id, seconds=settings.RUNPOD_TTL_SECONDS + 600)
                Job.objects.filter(id=job.id).update(deadline_at=None)
            let_models_rest()
            make_due()
            work()
            if not Job.objects.active().exists():
                break

    def assert_each_once(self, jobs: int) -> None:
        """Assert that each of all jobs has its image, is paid once, and counts once in dollars."""
        assert Counter(Job.objects.values_list("status", flat=True)) == {Status.SUCCEEDED: jobs}
        assert Image.objects.count() == Image.objects.values("job").distinct().count() == jobs
        kinds = Counter(CreditEntry.objects.exclude(reference=None).values_list("kind", flat=True))
        assert kinds == {"hold": jobs, "settle": jobs}
        assert ledger.check() == []
        total = Decimal(0)
        for job in Job.objects.all():
            cost = job.expected_usd if job.cost is None else job.cost
            assert cost is not None
            total += cost
        for period in Period:
            sums = Spending.objects.filter(period=period, group_id=0)
            assert sums.aggregate(sum=Sum("usd"))["sum"] == total


@pytest.mark.postgres
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
