"""The images of jobs that have ended, for the reply to who has waited for them."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from artgen.refusals import Refusal
from generation.api.waiting import EndOfJobs
from generation.files import bucket_threads, decoder_threads, storage
from generation.imaging import image_copies
from generation.jobs.live import status_text
from generation.models import Image, Job, Status

MAX_SECONDS = 180
"""How long a request waits for its images."""


class StillRunning(Refusal):
    """The images are not ready yet; their jobs go on."""

    code = "still_running"
    status = 504
    text = gettext_lazy(
        "The image isn’t ready yet. The job continues and its credits stay held: see %(address)s."
    )

    def __init__(self, jobs: Sequence[Job]) -> None:
        super().__init__()
        self.address = ", ".join(reverse("api_job", args=[job.id]) for job in jobs)

    @property
    def message(self) -> str:
        return str(self.text) % {"address": self.address}


class NoImage(Refusal):
    """All jobs of the request have ended without an image; no credits were charged."""

    def __init__(self, message: str, *, code: str, status: int) -> None:
        super().__init__(message)
        self.code, self.status = code, status


@dataclass(frozen=True)
class ImageFormat:
    """A format of files."""

    name: str = ""
    """"png", "jpeg", "webp", or "": as it is stored."""
    quality: int | None = None
    """Of JPEG and WebP, 1 to 100."""

    def is_of(self, image: Image) -> bool:
        """Return whether the stored file is in this format, and need not become smaller."""
        is_compressed = self.name == "png" or self.quality in (None, 100)
        return image.content_type == f"image/{self.name}" and is_compressed


def jobs_after(end: EndOfJobs, *, user: User) -> list[Job]:
    """Return the jobs for which a request of the user has waited; raise StillRunning."""
    jobs = list(Job.objects.of(user).with_all().filter(id__in=end.job_ids).order_by("id"))
    if not end.has_ended:
        raise StillRunning(jobs)
    return jobs


def images_of(jobs: Sequence[Job]) -> list[Image]:
    """Return all images of the jobs, of which some may have ended without; raise NoImage."""
    images = [image for job in jobs for image in job.images.all()]
    if not images:
        raise _no_image(jobs[0])
    return images


def data_of(image: Image, format: ImageFormat) -> bytes:
    """Return the file in this format.

    Raises:
        NoImage: it was deleted.
        artgen.web.unavailable_page.BucketAway, decoder_threads.DecoderBusy: try again.
    """
    try:
        with bucket_threads.reading_or_writing():
            data = storage.read(image.key)
    except FileNotFoundError as error:
        raise NoImage(_("The image was deleted."), code="deleted", status=400) from error
    if not format.name or format.is_of(image):
        return data
    with decoder_threads.limited():
        return image_copies.as_format(
            data,
            format=format.name,
            quality=format.quality,
            wait_seconds=settings.UPLOAD_WAIT_SECONDS,
        )


def _no_image(job: Job) -> NoImage:
    if job.status == Status.CANCELED:
        return NoImage(_("The job was canceled."), code="canceled", status=400)
    message = status_text.error_message(job.error_code)
    is_of_request = job.error_code in (
        *("prompt_refused", "invalid_input", "source_unreadable", "empty_mask"),
    )
    return NoImage(message, code=job.error_code, status=400 if is_of_request else 500)
