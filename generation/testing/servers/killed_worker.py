"""Workers that are killed: a process whose children die, and what must be true afterwards."""

import json
import os
import subprocess
import sys
from collections import Counter
from decimal import Decimal
from urllib.parse import urlsplit

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.db.models import Sum
from django.test import TransactionTestCase

from accounts.credits import ledger_check
from accounts.models import CreditEntry
from artgen.environment.env import BASE_DIR
from generation.models import Image, ImageModel, Job, Period, Spending, Status
from generation.testing.cases import (
    emulated,
    let_models_rest,
    let_time_pass,
    load_catalog,
    make_due,
    make_user,
    work,
)

PRICE = Decimal("0.02")


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
            "RUNPOD_API_KEY": "test",
            "RUNPOD_BASE_URL": self.emulator.base_url,
        }
        return subprocess.Popen(
            [sys.executable, "-m", "generation.testing.servers.killed_process"],
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
        assert ledger_check.check() == []
        total = Decimal(0)
        for job in Job.objects.all():
            cost = job.expected_usd if job.cost is None else job.cost
            assert cost is not None
            total += cost
        for period in Period:
            sums = Spending.objects.filter(period=period, group_id=0)
            assert sums.aggregate(sum=Sum("usd"))["sum"] == total
