"""One job's trouble is its own.

Whatever is wrong with it, the others go on, and it ends at its deadline.
"""

from datetime import timedelta

from django.conf import settings
from django.core.cache import cache
from django.test import override_settings
from django.utils import timezone

from accounts.credits import holds, ledger_check
from generation.jobs.engine import driver, job_control, lifecycle
from generation.jobs.engine.driver import status_checks
from generation.jobs.queue.scheduling import Openings
from generation.models import Endpoint, ImageModel, Job, Status
from generation.providers.call_errors import CallFailed
from generation.testing.cases import EmulatorTestCase, let_time_pass, make_due, store_all, work

MODEL = "flux-schnell"
INLINE = "sdxl-turbo"  # its images are in the reply, which is too large for a row
DEAD = "redis://127.0.0.1:9/0"  # nobody listens there


class TestTrouble(EmulatorTestCase):
    def submit(self, **request):
        job = self.place(**request)
        driver.submit(MODEL)
        job.refresh_from_db()
        return job

    def finish(self, *jobs):
        self.emulator.advance(60)
        make_due(*(job.id for job in jobs))

    def spoil(self, job):
        Job.objects.filter(id=job.id).update(snapshot={**job.snapshot, "dialect": "of another age"})

    def assert_status(self, job, status):
        job.refresh_from_db()
        assert job.status == status

    def test_it_stops_at_provider_what_was_noted_after_the_caller_looked(self):
        job = self.place()
        (seen,) = lifecycle.begin_submission(Openings(job.model, [job.model.endpoint]))
        lifecycle.store_accepted([(seen, "abc")])

        ended = lifecycle.cancel(seen, actor=self.alice)

        assert ended.stop_pending

    def test_it_checks_the_others_when_one_report_cannot_be_read(self):
        spoiled, good = self.submit(), self.submit()
        self.spoil(spoiled)
        self.finish(spoiled, good)

        driver.check(MODEL)

        self.assert_status(good, Status.STORING)
        self.assert_status(spoiled, Status.SUBMITTED)
        assert spoiled.due_at > timezone.now() + timedelta(seconds=30)

    def test_it_ends_at_its_deadline_what_cannot_be_read(self):
        spoiled = self.submit()
        self.spoil(spoiled)
        self.finish(spoiled)
        let_time_pass(spoiled.id, seconds=7200)

        driver.check(MODEL)

        self.assert_status(spoiled, Status.FAILED)
        assert ledger_check.check() == []

    def test_it_soon_asks_again_if_runpod_calls_a_finished_job_running(self):
        ImageModel.objects.filter(slug=INLINE).update(enabled=True)
        job = self.place(model=INLINE, width=512, height=512)
        driver.submit(INLINE)
        self.finish(job)
        driver.check(INLINE)
        self.emulator.faults.next("status", "unknown_state")

        with self.assertNoLogs("generation.jobs.engine.failures"):
            store_all()

        self.assert_status(job, Status.STORING)
        assert "running" in job.error_detail
        assert job.due_at < timezone.now() + timedelta(seconds=30)
        make_due(job.id)
        store_all()
        self.assert_status(job, Status.SUCCEEDED)

    def test_it_stores_without_asking_runpod_again(self):
        job = self.submit()
        self.finish(job)
        driver.check(MODEL)
        self.assert_status(job, Status.STORING)
        asked = len(self.emulator.calls)

        store_all()

        self.assert_status(job, Status.SUCCEEDED)
        assert [call.path for call in self.emulator.calls[asked:] if "/v2/" in call.path] == []

    def test_it_submits_the_others_when_one_cannot_be_prepared(self):
        spoiled, good = self.place(), self.place(user=self.bob)
        self.spoil(spoiled)

        work()

        self.assert_status(good, Status.SUBMITTED)
        self.assert_status(spoiled, Status.QUEUED)
        assert spoiled.due_at > timezone.now() + timedelta(seconds=30)
        assert Endpoint.objects.get(model__slug=MODEL).submit_after is None

    def test_it_stops_the_others_when_many_cannot_be_stopped(self):
        template = self.place()
        jobs = [self.place() for _ in range(25)]
        template.delete()
        for number, job in enumerate(jobs):
            Job.objects.filter(id=job.id).update(
                status=Status.CANCELED,
                due_at=None,
                finished_at=timezone.now(),
                runpod_id=f"gone-{number}" if number > 20 else "." * (number + 1),
                stop_pending=True,
            )

        for _ in range(10):
            driver.stop()
        gone = Job.objects.filter(stop_pending=True, runpod_id__startswith="gone")
        assert gone.count() == 4, "one 404 does not end the stopping"

        gone.update(
            missing_since=timezone.now() - timedelta(seconds=settings.RUNPOD_MISSING_SECONDS)
        )
        for _ in range(10):
            driver.stop()
        assert gone.count() == 0

    def test_it_fails_what_waits_past_its_deadline_although_another_cannot_be_ended(self):
        broken, good = self.place(), self.place(user=self.bob)
        holds.release(reference=broken.id, reason="by mistake")
        Job.objects.update(deadline_at=timezone.now() - timedelta(seconds=1))

        work()

        self.assert_status(good, Status.FAILED)
        self.assert_status(broken, Status.QUEUED)

    def test_it_looks_again_within_minutes_whatever_pause_runpod_asks_for(self):
        job = self.submit()
        error = CallFailed("busy", retry_after=3600)

        status_checks.apply([job], {job.id: error}, interval=status_checks.MIN_INTERVAL)

        job.refresh_from_db()
        assert job.due_at < timezone.now() + timedelta(minutes=6)

    def test_it_gives_up_an_unknown_attempt_at_the_deadline(self):
        job = self.place()
        Job.objects.filter(id=job.id).update(deadline_at=timezone.now() + timedelta(minutes=5))
        job.refresh_from_db()

        (submitting,) = lifecycle.begin_submission(Openings(job.model, [job.model.endpoint]))

        assert submitting.due_at == submitting.deadline_at

    def test_it_keeps_foreign_words_that_postgresql_cannot(self):
        job = self.submit()

        failed = lifecycle.fail(job, code="provider_error", detail="a\0b\ud800c")

        assert failed.error_detail == "ab?c"

    def test_it_places_and_cancels_while_the_cache_is_dead(self):
        backend = "artgen.redis.cache.ForgivingRedisCache"
        with override_settings(CACHES={"default": {"BACKEND": backend, "LOCATION": DEAD}}):
            with self.captureOnCommitCallbacks(execute=True):
                job = self.place()
            with self.captureOnCommitCallbacks(execute=True):
                job_control.cancel(job=job, actor=self.alice)

        self.assert_status(job, Status.CANCELED)

    def test_it_shows_pages_while_the_cache_is_dead(self):
        self.client.force_login(self.alice)
        self.place()
        with override_settings(
            CACHES={
                "default": {"BACKEND": "artgen.redis.cache.ForgivingRedisCache", "LOCATION": DEAD}
            }
        ):
            pages = {
                path: self.client.get(path).status_code
                for path in ("/create/", "/gallery/", "/account/")
            }

        assert set(pages.values()) == {200}, pages

    def tearDown(self):
        cache.clear()
