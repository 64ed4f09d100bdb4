"""Votes for the best image of a sheet, and what they say about models."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy

from artgen.refusals import Refusal
from generation.models import ImageModel, Job, Sheet, SheetVote, Status

MAX_COUNTED = 20_000
"""Votes that a page counts, the newest ones."""


class NoImageToVote(Refusal):
    """The cell is not one of this sheet, or has no image."""

    code = "no_image_to_vote"
    status = 409
    text = gettext_lazy("Only an image of this comparison can be the best one.")


@dataclass(frozen=True)
class ModelVotes:
    """How often a model won where another one had an image, too.

    `expected` are the wins by chance: the sum of its shares of those sheets' images.
    """

    name: str
    appearances: int
    wins: int
    expected: float

    @property
    def share(self) -> float:
        return self.wins / self.appearances if self.appearances else 0.0

    @property
    def expected_share(self) -> float:
        """The share of its appearances that chance would give it."""
        return self.expected / self.appearances if self.appearances else 0.0


def vote(sheet: Sheet, *, job_id: UUID) -> SheetVote:
    """Make this cell the best one of the sheet, instead of another; raise NoImageToVote."""
    jobs = Job.objects.of(sheet.user_id).filter(id__in=sheet.jobs, status=Status.SUCCEEDED)
    shown = list(
        jobs.filter(images__isnull=False, images__trashed_at__isnull=True)
        .distinct()
        .values_list("id", "model_id", "model__slug")
    )
    winner = next((model for job, model, _slug in shown if job == job_id), None)
    if winner is None:
        raise NoImageToVote
    stored, _created = SheetVote.objects.update_or_create(
        sheet=sheet,
        defaults={
            "user_id": sheet.user_id,
            "job_id": job_id,
            "model_id": winner,
            "shown": Counter(slug for _one, _model, slug in shown),
            "at": timezone.now(),
        },
    )
    return stored


def withdraw(sheet: Sheet) -> None:
    SheetVote.objects.filter(sheet=sheet).delete()


def of_models(*, since: datetime | None = None) -> list[ModelVotes]:
    """Return the votes of each model in sheets where several models had images, best share first.

    Of the newest MAX_COUNTED votes, since then if given.
    """
    votes = SheetVote.objects.order_by("-at", "-pk")
    if since:
        votes = votes.filter(at__gte=since)
    rows = votes.values_list(F("model__slug"), "shown")[:MAX_COUNTED]
    return sorted(
        _counted(rows), key=lambda model: (-model.share, -model.appearances, model.name.casefold())
    )


def _counted(rows: Iterable[tuple[str, dict[str, int]]]) -> list[ModelVotes]:
    appearances, wins = Counter[str](), Counter[str]()
    expected: dict[str, float] = defaultdict(float)
    for winner, shown in rows:
        if len(shown) < 2:
            continue  # says nothing about models
        total = sum(shown.values())
        for slug, count in shown.items():
            appearances[slug] += 1
            expected[slug] += count / total
        wins[winner] += 1
    names = dict(ImageModel.objects.values_list("slug", "name"))
    return [
        ModelVotes(names.get(slug, slug), count, wins[slug], expected[slug])
        for slug, count in appearances.items()
    ]
