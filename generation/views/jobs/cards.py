"""Cards: how Create and a job's page show a job, with its images or its progress."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils import timezone

from generation.jobs import eta
from generation.jobs.live import failure_advice, status_text
from generation.jobs.live.failure_advice import FailureAdvice
from generation.jobs.live.status_text import Phase
from generation.models import ENDED_WITHOUT_IMAGES, Image, Job, Status
from generation.studio.forms import draft_images


@dataclass(frozen=True)
class Card:
    """One job as shown by `_card.html`."""

    job: Job
    phase: Phase
    kept: list[Image]  # its images outside the trash

    @property
    def id(self) -> str:
        return str(self.job.id)

    @property
    def image(self) -> Image | None:
        return self.kept[0] if self.kept else None

    @property
    def is_wide(self) -> bool:
        """Whether it is a landscape format: two instead of four per row."""
        return self.width > 1.2 * self.height

    @property
    def is_draft(self) -> bool:
        return draft_images.is_drafted(self.job, width=self.width, height=self.height)

    @property
    def layout(self) -> str:
        return "feed-wide" if self.is_wide else "feed"

    @property
    def is_gone(self) -> bool:
        """Whether all images of a finished job are in the trash."""
        return self.job.status == Status.SUCCEEDED and self.image is None

    @property
    def is_line(self) -> bool:
        """Whether it is shown as one line: it has ended without images."""
        return self.job.status in ENDED_WITHOUT_IMAGES

    @property
    def advice(self) -> FailureAdvice:
        return failure_advice.of_job(self.job)

    @property
    def progress_value(self) -> str:
        """The value of the progress bar, 0 to 1; empty if unknown."""
        if self.job.status == Status.STORING:
            return "1"
        known = self.job.status == Status.RUNNING and self.job.progress is not None
        return f"{self.job.progress:.3f}" if known else ""

    @property
    def width(self) -> int:
        """The width of the box, which is that of the image once it exists."""
        return self.image.width if self.image else self.job.width or 1024

    @property
    def height(self) -> int:
        return self.image.height if self.image else self.job.height or 1024

    @property
    def short_prompt(self) -> str:
        """The prompt, truncated for screen readers."""
        prompt = self.job.prompt
        return prompt if len(prompt) <= 120 else f"{prompt[:119].rstrip()}…"


def of_job(job: Job) -> Card:
    """Return the card of a job that was fetched `with_all`."""
    return of_jobs([job])[0]


def of_jobs(jobs: Sequence[Job]) -> list[Card]:
    """Return the cards of jobs that were fetched `with_all`, or have no images yet."""
    now = timezone.now()
    forecast = eta.of_jobs(jobs)
    return [
        Card(
            job=job,
            phase=status_text.now_of(job, forecast=forecast, now=now),
            kept=kept_images(job),
        )
        for job in jobs
    ]


def kept_images(job: Job) -> list[Image]:
    """Return the images outside the trash of a job that was fetched `with_all`."""
    if job.status != Status.SUCCEEDED:
        return []  # images are stored in the transaction of the success
    return [image for image in job.images.all() if not image.trashed_at]
