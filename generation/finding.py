"""Which of a user's pictures are wanted: by words, model, style, date, size, source, favorite, collection.

Whatever only asks for columns of the picture is answered by one index, `image_listed`, without the pictures.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, models
from django.db.models import F, Q, TextField
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from generation.models import Collection, CollectionImage, Image, ImageModel, ImageQuerySet, Job
from generation.search import RARE, Found, matching

LONGEST_MOST = 100_000  # pixels that can be asked for


class Shape(models.TextChoices):
    """What a picture's sides are to each other."""

    PORTRAIT = "portrait", _("portrait")  # higher than wide
    LANDSCAPE = "landscape", _("landscape")  # wider than high
    SQUARE = "square", _("square")


SHAPES: dict[str, Q] = {
    Shape.PORTRAIT: Q(width__lt=F("height")),
    Shape.LANDSCAPE: Q(width__gt=F("height")),
    Shape.SQUARE: Q(width=F("height")),
}


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What pictures must have; None and "" ask for nothing. Days are those of the active time zone, both included."""

    words: str = ""
    model: ImageModel | None = None
    style: str | None = None  # "" cannot be asked for: it asks for nothing
    since: date | None = None
    until: date | None = None
    shape: str = ""
    longest: int | None = None  # pixels of the longer side, at least
    sourced: bool | None = None
    made_from: UUID | None = None  # a picture or an upload
    favorite: bool | None = None
    collection: Collection | None = None

    @property
    def is_plain(self) -> bool:
        """Whether `condition` says all."""
        return not (self.words.strip() or self.made_from or self.collection)

    @property
    def condition(self) -> Q:
        """What of it the picture's own columns tell."""
        asked = Q()
        if self.model:
            asked &= Q(model=self.model)
        if self.style:
            asked &= Q(style=self.style)
        if self.since:
            asked &= Q(created_at__gte=_begins(self.since))
        if self.until and self.until < date.max:
            asked &= Q(created_at__lt=_begins(self.until + timedelta(days=1)))
        if self.shape:
            asked &= SHAPES[self.shape]
        if self.longest:
            asked &= Q(width__gte=self.longest) | Q(height__gte=self.longest)
        if self.sourced is not None:
            asked &= Q(sourced=self.sourced)
        if self.favorite is not None:
            asked &= Q(favorite=self.favorite)
        return asked


def find(images: ImageQuerySet, wanted: Wanted, *, user: Any) -> Found:
    """Return those of the user's pictures that are wanted, in no order."""
    found, are_many = images.filter(wanted.condition), False
    if wanted.collection:
        members = CollectionImage.objects.filter(collection=wanted.collection).order_by()
        are_many = members.values("image_id")[: RARE + 1].count() > RARE
        found = found.filter(memberships__collection=wanted.collection)
    if wanted.made_from:
        found = found.filter(sourced=True, job__in=_jobs_from(wanted.made_from, user=user))
    with_words = matching(found, wanted.words, user=user)
    return replace(with_words, are_many=with_words.are_many or (are_many and not wanted.words))


def whole(found: ImageQuerySet) -> ImageQuerySet:
    """Return the pictures of a list that is cut and sorted, fetched by id: the list itself is read from an index."""
    return Image.objects.filter(id__in=found.values("id"))


def _jobs_from(source_id: UUID, *, user: Any) -> Any:
    jobs = Job.objects.of(user).exclude(source_images=[])
    if connection.vendor == "postgresql":
        return jobs.filter(source_images__contains=[str(source_id)]).values("id")
    return jobs.annotate(told=Cast("source_images", TextField())).filter(told__contains=str(source_id)).values("id")


def _begins(day: date) -> datetime:
    return timezone.make_aware(datetime(day.year, day.month, day.day))
