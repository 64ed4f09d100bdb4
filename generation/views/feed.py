"""The feed: runs (the jobs created together) with their cards, newest first."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, Subquery
from django.utils import timezone

from accounts.models import User
from artgen import formatting
from artgen.compiled_queries import CompiledQuery
from generation.catalog.offers import BATCH_MAX
from generation.catalog.shapes import shape_name
from generation.jobs import eta, failure_advice, status_text
from generation.jobs.eta import Forecast
from generation.jobs.failure_advice import FailureAdvice
from generation.jobs.status_text import Phase
from generation.models import (
    ACTIVE,
    ENDED_WITHOUT_IMAGES,
    Counted,
    Image,
    ImageModel,
    Job,
    JobQuerySet,
    Sheet,
    Status,
)
from generation.views import sheet_cards
from generation.views.sheet_cards import SheetCard

RUNS_A_PAGE = 12
JOBS_A_PAGE = RUNS_A_PAGE * BATCH_MAX  # jobs read for a page
JOB_FIELDS = (
    *(
        "id",
        "user_id",
        "model_id",
        "batch",
        "prompt",
        "width",
        "height",
        "steps",
        "credits",
        "status",
        "version",
        "attempt",
        "refusals",
        "parked_until",
    ),
    *("progress", "step", "step_count", "error_code", "missing_since"),
    *("created_at", "submitted_at", "started_at", "finished_at"),
    *("promised_p90_at", "delay_ms", "execution_ms"),
)
IMAGE_FIELDS = (
    "id",
    "job_id",
    "thumbnail_key",
    "large_key",
    "placeholder",
    "width",
    "height",
    "bytes",
    "favorite",
    "trashed_at",
)
IS_GONE = Q(status=Status.SUCCEEDED) & ~Exists(
    Image.objects.kept().filter(job=OuterRef("pk")).order_by()
)
IN_SHEET = Exists(Sheet.objects.present().filter(id=OuterRef("batch")))
PROMPTS = 20
SHOWN = ("all", "active", "done")
ICONS = {
    Status.QUEUED: "hourglass",
    Status.SUBMITTED: "power",
    Status.RUNNING: "palette",
    Status.STORING: "check",
    Status.SUCCEEDED: "check",
    Status.FAILED: "circle-alert",
    Status.CANCELED: "circle-x",
}


@dataclass(frozen=True)
class Card:
    """One job as shown by `_card.html`."""

    job: Job
    phase: Phase
    kept: list[Image]  # its images outside the trash

    @property
    def id(self) -> str:
        """The job's id as text."""
        return str(self.job.id)

    @property
    def image(self) -> Image | None:
        """The first image."""
        return self.kept[0] if self.kept else None

    @property
    def is_wide(self) -> bool:
        """Whether it is a landscape format: two instead of four per row."""
        return self.width > 1.2 * self.height

    @property
    def place(self) -> str:
        """The place for the tag `picture`."""
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
        """The explanation of a failure."""
        return failure_advice.of_job(self.job)

    @property
    def icon(self) -> str:
        """The icon of the status."""
        return ICONS[Status(self.job.status)]

    @property
    def has_progress(self) -> bool:
        """Whether a progress bar is shown."""
        return self.job.status in (Status.SUBMITTED, Status.RUNNING, Status.STORING)

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
        """The height of the box."""
        return self.image.height if self.image else self.job.height or 1024

    @property
    def short_prompt(self) -> str:
        """The prompt, truncated for screen readers."""
        prompt = self.job.prompt
        return prompt if len(prompt) <= 120 else f"{prompt[:119].rstrip()}…"


@dataclass(frozen=True)
class Run:
    """The jobs created together."""

    id: UUID
    cards: list[Card]
    sheet: SheetCard | None = None
    """The comparison that it is."""

    @property
    def first(self) -> Job:
        """The job that represents the run."""
        return self.cards[0].job

    @property
    def prompt(self) -> str:
        """The prompt."""
        return self.first.prompt

    @property
    def shape(self) -> str:
        """The aspect ratio, such as "16:9"."""
        return shape_name(self.cards[0].width, self.cards[0].height)

    @property
    def is_wide(self) -> bool:
        """Whether the cards have a landscape format: two instead of four per row."""
        return self.cards[0].is_wide

    @property
    def credits(self) -> int:
        """The credits held or charged."""
        return sum(
            card.job.credits
            for card in self.cards
            if card.job.status not in (Status.FAILED, Status.CANCELED)
        )

    @property
    def has_several(self) -> bool:
        """Whether it has several images, or may get them."""
        return sum(max(1, len(card.kept)) for card in self.cards) > 1

    @property
    def is_active(self) -> bool:
        """Whether a job is unfinished."""
        return any(card.job.status in ACTIVE for card in self.cards)

    @property
    def cancelable(self) -> int:
        """The number of jobs that can be canceled."""
        return sum(card.job.is_cancelable for card in self.cards)

    @property
    def day(self) -> date:
        """The day of creation."""
        return timezone.localtime(self.first.created_at).date()


@dataclass(frozen=True)
class FeedDay:
    """The runs of one day."""

    day: date
    runs: list[Run]

    @property
    def title(self) -> str:
        """The heading: "Today", "November 18"."""
        text = formatting.day(self.day)
        return text[:1].upper() + text[1:]


@dataclass(frozen=True)
class Feed:
    """One page of the feed."""

    days: list[FeedDay]
    active: int
    next: str  # id of the job before which the next page begins; empty at the end
    failures: int  # lines of jobs that ended without images
    forecast: Forecast  # of all models


def of_user(
    user: User, *, models: Collection[ImageModel], show: str = "all", before: UUID | None = None
) -> Feed:
    """Return a page of the user's runs: `show` is one of SHOWN, `before` a page's `next`."""
    shown, rest = _page(user, show=show, before=before)
    jobs = _of_cards(shown, models={model.pk: model for model in models})
    forecast = eta.forecast(models)
    [(active,)] = ACTIVE_COUNT.rows(user=user.pk)
    runs = _runs(jobs, forecast=forecast, images=_images_of(shown))
    if before:  # a cell that was placed again stands on an earlier page, with the whole comparison
        runs = [run for run in runs if not run.sheet or run.sheet.newest < str(before)]
    return Feed(
        days=_days(runs),
        active=active,
        next=rest,
        failures=sum(card.is_line for run in runs if not run.sheet for card in run.cards),
        forecast=forecast,
    )


def _page(user: User, *, show: str, before: UUID | None) -> tuple[list[UUID], str]:
    """Return the jobs of the newest RUNS_A_PAGE visible runs, and the `next` of the page.

    Only these are fetched completely. If all images of the newest jobs are in the trash, the page
    begins with the first visible job, which costs one more query.
    """
    if before:
        found = _later_page(show).rows(user=user.pk, before=before)
    else:
        found = _first_page(show).rows(user=user.pk)
    if len(found) == JOBS_A_PAGE and all(gone for _id, _batch, gone in found):
        own = _own(user.pk, show=show)
        older = (
            own.filter(id__lt=found[-1][0]).alias(gone=IS_GONE).exclude(gone=True).newest_first()
        )
        first = older.values_list("id", flat=True)[:1]
        found = list(_newest(own.filter(id__lte=Subquery(first))))
    runs: dict[UUID, list[UUID]] = {}
    showing: dict[UUID, None] = {}  # in this order
    for job_id, batch, gone in found:
        runs.setdefault(batch or job_id, []).append(job_id)
        if not gone:
            showing[batch or job_id] = None
    page, rest = list(showing)[:RUNS_A_PAGE], ""
    if len(found) == JOBS_A_PAGE or len(showing) > RUNS_A_PAGE:
        # The last run may have more jobs than were read: leave it to the next page, if possible.
        cut = len(found) == JOBS_A_PAGE and len(page) > 1 and found[-1][0] in runs[page[-1]]
        page = page[:-1] if cut else page
        rest = str(min(job_id for run in page for job_id in runs[run])) if page else ""
    return [job_id for run in page for job_id in runs[run]], rest


def _of_cards(ids: Collection[UUID], *, models: Mapping[int, ImageModel]) -> list[Job]:
    """Return these jobs, newest first, with the fields of cards."""
    shown = Job.objects.filter(id__in=ids).only(*JOB_FIELDS).annotate(in_sheet=IN_SHEET)
    jobs = list(shown.newest_first())
    for job in jobs:
        job.model = models[job.model_id]
    return jobs


def _images_of(ids: Collection[UUID]) -> dict[UUID, list[Image]]:
    """Return the fields of cards of the images of these jobs, by job."""
    found: dict[UUID, list[Image]] = {}
    images = Image.objects.kept().filter(job__in=ids).only(*IMAGE_FIELDS).order_by("position")
    for image in images:
        if image.job_id:  # as asked for
            found.setdefault(image.job_id, []).append(image)
    return found


def _own(user: Any, *, show: str) -> JobQuerySet:
    own = Job.objects.of(user).of_users().shown()
    if show == "active":
        return own.active()
    return own.filter(status=Status.SUCCEEDED) if show == "done" else own


def _newest(own: JobQuerySet) -> Any:
    """Return id, batch and whether all images are trashed, of the newest jobs."""
    jobs: Any = own.annotate(gone=IS_GONE).newest_first()
    return jobs.values_list("id", "batch", "gone")[:JOBS_A_PAGE]


@lru_cache(maxsize=len(SHOWN))
def _first_page(show: str) -> CompiledQuery:
    return CompiledQuery(lambda user: _newest(_own(user, show=show)))


@lru_cache(maxsize=len(SHOWN))
def _later_page(show: str) -> CompiledQuery:
    return CompiledQuery(lambda user, before: _newest(_own(user, show=show).filter(id__lt=before)))


def prompts_of(user: User) -> list[str]:
    """Return the user's latest distinct prompts, newest first."""
    latest = LATEST_PROMPTS.rows(user=user.pk)
    return list(dict.fromkeys(prompt for (prompt,) in latest))[:PROMPTS]


def _latest_prompts(user: Any) -> Any:
    own = Job.objects.of(user).of_users().newest_first()
    return own.values_list("prompt")[: PROMPTS * BATCH_MAX]


def _active_count(user: Any) -> Any:
    active = Job.objects.of(user).of_users().active().order_by()
    return User.objects.filter(pk=user).values_list(Counted(active.values("id")))


LATEST_PROMPTS, ACTIVE_COUNT = CompiledQuery(_latest_prompts), CompiledQuery(_active_count)


def run_of_user(user: User, run_id: UUID) -> Run | None:
    """Return the run of a batch id or job id, None if the user has none or has dismissed it."""
    own = Job.objects.of(user).shown().with_all().annotate(in_sheet=IN_SHEET)
    jobs = list(own.filter(batch=run_id).order_by("id")) or list(own.filter(id=run_id))
    images = {job.id: _kept(job) for job in jobs}
    runs = _runs(jobs, forecast=eta.of_jobs(jobs), images=images)
    return runs[0] if runs else None


def card_of(job: Job) -> Card:
    """Return the card of a job that was fetched `with_all`."""
    return cards_of([job])[0]


def cards_of(jobs: Sequence[Job]) -> list[Card]:
    """Return the cards of jobs that were fetched `with_all`."""
    now = timezone.now()
    forecast = eta.of_jobs(jobs)
    return [
        Card(job=job, phase=status_text.now_of(job, forecast=forecast, now=now), kept=_kept(job))
        for job in jobs
    ]


def _kept(job: Job) -> list[Image]:
    return [image for image in job.images.all() if not image.trashed_at]


def _runs(
    jobs: Sequence[Job], *, forecast: Forecast, images: Mapping[UUID, list[Image]]
) -> list[Run]:
    grouped: dict[UUID, list[Card]] = {}
    now = timezone.now()
    for job in jobs:
        phase = status_text.now_of(job, forecast=forecast, now=now)
        card = Card(job=job, phase=phase, kept=images.get(job.id, []))
        grouped.setdefault(job.batch or job.id, []).append(card)
    in_sheets = {job.batch for job in jobs if job.batch and vars(job)["in_sheet"]}
    sheets = sheet_cards.of_ids(in_sheets)
    runs = [
        Run(
            id=run_id,
            cards=sorted(cards, key=lambda card: card.job.id),
            sheet=sheets.get(run_id),
        )
        for run_id, cards in grouped.items()
    ]
    return [run for run in runs if not all(card.is_gone for card in run.cards)]


def _days(runs: Sequence[Run]) -> list[FeedDay]:
    days: dict[date, list[Run]] = {}
    for run in runs:
        days.setdefault(run.day, []).append(run)
    return [FeedDay(day=day, runs=of_day) for day, of_day in days.items()] or [
        FeedDay(day=timezone.localdate(), runs=[])
    ]
