"""Runs: the jobs created together, with their cards or as a comparison."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.utils import timezone

from accounts.models import User
from generation.catalog.shapes import shape_name
from generation.gallery import lineage
from generation.jobs import eta
from generation.jobs.eta import Forecast
from generation.jobs.live import status_text
from generation.jobs.placing.job_order import PlacedOrder
from generation.models import ACTIVE, Image, ImageModel, Job, Status
from generation.studio.forms import image_edits
from generation.views.jobs import cards, sheet_cards
from generation.views.jobs.cards import Card, kept_images
from generation.views.jobs.sheet_cards import SheetCard
from generation.views.tiles import data_ratio


@dataclass(frozen=True)
class Run:
    id: UUID
    cards: list[Card]
    sheet: SheetCard | None = None
    """The comparison that it is."""

    @property
    def first(self) -> Job:
        return self.cards[0].job

    @property
    def prompt(self) -> str:
        return self.first.prompt

    @property
    def made(self) -> str:
        """What it made of a source image, such as "4 variants"; "" of none."""
        card = self.cards[0]
        return image_edits.run_text(
            card.job, count=len(self.cards), width=card.width, height=card.height
        )

    @property
    def shape(self) -> str:
        """The aspect ratio, such as "16:9"."""
        return shape_name(self.cards[0].width, self.cards[0].height)

    @property
    def ratio(self) -> str:
        """That of the style sheet by which it grows in its row."""
        return data_ratio(self.cards[0].width, self.cards[0].height)

    @property
    def is_wide(self) -> bool:
        """Whether the cards have a landscape format: two instead of four per row."""
        return self.cards[0].is_wide

    @property
    def credits(self) -> int:
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
        return any(card.job.status in ACTIVE for card in self.cards)

    @property
    def cancelable(self) -> int:
        return sum(card.job.is_cancelable for card in self.cards)

    @property
    def day(self) -> date:
        return timezone.localtime(self.first.created_at).date()


def of_user(user: User, run_id: UUID) -> Run | None:
    """Return the run of a batch id or job id, None if the user has none or has dismissed it."""
    own = Job.objects.of(user).shown().with_all()
    jobs = list(own.filter(batch=run_id).order_by("id")) or list(own.filter(id=run_id))
    images = {job.id: kept_images(job) for job in jobs}
    return next(iter(of_jobs(jobs, forecast=eta.of_jobs(jobs), images=images)), None)


def in_progress_from(image: Image) -> list[Run]:
    """Return the runs in progress that are made from the image, the newest first."""
    jobs = Job.objects.active().filter(id__in=lineage.jobs_from(image.id, user=image.user_id))
    ids = (batch or id for batch, id in jobs.order_by("-id").values_list("batch", "id"))
    runs = (of_user(image.user, run_id) for run_id in dict.fromkeys(ids))
    return [run for run in runs if run]


def of_order(user: User, order: PlacedOrder, *, model: ImageModel) -> list[Run]:
    """Return the runs of an order that is no comparison, the newest first, without a query.

    `model` is theirs as it is now: the one that they were placed with may be a minute old. Of an
    order that was placed before, only the first one, if it is not dismissed.
    """
    if not order.created:
        run = of_user(user, order.batch or order.jobs[0].id)
        return [run] if run else []
    for job in order.jobs:
        job.model = model
    grouped: dict[UUID, list[Card]] = {}
    for card in cards.of_jobs(order.jobs):
        grouped.setdefault(card.job.batch or card.job.id, []).append(card)
    return [Run(id=run_id, cards=own) for run_id, own in reversed(grouped.items())]


def of_jobs(
    jobs: Sequence[Job], *, forecast: Forecast, images: Mapping[UUID, list[Image]]
) -> list[Run]:
    """Return the runs of jobs, except those with trashed images only."""
    grouped: dict[UUID, list[Card]] = {}
    now = timezone.now()
    for job in jobs:
        phase = status_text.now_of(job, forecast=forecast, now=now)
        card = Card(job=job, phase=phase, kept=images.get(job.id, []))
        grouped.setdefault(job.batch or job.id, []).append(card)
    sheets = sheet_cards.of_ids({job.batch for job in jobs if job.batch})
    runs = [
        Run(id=run_id, cards=sorted(own, key=lambda card: card.job.id), sheet=sheets.get(run_id))
        for run_id, own in grouped.items()
    ]
    return [run for run in runs if not all(card.is_gone for card in run.cards)]
