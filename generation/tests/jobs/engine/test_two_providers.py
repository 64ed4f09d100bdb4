"""A model at two providers: one goes on when the other is away, and no job is paid twice."""

from collections import Counter
from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from generation.jobs.engine import driver, job_control, lifecycle, outages
from generation.jobs.queue import scheduling
from generation.models import Endpoint, Job, OutageKind, ProviderOutage, Status
from generation.testing.cases import EmulatorTestCase, catch_up, let_models_rest, make_due, work
from generation.testing.rows.endpoints import MODEL, add_endpoint

AT_WAVESPEED = "wavespeed-ai/flux-schnell"


class TestTwoProviders(EmulatorTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.runpod = Endpoint.objects.get(model__slug=MODEL)
        self.wavespeed = add_endpoint(
            provider="wavespeed", endpoint_id=AT_WAVESPEED, expected_cost={"per_image": "0.003"}
        )

    def only(self, endpoint: Endpoint) -> None:
        Endpoint.objects.filter(model__slug=MODEL).exclude(pk=endpoint.pk).update(enabled=False)

    def providers(self) -> Counter[str]:
        return Counter(job.place.provider for job in Job.objects.at_provider())

    def test_it_makes_an_image_at_the_second(self) -> None:
        self.only(self.wavespeed)
        job = self.place()
        driver.submit(MODEL)
        (delivery,) = self.emulator.jobs
        assert delivery.input["size"] == "256*256"
        job = self.finish(job)
        assert (job.status, job.place) == (Status.SUCCEEDED, self.wavespeed.place)
        assert job.images.count() == 1
        assert (job.cost, str(job.unreported_usd)) == (None, "0.00300"), "expected, not recorded"

    def test_a_refused_key_closes_its_own_endpoints_alone(self) -> None:
        self.emulator.faults.next("run", "refuse_401")
        job = self.place()
        driver.submit(MODEL)
        outage = ProviderOutage.objects.get()
        assert (outage.kind, outage.provider) == (OutageKind.KEY_REFUSED, "runpod")
        driver.submit(MODEL)
        job.refresh_from_db()
        assert job.place == self.wavespeed.place
        assert self.place(model="flux-dev").status == Status.QUEUED
        assert driver.submit("flux-dev") == [], "its only endpoint is at RunPod"
        ProviderOutage.objects.update(probe_at=timezone.now())
        outages.probe_due()
        assert not ProviderOutage.objects.exists()

    def test_an_empty_account_closes_its_endpoint_alone(self) -> None:
        Endpoint.objects.filter(pk=self.runpod.pk).update(preference=2)
        self.emulator.faults.next("run", "refuse_402")
        job = self.place()
        driver.submit(MODEL)
        assert job.events.last().detail.startswith("WaveSpeed asks for payment (402)")
        driver.submit(MODEL)
        job.refresh_from_db()
        assert (job.status, job.place) == (Status.SUBMITTED, self.runpod.place)
        let_models_rest()
        self.only(self.wavespeed)
        self.emulator.faults.next("run", "refuse_402")
        waiting = self.place()
        driver.submit(MODEL)
        waiting.refresh_from_db()
        assert (waiting.status, waiting.refusals, waiting.deadline_at) == (Status.QUEUED, 1, None)
        let_models_rest()
        assert self.finish(waiting).place == self.wavespeed.place

    def test_the_jobs_of_both_are_checked_at_once(self) -> None:
        Endpoint.objects.filter(pk=self.runpod.pk).update(max_in_flight=2)
        jobs = [self.place() for _ in range(4)]
        driver.submit(MODEL)
        assert self.providers() == {"runpod": 2, "wavespeed": 2}
        for job in jobs:
            assert self.finish(job).status == Status.SUCCEEDED
        assert len(self.emulator.jobs) == 4

    def test_what_one_does_not_tell_holds_up_no_job_of_the_other(self) -> None:
        Endpoint.objects.filter(pk=self.runpod.pk).update(max_in_flight=1)
        first, second = self.place(), self.place()
        driver.submit(MODEL)
        self.emulator.advance(10)
        runpod_id = Job.objects.get(id=first.id).runpod_id
        self.emulator.faults.next("status", "html_502")
        make_due()
        driver.check(MODEL)
        states = dict(Job.objects.values_list("id", "status"))
        assert sorted(states.values()) == [Status.STORING, Status.SUBMITTED]
        assert Job.objects.get(id=first.id).runpod_id == runpod_id
        assert second.id in states

    def test_a_provider_that_only_another_version_knows_holds_up_no_other(self) -> None:
        Endpoint.objects.filter(pk=self.runpod.pk).update(max_in_flight=1)
        first, second = self.place(), self.place()
        driver.submit(MODEL)
        self.emulator.advance(10)
        Job.objects.filter(id=second.id).update(
            snapshot=Job.objects.get(id=second.id).snapshot | {"provider": "later"}
        )
        make_due()
        with pytest.raises(LookupError):
            driver.check(MODEL)
        assert Job.objects.get(id=first.id).status == Status.STORING
        assert Job.objects.get(id=second.id).status == Status.SUBMITTED

    def test_a_job_of_unknown_fate_waits_for_its_provider(self) -> None:
        self.only(self.wavespeed)
        job = self.place()
        self.emulator.faults.next("run", "break_after")
        driver.submit(MODEL)
        Endpoint.objects.filter(pk=self.runpod.pk).update(enabled=True)
        for _ in range(3):
            let_models_rest()
            make_due()
            work()
        job.refresh_from_db()
        assert (job.status, job.place) == (Status.SUBMITTED, self.wavespeed.place)
        assert len(self.runs()) == 1
        gone = scheduling.longest_life("wavespeed") + timedelta(seconds=1)
        Job.objects.update(submitted_at=F("submitted_at") - gone, due_at=timezone.now())
        Endpoint.objects.filter(pk=self.wavespeed.pk).update(enabled=False)
        work()
        job.refresh_from_db()
        assert (job.place, job.attempt) == (self.runpod.place, 2)

    def test_a_candidate_that_is_another_job_does_not_move_the_deadline(self) -> None:
        self.only(self.wavespeed)
        job = self.place()
        self.emulator.faults.next("run", "break_after")
        driver.submit(MODEL)
        deadline_at = timezone.now() + timedelta(minutes=1)
        Job.objects.update(deadline_at=deadline_at)
        lifecycle.store_candidate(job.id, attempt=1, runpod_id="unknown")
        make_due()
        driver.check(MODEL)
        job.refresh_from_db()
        assert (job.candidate_id, job.due_at) == ("", deadline_at)

    def test_what_cannot_be_canceled_is_counted_as_paid(self) -> None:
        self.only(self.wavespeed)
        job = self.place()
        driver.submit(MODEL)
        job_control.cancel(job=job, actor=self.alice, max_credits=job.credits)
        driver.stop()
        job.refresh_from_db()
        assert (job.status, job.stop_pending) == (Status.CANCELED, False)
        assert str(job.unreported_usd) == "0.00300"
        catch_up()
        assert Job.objects.get().status == Status.CANCELED
