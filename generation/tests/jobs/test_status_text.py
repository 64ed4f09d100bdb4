"""Words for where a job is."""

from datetime import timedelta

from django.utils import timezone, translation

from generation.jobs import status_text
from generation.jobs.eta import Eta
from generation.models import ImageModel, Job, Status
from generation.runpod.payloads import CODES

ABOUT_40 = Eta(40, 50)
OURS = {
    "bad_picture",
    "deadline",
    "unauthorized",
    "endpoint_missing",
    "too_large",
    "source_missing",
    "storage",
}


class TestOfJob:
    def phase(self, status, *, position=None, eta=ABOUT_40, warm=False, **fields):
        now = timezone.now()
        job = Job(status=status, credits=2, created_at=now, model=ImageModel(), **fields)
        with translation.override("en"):
            found = status_text.of_job(job, position=position, eta=eta, warm=warm, now=now)
        return found.title, found.detail.replace("\u00a0", " ")

    def test_it_says_who_is_before_you_and_how_long_it_takes(self):
        assert self.phase(Status.QUEUED, position=3) == ("3 ahead of you", "about 40 s")
        assert self.phase(Status.QUEUED, position=0) == ("Next in queue", "about 40 s")

    def test_it_says_when_a_gpu_must_wake_up_first(self):
        now = timezone.now()
        assert self.phase(Status.SUBMITTED, submitted_at=now)[0] == "Starting GPU"
        assert self.phase(Status.SUBMITTED, submitted_at=now, warm=True) == (
            "Starting",
            "about 40 s",
        )

    def test_it_counts_the_steps_where_they_are_known(self):
        title, detail = self.phase(
            Status.RUNNING, step=12, step_count=28, started_at=timezone.now()
        )
        assert (title, detail) == ("Generating · step 12 of 28", "about 40 s left")
        assert self.phase(Status.RUNNING, started_at=timezone.now())[0] == "Generating"

    def test_it_says_when_it_takes_longer_than_usual(self):
        since = timezone.now() - timedelta(minutes=3)
        _title, detail = self.phase(
            Status.RUNNING, eta=Eta(1, 1), started_at=since, submitted_at=since
        )
        assert detail == "Taking longer than usual: 3 min so far. You can close the page."

    def test_it_says_that_the_credits_are_back(self):
        title, detail = self.phase(Status.FAILED, eta=None, error_code="gpu_lost")
        assert (title, detail) == (
            "Failed",
            "The GPU disconnected during generation. 2 credits returned.",
        )
        assert self.phase(Status.CANCELED, eta=None)[0] == "Canceled by you"


class TestErrorMessage:
    def test_it_has_words_of_its_own_for_every_code(self):
        unknown = status_text.error_message("never heard of")
        for code in (set(CODES) | OURS) - {"provider_error"}:
            assert status_text.error_message(code) != unknown, code
