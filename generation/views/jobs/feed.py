"""The feed: pages of a user's runs, newest first."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, cast
from uuid import UUID

from django.db.models import Exists, Expression, OuterRef, Q, Subquery
from django.utils import timezone

from accounts.models import User
from artgen.database.compiled_queries import CompiledQuery, is_any_of
from artgen.web import formatting
from generation.catalog.offers import BATCH_MAX
from generation.jobs import eta
from generation.jobs.eta import Forecast
from generation.models import (
    Counted,
    Image,
    ImageModel,
    Job,
    JobQuerySet,
    Status,
    model_cache,
)
from generation.studio.forms import image_edits
from generation.views.jobs import runs
from generation.views.jobs.runs import Run

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
        "expected_usd",
    ),
    *("progress", "step", "step_count", "error_code", "missing_since"),
    *("created_at", "submitted_at", "started_at", "finished_at"),
    *("promised_p90_at", "delay_ms", "execution_ms"),
    *image_edits.MADE_BY,
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
SHOWN = ("all", "active", "done")


@dataclass(frozen=True)
class FeedDay:
    day: date
    runs: list[Run]

    @property
    def title(self) -> str:
        """The heading: "Today", "November 18"."""
        text = formatting.day(self.day)
        return text[:1].upper() + text[1:]


@dataclass(frozen=True)
class Feed:
    days: list[FeedDay]
    active: int
    next: str  # id of the job before which the next page begins; empty at the end
    failures: int  # lines of jobs that ended without images
    forecast: Forecast  # of the models of active jobs, and of those that were asked for
    has_jobs: bool  # on any page


def of_user(
    user: User,
    *,
    quoted: Collection[ImageModel] = (),
    show: str = "all",
    before: UUID | None = None,
) -> Feed:
    """Return a page of the user's runs: `show` is one of SHOWN, `before` a page's `next`.

    Of the models in `quoted` the page shows waiting times.
    """
    shown, rest, active_count = _page(user, show=show, before=before)
    has_jobs = bool(shown) or Job.objects.of(user).of_users().exists()
    jobs = model_cache.attach(JOBS_OF_CARDS.objects(ids=shown) if shown else [])
    active = [job for job in jobs if not job.is_final]
    forecast = eta.forecast({*quoted, *(job.model for job in active)}, jobs=active)
    page = runs.of_jobs(jobs, forecast=forecast, images=_images_of(shown))
    if before:  # a cell that was placed again stands on an earlier page, with the whole comparison
        page = [run for run in page if not run.sheet or run.sheet.newest < str(before)]
    return Feed(
        days=_days(page),
        active=active_count,
        next=rest,
        failures=sum(card.is_line for run in page if not run.sheet for card in run.cards),
        forecast=forecast,
        has_jobs=has_jobs,
    )


def _page(user: User, *, show: str, before: UUID | None) -> tuple[list[UUID], str, int]:
    """Return the jobs of the newest RUNS_A_PAGE visible runs, the `next` of the page, and how many
    jobs of the user are active.

    Only these jobs are fetched completely. If all images of the newest jobs are in the trash, the
    page begins with the first visible job, which costs one more query; so does a page without jobs.
    """
    if before:
        rows = _later_page(show).rows(user=user.pk, before=before)
    else:
        rows = _first_page(show).rows(user=user.pk)
    active = rows[0][-1] if rows else _active_of(user.pk).count()
    if len(rows) == JOBS_A_PAGE and all(gone for _id, _batch, gone, _active in rows):
        own = _own(user.pk, show=show)
        older = own.filter(id__lt=rows[-1][0]).alias(gone=IS_GONE).exclude(gone=True).newest_first()
        first = older.values_list("id", flat=True)[:1]
        rows = list(_newest(user.pk, own.filter(id__lte=Subquery(first))))
    jobs: dict[UUID, list[UUID]] = {}  # by run
    showing: dict[UUID, None] = {}  # in this order
    for job_id, batch, gone, _active in rows:
        jobs.setdefault(batch or job_id, []).append(job_id)
        if not gone:
            showing[batch or job_id] = None
    page, rest = list(showing)[:RUNS_A_PAGE], ""
    if len(rows) == JOBS_A_PAGE or len(showing) > RUNS_A_PAGE:
        # The last run may have more jobs than were read: leave it to the next page, if possible.
        cut = len(rows) == JOBS_A_PAGE and len(page) > 1 and rows[-1][0] in jobs[page[-1]]
        page = page[:-1] if cut else page
        rest = str(min(job_id for run in page for job_id in jobs[run])) if page else ""
    return [job_id for run in page for job_id in jobs[run]], rest, active


def _jobs_of_cards(ids: Expression) -> JobQuerySet:
    return Job.objects.filter(is_any_of("id", ids)).only(*JOB_FIELDS).newest_first()


def _images_of(ids: Sequence[UUID]) -> dict[UUID, list[Image]]:
    """Return the fields of cards of the images of these jobs, by job."""
    images_by_job: dict[UUID, list[Image]] = {}
    images = Image.objects.kept().filter(job__in=ids).only(*IMAGE_FIELDS).order_by("position")
    for image in images:
        images_by_job.setdefault(cast(UUID, image.job_id), []).append(image)
    return images_by_job


JOBS_OF_CARDS = CompiledQuery(_jobs_of_cards)


def _own(user: object, *, show: str) -> JobQuerySet:
    own = Job.objects.of(user).of_users().shown()
    if show == "active":
        return own.active()
    return own.filter(status=Status.SUCCEEDED) if show == "done" else own


def _newest(user: object, own: JobQuerySet) -> Any:
    """Return id, batch and whether all images are trashed, of the newest of these jobs of a user.

    Each row also has the number of the user's active jobs, which saves a query.
    """
    active = Counted(_active_of(user).values("id"))
    jobs: Any = own.annotate(gone=IS_GONE, active=active).newest_first()
    return jobs.values_list("id", "batch", "gone", "active")[:JOBS_A_PAGE]


@lru_cache(maxsize=len(SHOWN))
def _first_page(show: str) -> CompiledQuery:
    return CompiledQuery(lambda user: _newest(user, _own(user, show=show)))


@lru_cache(maxsize=len(SHOWN))
def _later_page(show: str) -> CompiledQuery:
    return CompiledQuery(
        lambda user, before: _newest(user, _own(user, show=show).filter(id__lt=before))
    )


def _active_of(user: object) -> JobQuerySet:
    return Job.objects.of(user).of_users().active().order_by()


def _days(several: Sequence[Run]) -> list[FeedDay]:
    days: dict[date, list[Run]] = {}
    for run in several:
        days.setdefault(run.day, []).append(run)
    return [FeedDay(day=day, runs=of_day) for day, of_day in days.items()] or [
        FeedDay(day=timezone.localdate(), runs=[])
    ]


PROMPTS = 20


def latest_prompts(user: User) -> list[str]:
    """Return the user's latest distinct prompts, newest first."""
    latest = Job.objects.of(user).of_users().newest_first().values_list("prompt", flat=True)
    return list(dict.fromkeys(latest[: PROMPTS * BATCH_MAX]))[:PROMPTS]
