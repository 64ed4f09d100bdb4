"""Many workers at once on PostgreSQL: messages tripled and lost, webhooks doubled, calls that fail, users who cancel.

Whatever happens: one accepted /run per attempt, one end per job, a ledger that adds up. And a
control: the same
submission without the guard runs jobs twice.
"""

import contextlib
import json
import os
import random
import threading
from collections import Counter
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection, transaction
from django.db.models import F
from django.test import Client, TransactionTestCase
from django.utils import timezone

from accounts.credits import ledger_check
from accounts.models import CreditEntry
from generation.jobs import clients
from generation.jobs.budgets import spending
from generation.jobs.engine import (
    callback_tokens,
    driver,
    job_control,
    lifecycle,
    storing,
    unread_replies,
)
from generation.jobs.queue import scheduling
from generation.models import FINAL, Endpoint, Job, OutageKind, ProviderOutage, Status, UnreadReply
from generation.providers.payloads import OutputError
from generation.providers.provider import Order
from generation.providers.runpod.report_parsing import parse_report
from generation.testing import orders
from generation.testing.cases import (
    emulated,
    let_time_pass,
    load_catalog,
    make_due,
    make_user,
    work,
)
from generation.testing.threads import in_threads

pytestmark = pytest.mark.slow

WORKERS = 8
JOBS = 60
SEED = int(os.environ.get("RACE_SEED", "0"))  # another order of messages and users
MODEL = "flux-schnell"


class TestRace(TransactionTestCase):
    def setUp(self):
        cache.clear()
        load_catalog()
        Endpoint.objects.filter(model__slug=MODEL).update(max_in_flight=10)
        self.users = [make_user(f"user{n}@example.org", credits=JOBS) for n in range(4)]
        self.emulator = self.enterContext(emulated(manual=False, instant=True, rate_limits=False))

    def place(self, user):
        request = {"model": MODEL, "prompt": "fog", "width": 256, "height": 256}
        return orders.place(user=user, request=request).jobs[0]

    def test_it_loses_and_doubles_nothing(self):
        for call, fault in (
            ("run", "rate_429_bare"),
            ("run", "break_after"),
            ("run", "error_5xx_after"),
        ):
            self.emulator.faults.chance(call, fault, 0.1)
        self.emulator.faults.chance("status", "error_5xx", 0.2)
        self.emulator.faults.chance("status", "lost_404", 0.1)
        self.emulator.faults.chance("job", "out_of_memory", 0.1)
        jobs = [self.place(self.users[n % len(self.users)]) for n in range(JOBS)]
        # However fast the workers are, a user cancels one job before it has begun.
        late = jobs[-1]
        Job.objects.filter(id=late.id).update(due_at=F("due_at") + timedelta(days=1))

        for round_number in range(40):

            def work(number, seed=round_number):
                self.work(random.Random(f"{SEED} {seed} {number}"))
                if (seed, number) == (0, 0):
                    job_control.cancel(job=late, actor=late.user)

            in_threads(WORKERS, work)
            self.pass_time()
            if not Job.objects.active().exists():
                break

        assert not Job.objects.active().exists()
        self.check_runs()
        self.check_money(jobs)
        statuses = Counter(Job.objects.values_list("status", flat=True))
        assert statuses[Status.SUCCEEDED] > JOBS / 2
        assert statuses[Status.CANCELED] > 0

    def work(self, chance):
        """Do what one worker does in a while.

        Its messages in any order, each three times, a third of them lost.
        """
        ids = list(Job.objects.active().values_list("id", flat=True))
        messages = [name for _ in ids for name in ("submit", "check", "store", "stop")] * 3
        messages = chance.sample(messages, k=min(len(messages), 60))
        for name in messages:
            if chance.random() < 1 / 3:
                continue
            {
                "submit": lambda: driver.submit(MODEL),
                "check": lambda: driver.check(MODEL),
                "store": storing.store,
                "stop": driver.stop,
            }[name]()
        if ids and chance.random() < 0.3:
            job = Job.objects.select_related("user").get(id=chance.choice(ids))
            with contextlib.suppress(job_control.AlreadyFinal):
                job_control.cancel(job=job, actor=job.user)
        work()
        self.ring(chance)

    def ring(self, chance):
        """Ring some webhooks, some of them twice, some of jobs that ended long ago."""
        client = Client()
        for job in chance.sample(self.emulator.jobs, k=min(5, len(self.emulator.jobs))):
            for _ in range(chance.choice((1, 2))):
                path = urlsplit(job.webhook).path
                response = client.post(
                    path, json.dumps({"id": job.id}), content_type="application/json"
                )
                assert response.status_code == 200

    def pass_time(self):
        """Let every pause and lease be over.

        And RunPod's ttl for jobs without a webhook that was never taken.
        """
        taken = {urlsplit(job.webhook).path for job in self.emulator.jobs}
        for job in Job.objects.filter(status=Status.SUBMITTED, runpod_id=""):
            if urlsplit(callback_tokens.address(job)).path not in taken:
                ttl = settings.RUNPOD_TTL_SECONDS + scheduling.UNKNOWN_MARGIN.total_seconds() + 1
                let_time_pass(job.id, seconds=ttl)
        Endpoint.objects.update(submit_after=None)
        # A submission under way keeps the next one back; what is unknown by now is none.
        Job.objects.filter(status=Status.SUBMITTED, runpod_id="").update(
            submitted_at=F("submitted_at") - scheduling.SUBMISSION
        )
        Job.objects.active().update(deadline_at=None)
        make_due()

    def check_runs(self):
        """At most one RunPod job for each attempt: the webhook address is the attempt's own."""
        webhooks = Counter(job.webhook for job in self.emulator.jobs)
        assert [address for address, count in webhooks.items() if count > 1] == []

    def check_money(self, jobs):
        assert ledger_check.check() == []
        for job in Job.objects.filter(id__in=[job.id for job in jobs]):
            assert job.status in FINAL
            end = "settle" if job.status == Status.SUCCEEDED else "release"
            kinds = CreditEntry.objects.filter(reference=job.id).values_list("kind", flat=True)
            assert sorted(kinds) == sorted(["hold", end])
            assert job.images.count() == (1 if job.status == Status.SUCCEEDED else 0)
            assert job.events.filter(name__in=[status.value for status in FINAL]).count() == 1

    def test_it_submits_once_whatever_the_number_of_messages(self):
        self.place(self.users[0])
        barrier = threading.Barrier(WORKERS)

        def submit(number):
            barrier.wait()
            driver.submit(MODEL)

        in_threads(WORKERS, submit)

        assert len(self.emulator.jobs) == 1

    def test_it_would_run_twice_without_the_guard(self):
        self.place(self.users[0])
        barrier = threading.Barrier(WORKERS)

        def submit_unguarded(number):
            job = Job.objects.get(status=Status.QUEUED)
            barrier.wait()
            order = Order(
                endpoint_id=job.snapshot["endpoint_id"],
                input={"prompt": job.prompt},
                webhook=callback_tokens.address(job),
            )
            reply = clients.runpod().submit(order)
            job.status, job.runpod_id = Status.SUBMITTED, reply.remote_id
            job.save(update_fields=["status", "runpod_id"])

        in_threads(WORKERS, submit_unguarded)

        assert len(self.emulator.jobs) == WORKERS

    def test_it_never_has_more_out_than_max_in_flight(self):
        Endpoint.objects.filter(model__slug=MODEL).update(max_in_flight=3)
        for n in range(12):
            self.place(self.users[n % 4])

        in_threads(WORKERS, lambda number: driver.submit(MODEL))

        assert Job.objects.at_provider().count() == 3

    def test_it_leaves_slots_for_other_users(self):
        for _ in range(WORKERS):
            self.place(self.users[0])
        driver.submit(MODEL)
        make_due()
        driver.check(MODEL)
        Job.objects.storing().update(result_host="slow.example")
        claimed = []

        def claim(number):
            claimed.append(lifecycle.claim_storing(lease=storing.LEASE, slots=4, workers=1))

        in_threads(WORKERS, claim)

        assert Job.objects.storing().count() == WORKERS
        assert sum(job is not None for job in claimed) == 2

    def test_it_cancels_or_stores_but_not_both(self):
        jobs = [self.place(self.users[n % 4]) for n in range(8)]
        driver.submit(MODEL)

        def step(number):
            make_due(jobs[number].id)
            if number % 2:
                work()
            for job in jobs:
                with contextlib.suppress(job_control.AlreadyFinal):
                    job_control.cancel(job=job, actor=self.users[0])
                driver.check(MODEL)
                storing.store()

        in_threads(WORKERS, step)
        for _ in range(3):
            make_due()
            work()

        assert not Job.objects.active().exists()
        self.check_money(jobs)

    def unread(self):
        """Return two jobs whose replies have no readable image."""
        for _ in range(2):
            self.emulator.faults.next("job", "artifacts")
        for user in self.users[:2]:
            self.place(user)
        driver.submit(MODEL)
        return list(Job.objects.select_related("model", "user"))

    def test_it_stops_an_endpoint_once_after_two_unread_replies_at_once(self):
        jobs = self.unread()
        reports = {one.id: parse_report(one.report()) for one in self.emulator.jobs}
        barrier = threading.Barrier(len(jobs))

        def keep(number):
            job = jobs[number]
            report = reports[job.runpod_id]
            with pytest.raises(OutputError) as error:
                unread_replies.read(job, report)
            barrier.wait()
            charge = spending.charge_in(report)
            unread_replies.keep(job, report, error.value, charge=charge)

        with self.assertLogs("generation.jobs.engine.outages", "ERROR") as logs:
            in_threads(len(jobs), keep)

        assert len(logs.records) == 1
        assert ProviderOutage.objects.get().kind == OutageKind.REPLIES_UNREAD
        assert UnreadReply.objects.count() == len(jobs)
        self.place(self.users[2])
        for _ in range(3):
            make_due()
            work()
        assert len(self.emulator.jobs) == len(jobs)
        assert set(Job.objects.values_list("attempt", flat=True)) == {1}
        assert ledger_check.check() == []

    def test_it_would_not_find_the_other_reply_before_its_commit(self):
        jobs = self.unread()
        endpoint_id = jobs[0].snapshot["endpoint_id"]
        barrier = threading.Barrier(len(jobs))

        def count_before_commit(number):
            replies = UnreadReply.objects.filter(endpoint_id=endpoint_id)
            with transaction.atomic():
                replies.create(
                    job_id=jobs[number].id,
                    endpoint_id=endpoint_id,
                    body=b"",
                    at=timezone.now(),
                    is_open=True,
                )
                barrier.wait()
                count = replies.count()
                barrier.wait()  # neither commits before both have counted
                return count

        assert in_threads(len(jobs), count_before_commit) == [1, 1]

    def tearDown(self):
        connection.close()
