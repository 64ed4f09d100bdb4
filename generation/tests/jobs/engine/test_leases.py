"""Leases: news that comes while a process works on a job is not overwritten by what it had read."""

import contextlib
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from generation.jobs.engine import driver, lifecycle
from generation.jobs.engine.driver import status_checks, submission
from generation.jobs.queue.scheduling import Openings
from generation.models import ImageModel, Job, Status
from generation.providers.runpod.report_parsing import parse_report
from generation.testing.cases import EmulatorTestCase, make_due

MODEL = "flux-schnell"
LEASE = timedelta(minutes=1)


class LeaseTestCase(EmulatorTestCase):
    def leased(self) -> Job:
        """Return a job at RunPod that a status check has claimed."""
        self.place()
        driver.submit(MODEL)
        make_due()
        (job,) = lifecycle.claim_due(MODEL, limit=1, lease=LEASE)
        return job

    def of_unknown_fate(self) -> Job:
        job = self.place()
        lifecycle.begin_submission(Openings(job.model, [job.model.endpoint]))
        lifecycle.store_unknown([(Job.objects.select_related("model").get(), "no reply")])
        assert lifecycle.store_candidate(job.id, attempt=1, runpod_id="rp-1")
        (job,) = lifecycle.claim_due(MODEL, limit=1, lease=LEASE)
        return job

    def storing(self) -> Job:
        """Return a job whose images a process is fetching."""
        job = self.leased()
        (remote,) = self.emulator.jobs
        self.emulator.advance(30)
        finished = status_checks.finished(job, parse_report(remote.report()))
        assert finished is not None
        lifecycle.begin_storing([(job, finished)])
        claimed = lifecycle.claim_storing(lease=LEASE, slots=4, workers=1)
        assert claimed is not None
        return claimed[0]


class TestStatusSweep(LeaseTestCase):
    """A webhook that arrives between the reply about a job and the end of its sweep."""

    def sweep(self, ring: Callable[[Job], object], *, after: float = 0) -> Job:
        """Check the job while its webhook arrives, and return it as it is then."""
        job = self.leased()
        self.emulator.advance(after)
        interval = timedelta(seconds=10)
        for jobs, replies in status_checks.read_statuses([job]):
            ring(job)
            status_checks.apply(jobs, replies, interval=interval)
        return Job.objects.get()

    def ring(self, job: Job) -> None:
        assert lifecycle.receive_webhook(job.id, attempt=job.attempt) == MODEL

    def test_it_leaves_a_waiting_job_due(self) -> None:
        assert self.sweep(self.ring).due_at <= timezone.now()

    def test_it_leaves_a_running_job_due(self) -> None:
        def ring(job: Job) -> None:
            (remote,) = self.emulator.jobs
            assert remote.state == "IN_PROGRESS"
            self.ring(job)

        job = self.sweep(ring, after=3)

        assert job.due_at <= timezone.now()
        driver.check(MODEL)
        job.refresh_from_db()
        assert job.status == Status.RUNNING

    def test_it_is_checked_later_without_one(self) -> None:
        job = self.sweep(lambda _job: None)

        assert job.due_at > timezone.now() + timedelta(seconds=5)

    def test_it_would_be_checked_late_if_only_status_and_attempt_were_compared(self) -> None:
        later = timezone.now() + timedelta(seconds=10)

        def ring(job: Job) -> None:
            self.ring(job)
            seen = Job.objects.filter(id=job.id, status=job.status, attempt=job.attempt)
            assert seen.update(due_at=later) == 1

        assert self.sweep(ring).due_at == later


class TestLostLease(LeaseTestCase):
    """Each change that has a job wait, by a process whose lease has ended meanwhile."""

    def assert_keeps(self, job: Job, change: Callable[[datetime], object]) -> None:
        """Make the job due, or claim it for another process: `change` leaves both as they are."""
        now = timezone.now()
        for due_at in (now, now + 2 * LEASE):
            Job.objects.filter(id=job.id).update(due_at=due_at)
            before = Job.objects.filter(id=job.id).values().get()
            with contextlib.suppress(lifecycle.Stale):
                assert not change(now + timedelta(hours=1))
            assert Job.objects.filter(id=job.id).values().get() == before
        Job.objects.filter(id=job.id).update(due_at=job.due_at)

    def test_it_leaves_a_job_at_provider_as_it_is(self) -> None:
        job = self.leased()
        progress = lifecycle.JobProgress(progress=0.5, step=2, step_count=4)

        self.assert_keeps(job, lambda until: lifecycle.postpone([job], until=until))
        self.assert_keeps(job, lambda until: lifecycle.store_missing(job, until=until))
        self.assert_keeps(
            job, lambda until: lifecycle.store_progress([(job, progress)], until=until)
        )

    def test_it_ends_no_attempt_of_which_runpod_has_not_reported_the_end(self) -> None:
        job = self.leased()

        self.assert_keeps(
            job, lambda _until: lifecycle.retry_attempt(job, code="gpu_lost", detail="")
        )
        self.assert_keeps(job, lambda _until: lifecycle.fail(job, code="deadline"))
        lifecycle.fail(job, code="deadline")

    def test_it_submits_no_job_again_whose_webhook_has_just_named_it(self) -> None:
        job = self.of_unknown_fate()
        assert lifecycle.store_candidate(job.id, attempt=1, runpod_id="rp-2")

        with pytest.raises(lifecycle.Stale):
            lifecycle.retry_attempt(job, code="gpu_lost", detail="")
        with pytest.raises(lifecycle.Stale):
            lifecycle.reject_candidate(job, until=timezone.now() + LEASE)
        job.refresh_from_db()
        assert (job.status, job.attempt, job.candidate_id) == (Status.SUBMITTED, 1, "rp-2")

    def test_it_leaves_an_image_to_the_process_that_fetches_it_now(self) -> None:
        job = self.storing()

        self.assert_keeps(job, lambda until: lifecycle.retry_storing(job, until=until, detail="x"))
        lifecycle.retry_storing(job, until=timezone.now() + LEASE, detail="x")

    def test_it_keeps_a_job_due_that_was_adopted_before_the_reply_to_its_post(self) -> None:
        job = self.place()
        model = ImageModel.objects.get(pk=job.model_id)
        (taken,) = lifecycle.begin_submission(Openings(model, [model.endpoint]))
        ((_job, outcome),) = next(iter(submission.post_all([taken])))
        (remote,) = self.emulator.jobs
        Job.objects.update(candidate_id=remote.id)
        seen = Job.objects.select_related("model").get()
        lifecycle.adopt_candidate(seen, remote_id=seen.candidate_id)

        submission.store_outcomes([(taken, outcome)])

        job.refresh_from_db()
        assert (job.runpod_id, job.due_at <= timezone.now()) == (remote.id, True)
