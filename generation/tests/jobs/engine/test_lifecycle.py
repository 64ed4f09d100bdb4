"""Guards of the lifecycle: what a process has read of a job may be out of date."""

import contextlib
import threading
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.cache import cache
from django.db import connections, transaction
from django.test import TransactionTestCase
from django.utils import timezone

from generation.jobs.budgets.spending import Charge
from generation.jobs.engine import driver, job_control, lifecycle
from generation.jobs.queue.scheduling import Openings
from generation.models import Job, Place, Status
from generation.providers.job_report import JobReport, RemoteState
from generation.testing import orders
from generation.testing.cases import EmulatorTestCase, emulated, load_catalog, make_user
from generation.testing.threads import until_another_waits


class LifecycleTestCase(EmulatorTestCase):
    def submit(self) -> Job:
        """Submit what is queued and return the only job."""
        driver.submit("flux-schnell")
        return Job.objects.select_related("model").get()

    def being_posted(self, job: Job) -> Job:
        """Return the job as SUBMITTED, before the reply to its POST."""
        (taken,) = lifecycle.begin_submission(Openings(job.model, [job.model.endpoint]))
        return taken

    def changes(self, job: Job) -> dict[str, Callable[[], object]]:
        """Return every change of a job at RunPod that a process could make, with what it read."""
        soon = timezone.now() + timedelta(hours=1)
        progress = lifecycle.JobProgress(progress=0.5, step=2, step_count=4)
        finished = lifecycle.Finished(
            delay_ms=None, execution_ms=1, result={}, host="", cost=Decimal(1)
        )
        return {
            "failed": lambda: lifecycle.fail(job, code="deadline"),
            "canceled": lambda: lifecycle.cancel(job, actor=self.alice),
            "lost": lambda: lifecycle.retry_attempt(job, code="gpu_lost", detail=""),
            "missing": lambda: lifecycle.store_missing(job, until=soon),
            "unread": lambda: lifecycle.store_unread(
                job,
                JobReport(job.runpod_id, RemoteState.COMPLETED),
                until=soon,
                detail="x",
                charge=Charge(usd=Decimal(1), has_run=True),
            ),
            "not stored": lambda: lifecycle.retry_storing(job, until=soon, detail="x"),
            "succeeded": lambda: lifecycle.succeed(job, images=[]),
            "moved": lambda: lifecycle.move_to(job, place=Place("runpod", "x")),
            "running": lambda: lifecycle.store_progress([(job, progress)], until=soon),
            "storing": lambda: lifecycle.begin_storing([(job, finished)]),
            "submitted": lambda: lifecycle.store_accepted([(job, job.runpod_id or "rp-late")]),
            "unknown": lambda: lifecycle.store_unknown([(job, "no reply")]),
            "put back": lambda: lifecycle.put_back([(job, "429")], until=soon),
            "postponed": lambda: lifecycle.postpone([job], until=soon),
            "candidate": lambda: lifecycle.store_candidate(
                job.id, attempt=job.attempt, runpod_id="x"
            ),
            "webhook": lambda: lifecycle.receive_webhook(job.id, attempt=job.attempt),
        }

    def assert_changes_nothing(
        self, job: Job, changes: dict[str, Callable[[], object]] | None = None
    ) -> None:
        row = Job.objects.filter(id=job.id).values()
        before = (row.get(), job.events.count())
        for name, change in (changes or self.changes(job)).items():
            with contextlib.suppress(lifecycle.Stale):
                assert not change(), name
            assert (row.get(), job.events.count()) == before, name


class TestAttempt(LifecycleTestCase):
    def test_it_never_changes_a_newer_attempt_for_an_old_one(self) -> None:
        self.place()
        old = self.submit()
        lifecycle.retry_attempt(old, code="gpu_lost", detail="")
        new = self.submit()
        assert (old.status, old.attempt) == (new.status, new.attempt - 1)

        self.assert_changes_nothing(old)

    def test_it_gives_no_newer_attempt_the_late_reply_to_the_post_of_an_old_one(self) -> None:
        old = self.being_posted(self.place())
        lifecycle.retry_attempt(old, code="gpu_lost", detail="")
        new = self.being_posted(old)
        assert (new.status, new.attempt, new.runpod_id) == (old.status, old.attempt + 1, "")

        self.assert_changes_nothing(old)

    def test_it_keeps_the_remote_job_that_was_adopted_before_the_reply(self) -> None:
        seen = self.being_posted(self.place())
        assert lifecycle.store_candidate(seen.id, attempt=1, runpod_id="rp-1")
        known = Job.objects.select_related("model").get()
        lifecycle.adopt_candidate(known, remote_id=known.candidate_id)

        changes = self.changes(seen)
        self.assert_changes_nothing(
            seen, {name: changes[name] for name in ("submitted", "unknown", "put back")}
        )
        assert lifecycle.store_accepted([(seen, "rp-1")])

    def test_it_never_gives_a_newer_attempt_of_unknown_fate_the_candidate_of_an_old_one(
        self,
    ) -> None:
        job = self.being_posted(self.place())
        Job.objects.update(attempt=2)

        assert not lifecycle.store_candidate(job.id, attempt=1, runpod_id="x")
        assert lifecycle.store_candidate(job.id, attempt=2, runpod_id="x")


class TestStale(LifecycleTestCase):
    def test_it_raises_where_the_status_has_changed(self) -> None:
        self.place()
        seen = self.submit()
        lifecycle.cancel(seen, actor=self.alice)

        self.assert_changes_nothing(seen)
        with pytest.raises(lifecycle.Stale):
            lifecycle.fail(seen, code="deadline")
        assert Job.objects.get().status == Status.CANCELED

    def test_it_leaves_a_job_canceled_that_was_canceled_during_its_post(self) -> None:
        seen = self.being_posted(self.place())
        lifecycle.cancel(seen, actor=self.alice)

        self.assert_changes_nothing(seen)


class TestCancelBesideSubmission(TransactionTestCase):
    def test_it_submits_no_job_whose_cancellation_is_being_committed(self) -> None:
        cache.clear()
        load_catalog()
        alice = make_user("alice@example.org")
        emulator = self.enterContext(emulated(manual=False, instant=True))
        request = {"model": "flux-schnell", "prompt": "fog", "width": 256, "height": 256}
        job = orders.place(user=alice, request=request).jobs[0]
        errors: list[Exception] = []

        def submit() -> None:
            try:
                driver.submit("flux-schnell")
            except Exception as error:  # noqa: BLE001 it would delay the jobs of others
                errors.append(error)
            finally:
                connections.close_all()

        submission = threading.Thread(target=submit)
        with transaction.atomic():
            job_control.cancel(job=job, actor=alice)
            submission.start()
            until_another_waits(submission)
        submission.join()

        assert errors == []
        assert emulator.jobs == []
        assert Job.objects.get().status == Status.CANCELED
