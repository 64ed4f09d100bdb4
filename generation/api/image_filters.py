"""The query parameters that filter images, parsed strictly."""

from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from accounts.models import User
from artgen.api.inputs import QUERY_MAX_LENGTH, Choice, Id, QueryFlag, QueryNumber, QueryText
from artgen.api.pagination import PageQuery
from artgen.api.problems import invalid
from generation.api.models import check_model
from generation.gallery import tags
from generation.gallery.image_filters import MAX_LONGEST_SIDE, ImageFilters, Orientation
from generation.models import Collection


class QueryDay(serializers.DateField):
    """A day as YYYY-MM-DD."""

    def to_internal_value(self, data: Any) -> date:
        try:
            day = date.fromisoformat(data) if len(data) == len("2026-11-24") else None
        except ValueError:
            day = None
        if day is None or not 1900 <= day.year < 9999:
            detail = _("Must be a date like 2026-11-24.")
            raise serializers.ValidationError(detail, code="invalid")
        return day


class ImagesQuery(PageQuery):
    """Which images."""

    q = QueryText(
        max_length=QUERY_MAX_LENGTH,
        help_text="Only with these words in the prompt, the note or the tags, in any form; the "
        'last word can be incomplete. `"tea hills"`: a phrase; `-fog`: without; `or`: either.',
    )
    model = QueryText(help_text="Only of this model, by slug.")
    style = QueryText(  # type: ignore[assignment]  # Field.style is for forms
        help_text="Only of this style, by slug."
    )
    since = QueryDay(required=False, help_text="Only created on this day or later.")
    until = QueryDay(required=False, help_text="Only created on this day or earlier.")
    shape = Choice(choices=Orientation.choices, required=False, help_text="Only of this shape.")
    longest = QueryNumber(
        required=False,
        min_value=1,
        max_value=MAX_LONGEST_SIDE,
        help_text="Only with at least this many pixels along the longer side.",
    )
    sourced = QueryFlag(
        required=False, help_text="Only created from an image, or only from a prompt."
    )
    source = Id(  # type: ignore[assignment]  # Field.source is another thing
        required=False,
        help_text="Only created from this image or upload, finals of a draft included.",
    )
    favorite = QueryFlag(required=False, help_text="Only favorites, or only other images.")
    collection = Id(required=False, help_text="Only of this collection.")
    tag = QueryText(
        max_length=QUERY_MAX_LENGTH,
        help_text="Only with this tag of yours, case-insensitive. "
        "Several, separated by commas: only with all of them.",
    )
    trashed = QueryFlag(default=False, help_text="Images in the trash instead.")


def wanted_of(query: dict[str, Any], *, user: User) -> ImageFilters:
    """Return the filters of an `ImagesQuery`; raise Problem."""
    since, until = query.get("since"), query.get("until")
    if since and until and since > until:
        raise invalid("until", "min_value", _("The end date is before the start date."))
    return ImageFilters(
        words=query.get("q", ""),
        model=check_model(query),
        style=query.get("style"),
        since=since,
        until=until,
        shape=query.get("shape", ""),
        longest=query.get("longest"),
        sourced=query.get("sourced"),
        made_from=query.get("source"),
        favorite=query.get("favorite"),
        collection=_collection(query, user=user),
        tags=tuple(tags.split(query.get("tag", ""))),
    )


def _collection(query: dict[str, Any], *, user: User) -> Collection | None:
    if "collection" not in query:
        return None
    own = Collection.objects.of(user).present().filter(id=query["collection"]).first()
    if own is None:
        raise invalid("collection", "does_not_exist", _("Collection not found."))
    return own
