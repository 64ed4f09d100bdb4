"""Words for where a job is."""

from datetime import timedelta

from django.utils import timezone, translation

from generation.jobs.eta import Eta, JobOutlook
from generation.jobs.live import status_text
from generation.jobs.queue.queue_positions import QueuePosition
from generation.models import ImageModel, Job, Status
from generation.providers.payloads import CODES

ABOUT_40 = Eta(40, 50)
OURS = {
    "bad_picture",
    "deadline",
    "unauthorized",
    "endpoint_missing",
    "perhaps_paid",
    "too_large",
    "source_missing",
    "empty_mask",
    "storage",
}


class TestOfJob:
    def phase(
        self,
        status,
        *,
        position=None,
        eta=ABOUT_40,
        warm=False,
        over=False,
        language="en",
        **fields,
    ):
        now = timezone.now()
        job = Job(**{"status": status, "credits": 2, "created_at": now} | fields)
        job.model = ImageModel()
        with translation.override(language):
            outlook = JobOutlook(position=position, left=eta, is_warm=warm, is_over=over)
            found = status_text.of_job(job, outlook, now=now)
        return found.title, found.detail.replace("\u00a0", " ").replace("\u2060", "")

    def test_it_says_who_is_before_you_and_how_long_it_takes(self):
        assert self.phase(Status.QUEUED, position=QueuePosition(3, 0)) == (
            "3 ahead of you",
            "40–50 s",
        )
        assert self.phase(Status.QUEUED, position=QueuePosition(0, 0)) == (
            "Next in queue",
            "40–50 s",
        )

    def test_it_calls_your_own_jobs_yours(self):
        cases = {
            QueuePosition(5, 2): "2 of yours and 3 others before it",
            QueuePosition(2, 1): "1 of yours and 1 other before it",
            QueuePosition(2, 2): "2 of yours before it",
        }
        for position, text in cases.items():
            assert self.phase(Status.QUEUED, position=position)[0] == text

    def test_it_says_when_a_gpu_must_wake_up_first(self):
        now = timezone.now()
        assert self.phase(Status.SUBMITTED, submitted_at=now) == (
            "Starting GPU",
            "40–50 s, the start is free",
        )
        assert self.phase(Status.SUBMITTED, submitted_at=now, warm=True) == ("Starting", "40–50 s")

    def test_it_counts_the_steps_where_they_are_known(self):
        title, detail = self.phase(
            Status.RUNNING, step=12, step_count=28, started_at=timezone.now()
        )
        assert (title, detail) == ("Generating · step 12 of 28", "40–50 s left")
        assert self.phase(Status.RUNNING, started_at=timezone.now())[0] == "Generating"

    def test_it_says_when_it_takes_longer_than_usual(self):
        """Counted from placing, whatever attempt it is, and wherever the job is."""
        now = timezone.now()
        placed, again = now - timedelta(minutes=3), now - timedelta(seconds=10)
        late = {"created_at": placed, "promised_p90_at": placed + timedelta(minutes=1)}
        text = "Taking longer than usual: 3 min so far. You can close the page."
        running = {"attempt": 2, "submitted_at": again, "started_at": again}
        assert self.phase(Status.RUNNING, **late, **running)[1] == text
        assert self.phase(Status.SUBMITTED, **late, submitted_at=again) == ("Starting GPU", text)
        assert self.phase(Status.QUEUED, position=QueuePosition(3, 0), **late) == (
            "3 ahead of you",
            text,
        )
        late["promised_p90_at"] = now
        assert self.phase(Status.RUNNING, **late, **running)[1] == "40–50 s left"
        assert self.phase(Status.RUNNING, over=True)[1] == "longer than usual"
        assert self.phase(Status.RUNNING, over=True, language="ru")[1] == "дольше обычного"


class TestErrorMessage:
    def test_it_has_words_of_its_own_for_every_code(self):
        unknown = status_text.error_message("never heard of")
        for code in (set(CODES) | OURS) - {"provider_error"}:
            assert status_text.error_message(code) != unknown, code
