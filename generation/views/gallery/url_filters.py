"""Parse the filters in the gallery's URL; invalid values are ignored.

Every filter is a GET parameter, so every view has a URL; a chip links to the URL without it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any
from urllib.parse import urlencode

from django.db.models import TextChoices
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext, pgettext_lazy

from artgen.database.ids import parse_uuid
from generation.gallery import tags
from generation.gallery.image_filters import MAX_LONGEST_SIDE, ImageFilters, Orientation
from generation.models import Collection, ImageModel
from generation.studio.presets.composer_choices import StyleChoice
from generation.views.gallery import date_filter

MAX_QUERY_LENGTH = 200
LONGEST = (1024, 1536, 2048)  # px, the choices; any number is accepted


class Sort(TextChoices):
    """The order of the images; "" is the default."""

    NEWEST = "", pgettext_lazy("order of images", "Newest first")
    OLDEST = "oldest", pgettext_lazy("order of images", "Oldest first")
    FAVORITES = "favorites", pgettext_lazy("order of images", "Favorites first")


WHOLE_RUNS = frozenset({"when"})
"""Filters that leave runs whole, up to the ends of a month, so that runs can be stacks."""


@dataclass(frozen=True)
class Chip:
    """An active filter: its label and the URL without it."""

    label: str
    without: str
    icon: str = ""


@dataclass(frozen=True)
class Filters:
    """The filters of one view; `parameters` has the URL parameters."""

    wanted: ImageFilters = field(default_factory=ImageFilters)
    parameters: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    is_lost: bool = False  # the collection does not exist
    sort: Sort = Sort.NEWEST

    @property
    def has_whole_runs(self) -> bool:
        return self.parameters.keys() <= WHOLE_RUNS and self.sort != Sort.FAVORITES

    @property
    def favorites_address(self) -> str:
        return self._address({**self.parameters, "favorite": "1"})

    @property
    def on(self) -> bool:
        return bool(self.parameters)

    @property
    def query(self) -> str:
        return self.parameters.get("q", "")

    @property
    def collection(self) -> Collection | None:
        return self.wanted.collection

    @property
    def is_only_favorite(self) -> bool:
        return self.parameters.keys() == {"favorite"}

    @property
    def is_only_collection(self) -> bool:
        return self.parameters.keys() == {"collection"}

    @property
    def address(self) -> str:
        return self._address(self.parameters)

    @property
    def has_days(self) -> bool:
        return bool(self.wanted.since or self.wanted.until)

    @property
    def has_source(self) -> bool:
        return "source" in self.parameters

    @property
    def without_query(self) -> str:
        return self._without("q")

    @property
    def cleared(self) -> str:
        """The URL without filters, in the same collection."""
        return self._address(
            {name: value for name, value in self.parameters.items() if name == "collection"}
        )

    @property
    def chips(self) -> list[Chip]:
        """The active filters except the collection; each tag is one."""
        chips = {}
        for name in self.parameters:
            names = ("since", "until") if name in ("since", "until") else (name,)
            icon = {"favorite": "heart", "q": "search"}.get(name, "")
            chips[names] = [Chip(self.labels[name], self._without(*names), icon)]
        if "tag" in self.parameters:
            chips["tag",] = [Chip(tag, self._without_tag(tag), "tag") for tag in self.wanted.tags]
        return list(chain(*(shown for names, shown in chips.items() if names != ("collection",))))

    def beside(self, *names: str) -> list[tuple[str, str]]:
        """Return the parameters other than `names`, kept by a form that sets these."""
        kept = [(name, value) for name, value in self.parameters.items() if name not in names]
        return [*kept, ("sort", self.sort.value)] if self.sort and "sort" not in names else kept

    @property
    def beside_query(self) -> list[tuple[str, str]]:
        return self.beside("q")

    @property
    def beside_dates(self) -> list[tuple[str, str]]:
        return self.beside("when", "since", "until")

    def of_month(self, key: str) -> str:
        """Return the URL of one month ("2026-11") of this view."""
        return address_of({**dict(self.beside_dates), "when": key})

    def next_page(self, cursor: str) -> str:
        """Return the URL of the page after the cursor, "" without one."""
        return self._address(self.parameters, before=cursor) if cursor else ""

    def _without(self, *names: str) -> str:
        return address_of(dict(self.beside(*names)))

    def _without_tag(self, tag: str) -> str:
        others = ",".join(other for other in self.wanted.tags if other != tag)
        return self._address({**self.parameters, "tag": others}) if others else self._without("tag")

    def _address(self, parameters: Mapping[str, str], **more: str) -> str:
        sort = {"sort": self.sort.value} if self.sort else {}
        return address_of({**parameters, **sort, **more})


def address_of(parameters: Mapping[str, str]) -> str:
    """Return the gallery's URL with these parameters."""
    return f"{reverse('gallery')}?{urlencode(parameters)}" if parameters else reverse("gallery")


def choices() -> dict[str, list[tuple[Any, str]]]:
    """Return value and label of what the filters offer to everybody."""
    return {
        "when": [(value, str(label)) for value, label in date_filter.When.choices],
        "shapes": [(shape, shape_label(shape)) for shape in Orientation],
        "longest": [(side, longest_label(side)) for side in LONGEST],
    }


def read(
    query: QueryDict,
    *,
    models: Sequence[ImageModel],
    styles: Sequence[StyleChoice],
    collections: Iterable[Collection],
) -> Filters:
    """Return the filters of the URL; models, styles and collections are the valid choices."""
    texts = {name: query.get(name, "").replace("\0", "").strip() for name in query}
    taken = _Taken()
    if words := " ".join(texts.get("q", "").split())[:MAX_QUERY_LENGTH]:
        taken.add("q", words, words, words=words)
    owned = (owned for owned in collections if str(owned.id) == texts.get("collection"))
    if collection := next(owned, None):
        taken.add("collection", str(collection.id), collection.name, collection=collection)
    if model := next((model for model in models if model.slug == texts.get("model")), None):
        taken.add("model", model.slug, model.name, model=model)
    if style := next((style for style in styles if style.slug == texts.get("style")), None):
        taken.add("style", style.slug, style.name, style=style.slug)
    _add_days(taken, texts)
    if (shape := texts.get("shape", "")) in Orientation.values:
        taken.add("shape", shape, shape_label(shape), shape=shape)
    if longest := _number(texts.get("longest", "")):
        taken.add("longest", str(longest), longest_label(longest), longest=longest)
    if (source := texts.get("source", "")) in ("yes", "no"):
        label = _("From an image") if source == "yes" else _("From text only")
        taken.add("source", source, label, sourced=source == "yes")
    elif source_id := parse_uuid(source):
        taken.add("source", str(source_id), _("From a specific image"), made_from=source_id)
    if chosen := chosen_tags(query):
        text = ",".join(chosen)
        taken.add("tag", text, text, tags=chosen)
    if texts.get("favorite") == "1":
        taken.add("favorite", "1", _("Favorites"), favorite=True)
    return Filters(
        wanted=ImageFilters(**taken.wanted),
        parameters=taken.parameters,
        labels=taken.labels,
        is_lost=bool(texts.get("collection")) and not collection,
        sort=Sort(sort) if (sort := texts.get("sort", "")) in Sort.values else Sort.NEWEST,
    )


@dataclass(frozen=True)
class _Taken:
    """Filters of a URL: parameters and labels by name, and the fields of `ImageFilters`."""

    parameters: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    wanted: dict[str, Any] = field(default_factory=dict)

    def add(self, name: str, value: str, label: str, **fields: object) -> None:
        self.parameters[name], self.labels[name] = value, label
        self.wanted.update(fields)


def _add_days(taken: _Taken, texts: Mapping[str, str]) -> None:
    """Add a named range of days, or else the first and last day."""
    if named := date_filter.named(texts.get("when", "")):
        since, until, label = named
        taken.add("when", texts["when"], label, since=since, until=until)
    elif days := date_filter.between(texts.get("since", ""), texts.get("until", "")):
        for name, day in zip(("since", "until"), days, strict=True):
            if day:
                taken.add(name, day.isoformat(), date_filter.label(*days), **{name: day})


def chosen_tags(query: QueryDict) -> tuple[str, ...]:
    """Return the tags of the URL: `tag` may be repeated and have several, separated by commas."""
    names = tags.split(",".join(query.getlist("tag")).replace("\0", ""))
    by_folded: dict[str, str] = {}
    for name in (" ".join(name.split())[:MAX_QUERY_LENGTH] for name in names):
        by_folded.setdefault(name.casefold(), name)
    return tuple(by_folded.values())[: tags.MAX_PER_IMAGE]


def shape_label(shape: str) -> str:
    return {
        Orientation.PORTRAIT: pgettext("shape of pictures", "Portrait"),
        Orientation.LANDSCAPE: pgettext("shape of pictures", "Landscape"),
        Orientation.SQUARE: pgettext("shape of pictures", "Square"),
    }[Orientation(shape)]


def longest_label(pixels: int) -> str:
    """Return the label of a size: "From 1024 px"."""
    return _("From %(pixels)d px") % {"pixels": pixels}


def _number(text: str) -> int | None:
    if not text.isascii() or not text.isdigit() or len(text) > len(str(MAX_LONGEST_SIDE)):
        return None
    return number if 1 <= (number := int(text)) <= MAX_LONGEST_SIDE else None
