"""The query parameters that filter images, parsed strictly."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from artgen.api.problems import invalid
from artgen.api.views import choice_of, flag_of, id_of
from generation.api.models import check_model
from generation.gallery import tags
from generation.gallery.filters import MAX_LONGEST_SIDE, Orientation, Wanted
from generation.models import Collection

PARAMETERS = (
    *("q", "model", "style", "since", "until", "shape", "longest"),
    *("sourced", "source", "favorite", "collection", "tag"),
)


def read_wanted(query: dict[str, str], *, user: Any) -> Wanted:
    """Return the filters of a query; raise Problem."""
    since, until = _day(query, "since"), _day(query, "until")
    if since and until and since > until:
        raise invalid("until", "min_value", _("The end date is before the start date."))
    return Wanted(
        words=query.get("q", ""),
        model=check_model(query),
        style=query.get("style"),
        since=since,
        until=until,
        shape=choice_of(query, "shape", Orientation.values) or "",
        longest=_pixels(query),
        sourced=flag_of(query, "sourced"),
        made_from=id_of(query, "source"),
        favorite=flag_of(query, "favorite"),
        collection=_collection(query, user=user),
        tags=tuple(tags.split(query.get("tag", ""))),
    )


def _day(query: Mapping[str, str], name: str) -> date | None:
    text = query.get(name)
    if text is None:
        return None
    try:
        day = date.fromisoformat(text) if len(text) == len("2026-11-24") else None
    except ValueError:
        day = None
    if day is None or not 1900 <= day.year < 9999:
        raise invalid(name, "invalid", _("Must be a date like 2026-11-24."))
    return day


def _pixels(query: Mapping[str, str]) -> int | None:
    text = query.get("longest")
    if text is None:
        return None
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:7]) <= MAX_LONGEST_SIDE:
        raise invalid("longest", "invalid", _("Must be 1–%(max)d.") % {"max": MAX_LONGEST_SIDE})
    return int(text)


def _collection(query: dict[str, str], *, user: Any) -> Collection | None:
    collection_id = id_of(query, "collection")
    if collection_id is None:
        return None
    collection = Collection.objects.of(user).present().filter(id=collection_id).first()
    if collection is None:
        raise invalid("collection", "does_not_exist", _("Collection not found."))
    return collection
