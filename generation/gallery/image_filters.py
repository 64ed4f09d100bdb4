"""Filters of a user's images: words, model, style, date, size, source, favorite, collection,
tags.

Conditions on image columns are answered by the index `image_shelf` alone. Ids begin with their
creation time, so days are a range of that index.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from artgen.database.ids import first_id
from generation.gallery import lineage, tags
from generation.gallery.search import COMMON_THRESHOLD, SearchResult, matching
from generation.models import Collection, CollectionImage, ImageModel, ImageQuerySet

MAX_LONGEST_SIDE = 100_000  # px
ID_SLACK = timedelta(hours=1)  # between `created_at` and the time in the id


class Orientation(models.TextChoices):
    PORTRAIT = "portrait", _("portrait")  # taller than wide
    LANDSCAPE = "landscape", _("landscape")  # wider than high
    SQUARE = "square", _("square")


ORIENTATIONS: dict[str, Q] = {
    Orientation.PORTRAIT: Q(width__lt=F("height")),
    Orientation.LANDSCAPE: Q(width__gt=F("height")),
    Orientation.SQUARE: Q(width=F("height")),
}


@dataclass(frozen=True, kw_only=True)
class ImageFilters:
    """The filters; None and "" do not filter. Days are inclusive, in the active time zone."""

    words: str = ""
    model: ImageModel | None = None
    style: str | None = None
    since: date | None = None
    until: date | None = None
    shape: str = ""
    longest: int | None = None  # minimum of the longer side, px
    sourced: bool | None = None
    made_from: UUID | None = None  # an image or an upload
    favorite: bool | None = None
    collection: Collection | None = None
    tags: tuple[str, ...] = ()  # all of them

    @property
    def is_everything(self) -> bool:
        return self == ImageFilters()

    @property
    def condition(self) -> Q:
        """The filters on columns of the image."""
        condition = Q()
        if self.model:
            condition &= Q(model=self.model)
        if self.style:
            condition &= Q(style=self.style)
        condition &= made(since=self.since, until=self.until)
        if self.shape:
            condition &= ORIENTATIONS[self.shape]
        if self.longest:
            condition &= Q(width__gte=self.longest) | Q(height__gte=self.longest)
        if self.sourced is not None:
            condition &= Q(sourced=self.sourced)
        if self.favorite is not None:
            condition &= Q(favorite=self.favorite)
        return condition


def made(*, since: date | None, until: date | None) -> Q:
    """Return the condition that an image was made on these days, both included."""
    condition = Q()
    if since:
        at = _begins(since)
        condition &= Q(created_at__gte=at, id__gte=first_id(at - ID_SLACK))
    if until and until < date.max:
        at = _begins(until + timedelta(days=1))
        condition &= Q(created_at__lt=at, id__lt=first_id(at + ID_SLACK))
    return condition


def find(images: ImageQuerySet, wanted: ImageFilters, *, user: User) -> SearchResult:
    matches, are_many = images.filter(wanted.condition), False
    if wanted.collection:
        members = CollectionImage.objects.filter(collection=wanted.collection).order_by()
        are_many = members.values("image_id")[: COMMON_THRESHOLD + 1].count() > COMMON_THRESHOLD
        matches = matches.filter(memberships__collection=wanted.collection)
    if wanted.tags:
        all_tags = tags.find_all(user, wanted.tags, count_to=COMMON_THRESHOLD + 1)
        if not all_tags:
            return SearchResult(images.none())
        # Each of them bounds the result, so it is countable where one of them is small.
        are_tagged = all_tags[0].images > COMMON_THRESHOLD
        are_many = are_tagged and (are_many or not wanted.collection)
        for tag in all_tags:
            matches = matches.filter(image_tags__tag=tag.pk)
    if wanted.made_from:
        matches = matches.filter(job__in=lineage.jobs_from(wanted.made_from, user=user))
    with_words = matching(matches, wanted.words, user=user)
    return replace(with_words, are_many=with_words.are_many or (are_many and not wanted.words))


def _begins(day: date) -> datetime:
    return timezone.make_aware(datetime(day.year, day.month, day.day))
