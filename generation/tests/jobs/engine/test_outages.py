"""A wrong key and a missing endpoint park jobs instead of failing them.

Work continues automatically when the cause is gone.
"""

from datetime import timedelta

from django.core.cache import cache
from django.db.models import F
from django.utils import timezone

from accounts.credits import ledger_check
from accounts.models import CreditEntry
from generation.jobs.engine import driver, outages
from generation.models import Endpoint, Job, OutageKind, Place, ProviderOutage, Status
from generation.providers.call_errors import KeyRefused
from generation.testing.cases import (
    EmulatorTestCase,
    let_models_rest,
    let_time_pass,
    make_due,
    work,
)

MODEL = "flux-schnell"
ENDPOINT = "black-forest-labs-flux-1-schnell"
PLACE = Place("runpod", ENDPOINT)


class OutageTestCase(EmulatorTestCase):
    def probe(self) -> None:
        """Make every probe due and do it."""
        ProviderOutage.objects.update(probe_at=timezone.now() - timedelta(seconds=1))
        outages.probe_due()

    def finish(self) -> None:
        for _ in range(30):
            self.tick(seconds=5)
            if not Job.objects.active().exists():
                return

    def statuses(self) -> set[str]:
        return set(Job.objects.values_list("status", flat=True))


class TestKey(OutageTestCase):
    def test_it_loses_and_doubles_nothing_when_the_key_is_refused_amid_jobs(self) -> None:
        jobs = [self.place(user=user) for user in (self.alice, self.bob) * 6]
        self.tick(seconds=5)
        self.tick(seconds=5)
        assert {Status.QUEUED, Status.SUBMITTED, Status.RUNNING} & self.statuses()

        self.emulator.accept_key("rotated")
        for _ in range(5):
            self.tick(seconds=5)
        assert self.statuses() <= {
            Status.QUEUED,
            Status.SUBMITTED,
            Status.RUNNING,
            Status.SUCCEEDED,
        }
        assert ProviderOutage.objects.get().kind == OutageKind.KEY_REFUSED
        runs = len(self.runs())
        self.tick(seconds=5)
        assert len(self.runs()) == runs

        self.emulator.accept_key("test")
        self.probe()
        assert not ProviderOutage.objects.exists()
        self.finish()

        assert self.statuses() == {Status.SUCCEEDED}
        assert ledger_check.check() == []
        ends = CreditEntry.objects.filter(reference__in=[job.id for job in jobs]).exclude(
            kind="hold"
        )
        assert [entry.kind for entry in ends] == ["settle"] * len(jobs)

    def test_it_gives_deadlines_the_lost_time_back(self) -> None:
        job = self.place()
        driver.submit(MODEL)
        self.emulator.accept_key("rotated")
        make_due()
        driver.check(MODEL)
        ProviderOutage.objects.update(since=F("since") - timedelta(hours=2))
        let_time_pass(job.id, seconds=7200)
        make_due()
        work()
        job.refresh_from_db()
        assert job.status == Status.SUBMITTED

        self.emulator.accept_key("test")
        self.probe()

        job.refresh_from_db()
        assert job.deadline_at is not None
        assert job.deadline_at > timezone.now() + timedelta(minutes=20)
        self.finish()
        job.refresh_from_db()
        assert job.status == Status.SUCCEEDED

    def test_it_keeps_what_waits_to_be_stored_and_to_be_stopped(self) -> None:
        stored, stopped = self.place(), self.place(user=self.bob)
        driver.submit(MODEL)
        self.emulator.advance(10)
        make_due()
        driver.check(MODEL)
        Job.objects.filter(id=stored.id).update(result=None)  # as one whose images came as bytes
        Job.objects.filter(id=stopped.id).update(
            status=Status.CANCELED, due_at=None, finished_at=timezone.now(), stop_pending=True
        )
        self.emulator.accept_key("rotated")

        work()

        stored.refresh_from_db()
        stopped.refresh_from_db()
        assert (stored.status, stopped.stop_pending) == (Status.STORING, True)
        self.emulator.accept_key("test")
        self.probe()
        self.tick(seconds=5)
        stored.refresh_from_db()
        stopped.refresh_from_db()
        assert (stored.status, stopped.stop_pending) == (Status.SUCCEEDED, False)

    def test_it_tells_people_that_the_model_is_not_available(self) -> None:
        self.place()
        outages.start(PLACE, KeyRefused("RunPod refuses the API key (401)"))
        cache.clear()
        self.client.force_login(self.alice)

        self.assertContains(self.client.get("/create/"), "Temporarily unavailable")
        (job,) = self.client.get("/api/v1/jobs/").json()["results"]

        assert (job["phase"], job["eta_seconds"]) == ("Temporarily unavailable", None)

    def test_it_notes_a_refusal_once_and_asks_less_and_less_often(self) -> None:
        self.emulator.accept_key("rotated")
        for _ in range(3):
            outages.start(PLACE, KeyRefused("RunPod refuses the API key (401)"))
        for _ in range(6):
            self.probe()
        outage = ProviderOutage.objects.get()
        assert outage.probes == 6
        assert outage.probe_at <= timezone.now() + outages.MAX_PROBE_INTERVAL
        assert outage.probe_at > timezone.now() + outages.MAX_PROBE_INTERVAL / 2

    def test_it_asks_with_another_model_when_that_of_the_refusal_was_switched_off(self) -> None:
        outages.start(
            Place("runpod", "endpoint-that-the-key-may-not-use"),
            KeyRefused("RunPod refuses the API key (403)"),
        )
        self.probe()
        assert not ProviderOutage.objects.exists()


class TestEndpoint(OutageTestCase):
    def test_it_parks_the_models_of_a_missing_endpoint_and_no_other(self) -> None:
        gone, other = self.place(), self.place(model="p-image", width=1024, height=1024)
        self.emulator.retire(ENDPOINT)
        for _ in range(5):
            self.tick(seconds=5)
        gone.refresh_from_db()
        other.refresh_from_db()
        assert (gone.status, other.status) == (Status.QUEUED, Status.SUCCEEDED)

        self.emulator.restore(ENDPOINT)
        self.probe()
        self.finish()
        gone.refresh_from_db()
        assert (gone.status, gone.attempt) == (Status.SUCCEEDED, 1)

    def test_it_keeps_jobs_that_were_out_when_the_endpoint_went(self) -> None:
        job = self.place()
        driver.submit(MODEL)
        self.emulator.retire(ENDPOINT)
        for _ in range(3):
            self.tick(seconds=5)
        let_time_pass(job.id, seconds=40)
        self.tick(seconds=5)
        job.refresh_from_db()
        assert (job.status, job.attempt) == (Status.SUBMITTED, 1)

        self.emulator.restore(ENDPOINT)
        self.probe()
        self.finish()
        job.refresh_from_db()
        assert (job.status, job.attempt) == (Status.SUCCEEDED, 1)

    def test_it_sends_waiting_jobs_to_the_endpoint_that_staff_put_in_its_place(self) -> None:
        job = self.place()
        self.emulator.retire(ENDPOINT)
        Endpoint.objects.filter(model__slug=MODEL).update(
            endpoint_id="black-forest-labs-flux-1-dev"
        )

        self.tick(seconds=5)
        let_models_rest()
        self.tick(seconds=5)
        self.finish()

        job.refresh_from_db()
        assert job.status == Status.SUCCEEDED
        assert job.place.endpoint_id == "black-forest-labs-flux-1-dev"

    def test_it_sends_them_to_another_provider(self) -> None:
        job = self.place()
        self.emulator.retire(ENDPOINT)
        Endpoint.objects.filter(model__slug=MODEL).update(
            provider="wavespeed", endpoint_id="wavespeed-ai/flux-schnell"
        )
        self.tick(seconds=5)
        job.refresh_from_db()
        assert job.place == ("wavespeed", "wavespeed-ai/flux-schnell")


class TestCost(OutageTestCase):
    def test_it_records_what_failed_and_canceled_jobs_cost(self) -> None:
        self.emulator.faults.next("job", "failed_cost")
        failed = self.place()
        self.finish()
        failed.refresh_from_db()
        assert failed.status == Status.FAILED
        assert failed.cost is not None
        assert failed.cost > 0
