"""Which of a user's pictures are wanted: by words, model, style, date, size, source, favorite, collection.

Whatever only asks for columns of the picture is answered by one index, `image_shelf`, without the pictures. Ids begin
with the moment of their making, so days are a stretch of that index.
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

from generation.gallery.search import RARE, Found, matching
from generation.models import Collection, CollectionImage, Image, ImageModel, ImageQuerySet, Job

LONGEST_MOST = 100_000  # pixels that can be asked for
ID_SLACK = timedelta(
    hours=1
)  # between `created_at` and the moment in the id: milliseconds, as the product makes them


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
    def is_everything(self) -> bool:
        """Whether nothing is asked for."""
        return self == Wanted()

    @property
    def condition(self) -> Q:
        """What of it the picture's own columns tell."""
        asked = Q()
        if self.model:
            asked &= Q(model=self.model)
        if self.style:
            asked &= Q(style=self.style)
        asked &= made(since=self.since, until=self.until)
        if self.shape:
            asked &= SHAPES[self.shape]
        if self.longest:
            asked &= Q(width__gte=self.longest) | Q(height__gte=self.longest)
        if self.sourced is not None:
            asked &= Q(sourced=self.sourced)
        if self.favorite is not None:
            asked &= Q(favorite=self.favorite)
        return asked


def made(*, since: date | None, until: date | None) -> Q:
    """Return that a picture was made on these days, both included."""
    asked = Q()
    if since:
        at = _begins(since)
        asked &= Q(created_at__gte=at, id__gte=_first_id(at - ID_SLACK))
    if until and until < date.max:
        at = _begins(until + timedelta(days=1))
        asked &= Q(created_at__lt=at, id__lt=_first_id(at + ID_SLACK))
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
    jobs = Job.objects.of(user).exclude(
        source_images=[]
    )  # which is what the index of sources holds
    if connection.vendor == "postgresql":
        return jobs.filter(source_images__contains=[str(source_id)]).values("id")
    return (
        jobs.annotate(told=Cast("source_images", TextField()))
        .filter(told__contains=str(source_id))
        .values("id")
    )


def _first_id(at: datetime) -> UUID:
    """Return the least UUIDv7 of a moment: its first 48 bits are the milliseconds since 1970."""
    return UUID(int=max(0, int(at.timestamp() * 1000)) << 80)


def _begins(day: date) -> datetime:
    return timezone.make_aware(datetime(day.year, day.month, day.day))
