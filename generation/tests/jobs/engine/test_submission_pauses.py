"""A model that RunPod answers with 5xx pauses, and serves others again soon.

Nobody is submitted twice.
"""

from datetime import timedelta

from django.db.models import F
from django.utils import timezone

from accounts.models import User
from generation.jobs.engine import callback_tokens, driver, lifecycle, submission_pauses
from generation.jobs.engine.driver import submission
from generation.jobs.queue import scheduling
from generation.models import Endpoint, Job, Status
from generation.testing.cases import EmulatorTestCase, let_models_rest, make_due, make_user, work

MODEL = "flux-schnell"


class TestBreaker(EmulatorTestCase):
    def endpoint(self) -> Endpoint:
        return Endpoint.objects.get(model__slug=MODEL)

    def eight_502(self) -> list[Job]:
        """Have eight submissions answered with 502, as many as may be out."""
        Endpoint.objects.filter(model__slug=MODEL).update(max_in_flight=8)
        crowd = make_user("crowd@example.org", credits=50)
        jobs = [self.place(user=crowd) for _ in range(8)]
        self.emulator.faults.next("run", "html_502", times=8)
        driver.submit(MODEL)
        return jobs

    def age(self, seconds: float) -> None:
        """Let so much time pass for the model and the jobs of unknown fate."""
        back = timedelta(seconds=seconds)
        Endpoint.objects.filter(submit_after__isnull=False).update(
            submit_after=F("submit_after") - back
        )
        Job.objects.filter(status=Status.SUBMITTED, runpod_id="").update(
            submitted_at=F("submitted_at") - back
        )

    def test_it_serves_another_person_within_20_seconds_of_eight_502(self):
        unknown = self.eight_502()
        other = self.place(user=self.bob)
        assert driver.submit(MODEL) == []

        self.age(20)

        assert [job.id for job in driver.submit(MODEL)] == [other.id]
        for job in unknown:
            job.refresh_from_db()
            assert (job.status, job.attempt) == (Status.SUBMITTED, 1)

    def test_it_never_submits_the_unknown_ones_twice(self):
        self.eight_502()
        runs = len(self.runs())
        for _ in range(3):
            self.age(60)
            make_due()
            work()
        assert len(self.runs()) == runs

    def test_it_tries_one_job_until_one_is_taken(self):
        self.eight_502()
        for _ in range(3):
            self.place(user=self.bob)
        self.age(30)
        assert len(driver.submit(MODEL)) == 1
        assert self.endpoint().submit_failures == 0
        assert len(driver.submit(MODEL)) == 2

    def test_it_pauses_longer_with_every_third_failure_and_no_longer_than_20_seconds(self):
        pauses = [
            submission_pauses.UNCLEAR.after(failures).total_seconds() for failures in range(12)
        ]
        assert pauses == [1, 1, 1, 2, 2, 2, 4, 4, 4, 8, 8, 8]
        assert submission_pauses.UNCLEAR.after(submission_pauses.MAX_FAILURES) == timedelta(
            seconds=20
        )
        for pause in pauses:
            before = timezone.now()
            submission_pauses.pause(self.endpoint(), pauses=submission_pauses.UNCLEAR)
            assert self.endpoint().submit_after >= before + timedelta(seconds=pause)

    def test_it_serves_another_person_within_20_seconds_of_eight_502_one_at_a_time(self):
        crowd = make_user("crowd@example.org", credits=50)
        self.emulator.faults.next("run", "html_502", times=8)
        jobs = [self.place(user=crowd) for _ in range(4)]
        submitted = [job.id for job in driver.submit(MODEL)]
        assert len(submitted) == 4  # all that wait fit, and share one bad reply each
        jobs += [self.place(user=crowd) for _ in range(4)]
        other = self.place(user=self.bob)
        seconds = 0
        while other.id not in submitted:
            self.age(1)
            seconds += 1
            submitted += [job.id for job in driver.submit(MODEL)]
        assert submitted == [*(job.id for job in jobs), other.id]
        assert seconds < 20
        other.refresh_from_db()
        assert other.runpod_id
        assert self.endpoint().submit_failures == 0

    def test_it_tries_anybody_s_job_once_the_unknown_ones_have_left_the_count(self):
        self.eight_502()
        self.place(user=User.objects.get(email="crowd@example.org"))
        other = self.place(user=self.bob)
        other.created_at -= timedelta(hours=1)
        other.save(update_fields=["created_at"])
        self.age(60)
        assert [job.id for job in driver.submit(MODEL)] == [other.id]

    def test_it_keeps_the_place_of_an_unknown_one_for_a_while(self):
        Endpoint.objects.filter(model__slug=MODEL).update(max_in_flight=1)
        self.place()
        self.emulator.faults.next("run", "break_after")
        driver.submit(MODEL)
        self.place(user=self.bob)
        let_models_rest()  # the submission has ended; the job may be drawn now
        Job.objects.filter(status=Status.SUBMITTED).update(
            submitted_at=timezone.now() - scheduling.SUBMISSION / 2
        )
        Endpoint.objects.update(submit_after=None)
        assert driver.submit(MODEL) == []


class TestWebhook(EmulatorTestCase):
    def unknown(self, **request) -> Job:
        self.emulator.faults.next("run", "break_after")
        job = self.place(**request)
        driver.submit(MODEL)
        return Job.objects.get(id=job.id)

    def call(self, job: Job, runpod_id: str) -> None:
        path = callback_tokens.address(job).partition("/hooks/")[2]
        self.client.post(f"/hooks/{path}", {"id": runpod_id}, content_type="application/json")

    def test_it_takes_no_image_of_another_job_from_a_forged_webhook(self):
        theirs = self.place(user=self.bob)
        driver.submit(MODEL)
        theirs.refresh_from_db()
        mine = self.unknown()
        let_models_rest()

        self.call(mine, theirs.runpod_id)
        make_due()
        driver.check(MODEL)

        mine.refresh_from_db()
        assert (mine.status, mine.runpod_id, mine.candidate_id) == (Status.SUBMITTED, "", "")

    def test_it_does_not_submit_again_after_a_webhook_with_an_unknown_id(self):
        job = self.unknown()
        let_models_rest()
        runs = len(self.emulator.jobs)

        self.call(job, "never-heard-of")
        for _ in range(3):
            make_due()
            work()

        job.refresh_from_db()
        assert (job.attempt, job.runpod_id, len(self.emulator.jobs)) == (1, "", runs)

    def test_it_waits_for_the_reply_of_the_submission_itself(self):
        self.place()
        (job,) = submission.take_jobs(MODEL)

        self.call(job, "rp-1")

        job.refresh_from_db()
        assert (job.runpod_id, job.candidate_id) == ("", "rp-1")
        assert job.due_at >= job.submitted_at + scheduling.SUBMISSION
        lifecycle.store_unknown([(job, "502")])
        job.refresh_from_db()
        assert job.due_at <= timezone.now()

    def test_it_is_checked_at_once_where_the_submission_has_failed(self):
        job = self.unknown()
        (taken,) = self.emulator.jobs

        self.call(job, taken.id)
        driver.check(MODEL)

        job.refresh_from_db()
        assert job.runpod_id == taken.id
