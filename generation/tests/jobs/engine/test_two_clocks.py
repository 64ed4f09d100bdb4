"""Two clocks of which neither knows the other: every tick comes twice at the same moment, and nothing happens twice. On PostgreSQL.

And a control: the same look without the lease asks RunPod twice about every job.
"""

import threading
from collections import Counter
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.core.files.storage import default_storage
from django.db import connection
from django.test import TransactionTestCase
from django.utils import timezone

from accounts.credits import ledger_check
from accounts.models import CreditEntry
from generation import tasks
from generation.jobs import clients
from generation.models import AT_PROVIDER, Endpoint, IdempotencyKey, Image, Job, Status
from generation.testing import orders
from generation.testing.cases import emulated, load_catalog, make_due, make_user, work
from generation.testing.threads import in_threads

CLOCKS = 4  # two clocks, each late once: their ticks run into each other
JOBS = 24
MODEL = "flux-schnell"


@pytest.mark.slow
class TestTwoClocks(TransactionTestCase):
    def setUp(self):
        cache.clear()
        load_catalog()
        Endpoint.objects.filter(model__slug=MODEL).update(max_in_flight=10)
        self.users = [make_user(f"user{n}@example.org", credits=JOBS) for n in range(3)]
        self.emulator = self.enterContext(emulated(manual=False, instant=True, rate_limits=False))

    def tearDown(self):
        connection.close()

    def place(self, number):
        request = {"model": MODEL, "prompt": f"fog {number}", "width": 256, "height": 256}
        return orders.place(user=self.users[number % len(self.users)], request=request).jobs[0]

    def at_the_same_moment(self, work):
        barrier = threading.Barrier(CLOCKS)

        def run(number):
            barrier.wait()
            work()

        in_threads(CLOCKS, run)

    def looks(self, since=0):
        """How often RunPod was asked for the status of each job."""
        return Counter(call.job_id for call in self.emulator.calls[since:] if call.call == "status")

    @pytest.mark.slow
    def test_it_submits_stores_and_charges_once(self):
        jobs = [self.place(number) for number in range(JOBS)]
        while Job.objects.active().exists():
            self.at_the_same_moment(work)
            assert Job.objects.at_provider().count() <= 10
            make_due()
        assert Counter(Job.objects.values_list("status", "attempt")) == {
            (Status.SUCCEEDED, 1): JOBS
        }
        webhooks = Counter(job.webhook for job in self.emulator.jobs)
        assert (len(webhooks), set(webhooks.values())) == (JOBS, {1})
        assert ledger_check.check() == []
        entries = Counter(
            CreditEntry.objects.exclude(reference=None).values_list("reference", "kind")
        )
        assert entries == {(job.id, kind): 1 for job in jobs for kind in ("hold", "settle")}
        assert Image.objects.count() == JOBS
        for job in jobs:
            names = Counter(job.events.values_list("name", flat=True))
            assert {
                name: names[name] for name in ("submitting", "storing", "succeeded")
            } == dict.fromkeys(("submitting", "storing", "succeeded"), 1)

    def out(self):
        """Have ten jobs at RunPod, all due for a look."""
        for number in range(10):
            self.place(number)
        while Job.objects.queued().exists():
            tasks.submit(MODEL)
        make_due()
        return len(self.emulator.calls)

    def test_it_asks_about_each_job_once_a_round(self):
        since = self.out()
        self.at_the_same_moment(work)
        assert set(self.looks(since).values()) == {1}
        assert len(self.looks(since)) == 10

    def test_it_would_ask_several_times_without_the_lease(self):
        since = self.out()

        def look():
            due = Job.objects.filter(status__in=AT_PROVIDER, due_at__lte=timezone.now())
            clients.runpod().reports([(job.snapshot["endpoint_id"], job.runpod_id) for job in due])

        self.at_the_same_moment(look)
        assert set(self.looks(since).values()) == {CLOCKS}

    def test_it_cleans_up_once(self):
        jobs = [self.place(number) for number in range(4)]
        for _ in range(4):
            work()
            make_due()
        now = timezone.now()
        doomed, kept = (
            Image.objects.filter(job__in=jobs[:2]),
            Image.objects.filter(job__in=jobs[2:]),
        )
        keys = [key for image in doomed for key in (image.key, image.thumbnail_key)]
        doomed.update(trashed_at=now - timedelta(days=31))
        IdempotencyKey.objects.create(
            user=self.users[0], key="old", body_sha256="0" * 64, created_at=now - timedelta(days=3)
        )
        self.at_the_same_moment(tasks.clean_up)
        assert (doomed.count(), kept.count(), IdempotencyKey.objects.count()) == (0, 2, 0)
        assert [key for key in keys if default_storage.exists(key)] == []
        assert all(default_storage.exists(image.key) for image in kept)
