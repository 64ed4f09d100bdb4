"""The whole way of a job, step by step, against the emulator over real HTTP.

Messages and webhooks get lost.
"""

import hashlib
import io
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone
from PIL import Image as Pillow

from generation.files import storage
from generation.jobs.engine import callback_tokens, driver, job_control, lifecycle
from generation.jobs.engine.driver import submission
from generation.jobs.queue import scheduling
from generation.models import Endpoint, GenerationSwitch, Job, Status
from generation.testing.cases import (
    EmulatorTestCase,
    let_models_rest,
    let_time_pass,
    make_due,
    work,
)


class PathTestCase(EmulatorTestCase):
    def events(self, job: Job) -> list[str]:
        return list(job.events.values_list("name", flat=True))


class TestHappyPath(PathTestCase):
    def test_it_ends_with_a_stored_picture_and_one_charge(self):
        self.emulator.output_formats.set(jpeg=False)
        job = self.place(width=512, height=256, seed=7)

        self.finish(job)

        assert job.status == Status.SUCCEEDED
        assert self.kinds(job) == ["hold", "settle"]
        assert self.events(job) == [
            "placed",
            "submitting",
            "submitted",
            "running",
            "storing",
            "succeeded",
        ]
        assert len(self.runs()) == 1
        image = job.images.get()
        data = storage.read(image.key)
        with Pillow.open(io.BytesIO(data)) as picture:
            assert picture.size == (512, 256)
            assert (image.width, image.height, image.bytes) == (512, 256, len(data))
            assert '"seed": 7' in picture.text["parameters"]
        assert hashlib.sha256(data).hexdigest() == image.sha256
        assert b"digitalsourcetype/algorithmicMedia<" in data  # the emulator draws, no model does
        with Pillow.open(io.BytesIO(storage.read(image.thumbnail_key))) as thumbnail:
            assert thumbnail.format == "WEBP"
        self.alice.refresh_from_db()
        assert (self.alice.credits, self.alice.held) == (99, 0)

    def test_it_draws_a_seed_of_its_own_and_keeps_it(self):
        job = self.place()
        assert job.seed is not None
        self.tick()
        assert self.runs()[0].json["input"]["seed"] == job.seed


class TestTrouble(PathTestCase):
    def test_it_waits_and_tries_again_when_runpod_says_429(self):
        self.emulator.faults.next("run", "rate_429")
        job = self.place()

        assert len(driver.submit("flux-schnell")) == 1
        job.refresh_from_db()
        assert (job.status, job.attempt, job.refusals) == (Status.QUEUED, 1, 1)
        assert driver.submit("flux-schnell") == [], "the model pauses"

        Endpoint.objects.update(submit_after=timezone.now() - timedelta(seconds=1))
        assert self.finish(job).status == Status.SUCCEEDED
        assert job.attempt == 1

    def test_it_counts_how_often_an_attempt_was_not_taken(self):
        job = self.place()
        for _ in range(2):
            self.emulator.faults.next("run", "rate_429")
            let_models_rest()
            driver.submit("flux-schnell")
        self.client.force_login(self.staff)

        page = self.client.get(f"/admin/generation/job/{job.id}/change/")
        self.assertContains(page, "not accepted by the provider: 2 times")

        let_models_rest()
        driver.submit("flux-schnell")
        job.refresh_from_db()
        assert (job.status, job.refusals) == (Status.SUBMITTED, 2)
        assert lifecycle.retry_attempt(job, code="gpu_lost", detail="").refusals == 0

    def test_it_fails_at_once_and_gives_the_credits_back_when_runpod_refuses(self):
        self.emulator.faults.next("run", "refuse_400")
        job = self.place()

        driver.submit("flux-schnell")

        job.refresh_from_db()
        assert (job.status, job.error_code) == (Status.FAILED, "invalid_input")
        assert self.kinds(job) == ["hold", "release"]

    def test_it_never_submits_again_what_may_have_been_taken(self):
        for fault in (
            "break_after",
            "error_5xx_after",
            "html_502",
            "garbage",
            "truncated",
            "no_id",
        ):
            with self.subTest(fault):
                self.emulator.faults.next("run", fault)
                job = self.place()
                runs = len(self.runs())
                driver.submit("flux-schnell")
                job.refresh_from_db()
                assert (job.status, job.runpod_id) == (Status.SUBMITTED, "")
                assert "unknown" in self.events(job)

                for _ in range(3):
                    self.tick(seconds=60)
                job.refresh_from_db()
                assert (job.status, job.attempt, len(self.runs()) - runs) == (
                    Status.SUBMITTED,
                    1,
                    1,
                )
                job_control.cancel(job=job, actor=self.alice)
                let_models_rest()

    def test_it_says_at_once_that_an_unknown_one_holds_credits(self):
        self.emulator.faults.next("run", "html_502")
        job = self.place()
        driver.submit("flux-schnell")
        self.client.force_login(self.alice)

        answer = self.client.get(f"/api/v1/jobs/{job.id}/").json()

        assert answer["phase"] == "Waiting for confirmation"
        assert "credit held, checking until " in answer["phase_detail"]
        self.client.post(f"/api/v1/jobs/{job.id}/cancel/")
        self.alice.refresh_from_db()
        assert (self.alice.credits, self.alice.held) == (100, 0)

    def test_it_submits_an_unknown_one_again_once_runpods_ttl_has_passed(self):
        self.emulator.faults.next("run", "html_502")
        job = self.place()
        driver.submit("flux-schnell")

        let_time_pass(
            job.id, seconds=settings.RUNPOD_TTL_SECONDS + scheduling.UNKNOWN_MARGIN.total_seconds()
        )
        Job.objects.filter(id=job.id).update(deadline_at=timezone.now() + timedelta(hours=1))
        let_models_rest()
        work()

        job.refresh_from_db()
        assert (job.status, job.attempt) == (Status.SUBMITTED, 2)
        assert self.finish(job).status == Status.SUCCEEDED
        assert self.kinds(job) == ["hold", "settle"]

    def test_it_waits_for_one_that_was_accepted_late_while_the_clock_was_slow(self):
        self.emulator.faults.next("run", "html_502")
        job = self.place()
        driver.submit("flux-schnell")
        last_acceptance = settings.CLOCK_MARGIN_SECONDS + settings.HTTP_LIMITS["run_seconds"]

        let_time_pass(job.id, seconds=last_acceptance + settings.RUNPOD_TTL_SECONDS)
        Job.objects.filter(id=job.id).update(deadline_at=timezone.now() + timedelta(hours=1))
        let_models_rest()
        work()

        job.refresh_from_db()
        assert (job.status, job.attempt) == (Status.SUBMITTED, 1)

    def test_it_gives_a_lost_job_another_attempt_after_half_a_minute_of_404(self):
        self.emulator.faults.next("job", "lost")
        job = self.place()
        self.tick()
        self.tick(seconds=10)
        job.refresh_from_db()
        assert (job.attempt, job.status) == (1, Status.SUBMITTED)
        assert job.missing_since is not None

        let_time_pass(job.id, seconds=31)
        work()
        job.refresh_from_db()
        assert job.attempt == 2
        assert self.finish(job).status == Status.SUCCEEDED
        assert self.kinds(job) == ["hold", "settle"]

    def test_it_forgives_a_404_that_goes_away(self):
        job = self.place()
        self.tick()
        self.emulator.faults.next("status", "lost_404")
        self.tick(seconds=2)
        job.refresh_from_db()
        assert job.missing_since is not None

        self.tick(seconds=2)
        job.refresh_from_db()
        assert job.missing_since is None

    def test_it_gives_up_after_the_last_attempt(self):
        for _ in range(settings.JOB_MAX_ATTEMPTS):
            self.emulator.faults.next("job", "out_of_memory")
        job = self.finish(self.place())

        assert (job.status, job.error_code) == (Status.FAILED, "out_of_memory")
        assert (job.attempt, len(self.runs())) == (settings.JOB_MAX_ATTEMPTS,) * 2
        assert self.kinds(job) == ["hold", "release"]

    @pytest.mark.slow
    def test_it_asks_an_address_that_does_not_answer_until_the_deadline(self):
        self.emulator.faults.next("job", "url_404")
        job = self.finish(self.place())
        assert job.status == Status.STORING
        let_time_pass(job.id, seconds=4000)
        work()
        job.refresh_from_db()
        assert (job.status, job.error_code) == (Status.FAILED, "storage")
        assert len(self.runs()) == 1

    def test_it_fetches_nothing_from_a_private_address_and_keeps_the_job_until_its_deadline(self):
        self.emulator.faults.next("job", "url_redirects_private")
        job = self.finish(self.place())

        assert (job.status, len(self.runs())) == (Status.STORING, 1)
        assert "DownloadRefused" in job.error_detail
        assert self.events(job)[-1] == "not_stored"
        assert self.events(job).count("not_stored") == 1
        assert job in Job.objects.stuck()

        let_time_pass(job.id, seconds=settings.JOB_DEADLINE_SECONDS)
        self.tick()
        job.refresh_from_db()
        assert (job.status, job.error_code) == (Status.FAILED, "storage")
        assert job.images.count() == 0
        assert self.kinds(job) == ["hold", "release"]

    def test_it_ends_a_stuck_job_at_its_deadline_and_stops_it_at_provider(self):
        self.emulator.faults.next("job", "stuck")
        job = self.place()
        self.tick()
        self.tick(seconds=3)
        let_time_pass(job.id, seconds=settings.JOB_DEADLINE_SECONDS)
        self.tick(seconds=3)

        job.refresh_from_db()
        assert (job.status, job.error_code) == (Status.FAILED, "deadline")
        assert not job.stop_pending
        assert [
            call.path.split("/")[-2] for call in self.emulator.calls if "/cancel/" in call.path
        ] == ["cancel"]
        assert self.kinds(job) == ["hold", "release"]

    def test_it_does_not_go_back_when_a_report_comes_late(self):
        job = self.place()
        self.tick()
        self.tick(seconds=4)
        job.refresh_from_db()
        before = job.progress
        Job.objects.filter(id=job.id).update(progress=0.99)
        make_due()
        work()
        job.refresh_from_db()
        assert before < 0.99
        assert job.progress == 0.99


class TestCancel(PathTestCase):
    def test_it_ends_a_waiting_job_at_once(self):
        job = self.place()
        job_control.cancel(job=job, actor=self.alice)

        job.refresh_from_db()
        assert job.status == Status.CANCELED
        assert self.kinds(job) == ["hold", "release"]
        work()
        assert self.runs() == []

    def test_it_stops_a_drawing_job_at_provider_even_when_the_hint_is_lost(self):
        job = self.place()
        self.tick()
        self.tick(seconds=3)
        job.refresh_from_db()
        assert job.status == Status.RUNNING

        job_control.cancel(job=job, actor=self.alice)
        job.refresh_from_db()
        assert job.stop_pending
        work()
        job.refresh_from_db()
        assert not job.stop_pending
        assert self.emulator.jobs[0].state == "CANCELLED"

    def test_it_leaves_a_finished_job_as_it_is(self):
        job = self.finish(self.place())
        with pytest.raises(job_control.AlreadyFinal):
            job_control.cancel(job=job, actor=self.alice)
        assert self.kinds(job) == ["hold", "settle"]

    def test_it_stops_at_provider_what_was_canceled_during_the_post(self):
        job = self.place()
        taken = submission.take_jobs("flux-schnell")
        (outcomes,) = submission.post_all(taken)
        job_control.cancel(job=job, actor=self.alice)
        submission.store_outcomes(outcomes)
        work()
        job.refresh_from_db()
        assert (job.status, job.stop_pending) == (Status.CANCELED, False)
        assert self.emulator.jobs[0].state == "CANCELLED"

    def test_it_asks_to_stop_no_active_job(self):
        job = self.place()
        lifecycle.request_stop(job, runpod_id="rp-late")
        job.refresh_from_db()
        assert (job.runpod_id, job.stop_pending) == ("", False)


class TestWebhook(PathTestCase):
    def ring(self, job: Job, *, body: object = None, attempt: int = 1) -> int:
        job.attempt = attempt
        path = callback_tokens.address(job).removeprefix(settings.PUBLIC_URL)
        return self.client.post(path, body or {}, content_type="application/json").status_code

    def test_it_makes_the_job_due_at_once(self):
        job = self.place()
        self.tick()
        self.emulator.advance(10)
        assert self.ring(job) == 200
        driver.check("flux-schnell")
        job.refresh_from_db()
        assert job.status == Status.STORING

    def test_it_adopts_a_job_that_nobody_knew_was_taken(self):
        self.emulator.faults.next("run", "break_after")
        job = self.place()
        driver.submit("flux-schnell")
        self.emulator.advance(10)
        (taken,) = self.emulator.jobs

        assert self.ring(job, body={"id": taken.id, "status": "COMPLETED"}) == 200
        let_models_rest()

        assert self.finish(job).status == Status.SUCCEEDED
        assert "adopted" in self.events(job)
        assert len(self.runs()) == 1

    def test_it_believes_nothing_of_what_the_ring_says(self):
        job = self.place()
        self.tick()
        assert (
            self.ring(
                job, body={"id": "x", "status": "COMPLETED", "output": {"image_url": "https://x/"}}
            )
            == 200
        )
        driver.check("flux-schnell")
        job.refresh_from_db()
        assert job.status in (Status.SUBMITTED, Status.RUNNING)

    def test_it_ignores_the_ring_of_an_earlier_attempt(self):
        job = self.place()
        self.tick()
        Job.objects.filter(id=job.id).update(attempt=2)
        due_at = Job.objects.get(id=job.id).due_at
        assert self.ring(job) == 200
        assert Job.objects.get(id=job.id).due_at == due_at

    def test_it_does_not_make_a_submission_under_way_look_lost(self):
        job = self.place()
        submission.take_jobs("flux-schnell")
        assert self.ring(job, body={"nothing": 1}) == 200
        work()
        job.refresh_from_db()
        assert (job.status, job.attempt) == (Status.SUBMITTED, 1)

    def test_it_knows_no_other_token(self):
        assert self.client.post("/hooks/runpod/nonsense/").status_code == 404
        assert (
            self.client.get(
                callback_tokens.address(self.place()).removeprefix(settings.PUBLIC_URL)
            ).status_code
            == 405
        )


class TestSwitch(PathTestCase):
    def test_it_submits_nothing_while_the_switch_is_off_and_goes_on_after(self):
        job = self.place()
        GenerationSwitch.objects.create(on=False)
        self.tick()
        job.refresh_from_db()
        assert (job.status, self.runs()) == (Status.QUEUED, [])

        GenerationSwitch.objects.update(on=True)
        assert self.finish(job).status == Status.SUCCEEDED
