"""Comparisons in the feed: each is one card with the first of its images."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from generation.models import ACTIVE, AT_PROVIDER, Image, Job, Sheet, Status
from generation.studio.comparisons import comparison_plan

TILES = 8
IMAGE_FIELDS = (
    *("id", "job_id", "thumbnail_key", "large_key", "placeholder", "width", "height"),
    "trashed_at",
)


@dataclass(frozen=True)
class SheetCard:
    """A comparison, the statuses of its cells that are still stored, and its first images."""

    sheet: Sheet
    statuses: Sequence[str]
    images: Sequence[Image]

    @property
    def size(self) -> str:
        """Rows and columns, such as "4 × 8"."""
        return f"{len(self.sheet.rows)} × {len(self.sheet.columns)}"

    @property
    def newest(self) -> str:
        """The id of the job that was placed last."""
        return max(self.sheet.jobs, default="")

    @property
    def total(self) -> int:
        return len(self.sheet.jobs)

    @property
    def done(self) -> int:
        """The number of cells with images."""
        return sum(status == Status.SUCCEEDED for status in self.statuses)

    @property
    def ended(self) -> int:
        """The number of cells that will not change any more."""
        return self.total - sum(status in ACTIVE for status in self.statuses)

    @property
    def cancelable(self) -> int:
        return sum(status in (Status.QUEUED, *AT_PROVIDER) for status in self.statuses)

    @property
    def is_active(self) -> bool:
        return self.ended < self.total

    @property
    def text(self) -> str:
        """How far it is: "20 of 32 images ready"."""
        return comparison_plan.progress_text(done=self.done, total=self.total)

    @property
    def rest(self) -> int:
        """The number of images that the card does not show."""
        return max(0, self.done - len(self.images))

    @property
    def empty_tiles(self) -> int:
        """The number of tiles that wait for an image."""
        return max(0, min(TILES, self.total) - len(self.images)) if self.is_active else 0


def of_ids(ids: Collection[UUID]) -> dict[UUID, SheetCard]:
    """Return the cards of these batches that are sheets: in three queries, one if none is."""
    if not ids:
        return {}
    sheets = list(Sheet.objects.present().filter(id__in=ids).defer("asked"))
    cells = [job_id for sheet in sheets for job_id in sheet.jobs]
    status_of = {
        str(job_id): status
        for job_id, status in Job.objects.filter(id__in=cells).values_list("id", "status")
    }
    shown = {sheet.id: _with_images(sheet, status_of) for sheet in sheets}
    images = _images_of([UUID(job_id) for job_ids in shown.values() for job_id in job_ids])
    return {
        sheet.id: SheetCard(
            sheet=sheet,
            statuses=[status_of[job_id] for job_id in sheet.jobs if job_id in status_of],
            images=[images[job_id] for job_id in shown[sheet.id] if job_id in images],
        )
        for sheet in sheets
    }


def _with_images(sheet: Sheet, status_of: Mapping[str, str]) -> list[str]:
    done = [job_id for job_id in sheet.jobs if status_of.get(job_id) == Status.SUCCEEDED]
    return done[:TILES]


def _images_of(job_ids: Sequence[UUID]) -> dict[str, Image]:
    rows = Image.objects.kept().filter(job__in=job_ids).only(*IMAGE_FIELDS).order_by("-position")
    return {str(image.job_id): image for image in rows}
