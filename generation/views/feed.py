"""The feed: runs (one press of Create = one run) with their cards, newest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any
from uuid import UUID

from django.utils import timezone

from accounts.models import User
from artgen import words
from generation.catalog import BATCH_MAX
from generation.forms import shape_of
from generation.models import ACTIVE, Image, Job, Status
from generation.serializers import job_json

RUNS_A_PAGE = 12
PROMPTS = 20
SHOWN = ("all", "active", "done")
DRAWING_FROM, DRAWING_MORE = 28, 22  # the glow of a plate while a GPU works on it
ICONS = {
    Status.QUEUED: "hourglass",
    Status.SUBMITTED: "power",
    Status.RUNNING: "palette",
    Status.STORING: "check",
    Status.SUCCEEDED: "check",
    Status.FAILED: "circle-alert",
    Status.CANCELED: "ban",
}


@dataclass(frozen=True)
class Card:
    """One job as the template `_card.html` draws it."""

    job: Job
    data: dict[str, Any]

    @cached_property
    def kept(self) -> list[Image]:
        """The job's pictures that are not in the trash."""
        return [image for image in self.job.images.all() if not image.trashed_at]

    @property
    def image(self) -> Image | None:
        """The picture: the first of them."""
        return self.kept[0] if self.kept else None

    @property
    def more_images(self) -> int:
        """How many pictures the job made besides the one shown."""
        return max(0, len(self.kept) - 1)

    @property
    def is_wide(self) -> bool:
        """Whether it is a landscape: two in a row instead of four."""
        return self.width > 1.2 * self.height

    @property
    def place(self) -> str:
        """Where the picture stands, as the tag `picture` calls it."""
        return "feed-wide" if self.is_wide else "feed"

    @property
    def is_gone(self) -> bool:
        """Whether the job made a picture and it is in the trash."""
        return self.job.status == Status.SUCCEEDED and self.image is None

    @property
    def icon(self) -> str:
        """The icon of the phase."""
        return ICONS[Status(self.job.status)]

    @property
    def has_progress(self) -> bool:
        """Whether a bar belongs to this phase."""
        return self.job.status in (Status.SUBMITTED, Status.RUNNING, Status.STORING)

    @property
    def progress_value(self) -> str:
        """The bar's value from 0 to 1 as HTML writes it; empty where nobody knows: waking up, or no steps told."""
        if self.job.status == Status.STORING:
            return "1"
        known = self.job.status == Status.RUNNING and self.data["progress"] is not None
        return f"{self.data['progress']:.3f}" if known else ""

    @property
    def width(self) -> int:
        """Width of the box: the picture's own once it is there."""
        return self.image.width if self.image else self.job.width or 1024

    @property
    def height(self) -> int:
        """Height of the box."""
        return self.image.height if self.image else self.job.height or 1024

    @property
    def short_prompt(self) -> str:
        """The prompt, cut for screen readers."""
        prompt = self.job.prompt
        return prompt if len(prompt) <= 120 else f"{prompt[:119].rstrip()}…"


@dataclass(frozen=True)
class Run:
    """What one press of Create has placed."""

    id: UUID
    cards: list[Card]

    @property
    def first(self) -> Job:
        """The job that stands for all of them."""
        return self.cards[0].job

    @property
    def prompt(self) -> str:
        """What was asked for."""
        return self.first.prompt

    @property
    def shape(self) -> str:
        """The name of the shape, "16:9"."""
        return shape_of(self.cards[0].width, self.cards[0].height).name

    @property
    def is_wide(self) -> bool:
        """Whether the cards are landscapes: two in a row instead of four."""
        return self.cards[0].is_wide

    @property
    def credits(self) -> int:
        """What is held or charged for it."""
        return sum(card.job.credits for card in self.cards if card.job.status not in (Status.FAILED, Status.CANCELED))

    @property
    def is_active(self) -> bool:
        """Whether something is still to come."""
        return any(card.job.status in ACTIVE for card in self.cards)

    @property
    def cancelable(self) -> int:
        """How many of its jobs a cancel would still stop."""
        return sum(card.job.is_cancelable for card in self.cards)

    @property
    def day(self) -> date:
        """The day it was placed."""
        return timezone.localtime(self.first.created_at).date()


@dataclass(frozen=True)
class Day:
    """The runs of one day under one heading."""

    day: date
    runs: list[Run]

    @property
    def title(self) -> str:
        """Its heading: "Today", "November 18"."""
        told = words.day(self.day)
        return told[:1].upper() + told[1:]


@dataclass(frozen=True)
class Feed:
    """One page of the feed."""

    days: list[Day]
    active: int
    next: str  # id of the job before which the next page begins, empty at the end


def of_user(user: User, *, show: str = "all", before: UUID | None = None) -> Feed:
    """Return a page of the user's runs: `show` is one of SHOWN, `before` the last page's `next`."""
    own = Job.objects.of(user).with_all().newest_first()
    if show == "active":
        own = own.active()
    elif show == "done":
        own = own.filter(status=Status.SUCCEEDED)
    if before:
        own = own.filter(id__lt=before)
    jobs = list(own[: RUNS_A_PAGE * BATCH_MAX])
    runs, rest = _runs(jobs)[:RUNS_A_PAGE], ""
    if len(jobs) == RUNS_A_PAGE * BATCH_MAX or len(_runs(jobs)) > RUNS_A_PAGE:
        # A run may go on beyond the last job that was fetched: leave it to the next page, unless it is the only one.
        cut = len(jobs) == RUNS_A_PAGE * BATCH_MAX and len(runs) > 1 and runs[-1].cards[0].job.id == jobs[-1].id
        runs = runs[:-1] if cut else runs
        rest = str(min(card.job.id for card in runs[-1].cards))
    active = Job.objects.of(user).active().count()
    return Feed(days=_days(runs), active=active, next=rest)


def prompts_of(user: User) -> list[str]:
    """Return the user's last prompts, each once, newest first."""
    last = Job.objects.of(user).newest_first().values_list("prompt", flat=True)[: PROMPTS * BATCH_MAX]
    return list(dict.fromkeys(last))[:PROMPTS]


def run_of_user(user: User, run_id: UUID) -> Run | None:
    """Return one run (the id of a batch, or of a single job), None where the user has no such run."""
    own = Job.objects.of(user).with_all()
    jobs = list(own.filter(batch=run_id).order_by("id")) or list(own.filter(id=run_id))
    runs = _runs(jobs)
    return runs[0] if runs else None


def card_of(job: Job) -> Card:
    """Return the card of a job that was fetched `with_all`."""
    return Card(job=job, data=job_json(job))


def _runs(jobs: Sequence[Job]) -> list[Run]:
    grouped: dict[UUID, list[Card]] = {}
    for job in jobs:
        grouped.setdefault(job.batch or job.id, []).append(card_of(job))
    runs = [Run(id=run_id, cards=sorted(cards, key=lambda card: card.job.id)) for run_id, cards in grouped.items()]
    return [run for run in runs if not all(card.is_gone for card in run.cards)]


def _days(runs: Sequence[Run]) -> list[Day]:
    days: dict[date, list[Run]] = {}
    for run in runs:
        days.setdefault(run.day, []).append(run)
    return [Day(day=day, runs=of_day) for day, of_day in days.items()] or [Day(day=timezone.localdate(), runs=[])]
