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
from generation.gallery.filters import MAX_LONGEST_SIDE, Orientation, Wanted
from generation.models import Collection, ImageModel
from generation.studio.presets.choices import StyleChoice
from generation.views.gallery import days

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
    """The filters of one view; `asked` has the URL parameters."""

    wanted: Wanted = field(default_factory=Wanted)
    asked: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    is_lost: bool = False  # the collection does not exist
    sort: Sort = Sort.NEWEST

    @property
    def has_whole_runs(self) -> bool:
        """Whether the images of a run are all there and side by side."""
        return self.asked.keys() <= WHOLE_RUNS and self.sort != Sort.FAVORITES

    @property
    def favorites_address(self) -> str:
        return self._address({**self.asked, "favorite": "1"})

    @property
    def on(self) -> bool:
        return bool(self.asked)

    @property
    def query(self) -> str:
        return self.asked.get("q", "")

    @property
    def collection(self) -> Collection | None:
        return self.wanted.collection

    @property
    def is_only_favorite(self) -> bool:
        """Whether `favorite` is the only filter."""
        return self.asked.keys() == {"favorite"}

    @property
    def is_only_collection(self) -> bool:
        """Whether a collection is the only filter."""
        return self.asked.keys() == {"collection"}

    @property
    def address(self) -> str:
        """The URL of the first page."""
        return self._address(self.asked)

    @property
    def has_days(self) -> bool:
        return bool(self.wanted.since or self.wanted.until)

    @property
    def has_source(self) -> bool:
        return "source" in self.asked

    @property
    def without_query(self) -> str:
        """The URL without search words."""
        return self._without("q")

    @property
    def cleared(self) -> str:
        """The URL without filters, in the same collection."""
        return self._address(
            {name: value for name, value in self.asked.items() if name == "collection"}
        )

    @property
    def chips(self) -> list[Chip]:
        """The active filters except the collection; each tag is one."""
        chips = {}
        for name in self.asked:
            names = ("since", "until") if name in ("since", "until") else (name,)
            icon = {"favorite": "heart", "q": "search"}.get(name, "")
            chips[names] = [Chip(self.labels[name], self._without(*names), icon)]
        if "tag" in self.asked:
            chips["tag",] = [Chip(tag, self._without_tag(tag), "tag") for tag in self.wanted.tags]
        return list(chain(*(some for names, some in chips.items() if names != ("collection",))))

    def beside(self, *names: str) -> list[tuple[str, str]]:
        """Return the parameters other than `names`, kept by a form that sets these."""
        kept = [(name, value) for name, value in self.asked.items() if name not in names]
        return [*kept, ("sort", self.sort.value)] if self.sort and "sort" not in names else kept

    @property
    def beside_query(self) -> list[tuple[str, str]]:
        """The parameters kept by a search."""
        return self.beside("q")

    @property
    def beside_dates(self) -> list[tuple[str, str]]:
        """The parameters kept by a choice of days."""
        return self.beside("when", "since", "until")

    def of_month(self, key: str) -> str:
        """Return the URL of one month ("2026-11") of this view."""
        return address_of({**dict(self.beside_dates), "when": key})

    def next_page(self, cursor: str) -> str:
        """Return the URL of the page after the cursor, "" without one."""
        return self._address(self.asked, before=cursor) if cursor else ""

    def _without(self, *names: str) -> str:
        return address_of(dict(self.beside(*names)))

    def _without_tag(self, tag: str) -> str:
        others = ",".join(one for one in self.wanted.tags if one != tag)
        return self._address({**self.asked, "tag": others}) if others else self._without("tag")

    def _address(self, asked: Mapping[str, str], **more: str) -> str:
        sort = {"sort": self.sort.value} if self.sort else {}
        return address_of({**asked, **sort, **more})


def address_of(asked: Mapping[str, str]) -> str:
    """Return the gallery's URL with these parameters."""
    return f"{reverse('gallery')}?{urlencode(asked)}" if asked else reverse("gallery")


def read(
    query: QueryDict,
    *,
    models: Sequence[ImageModel],
    styles: Sequence[StyleChoice],
    collections: Iterable[Collection],
) -> Filters:
    """Return the filters of the URL; models, styles and collections are the valid choices."""
    given = {
        name: value.replace("\0", "").strip()
        for name, value in query.items()
        if isinstance(value, str)
    }
    asked: dict[str, str] = {}
    labels: dict[str, str] = {}
    wanted: dict[str, Any] = {}

    def take(name: str, value: str, label: str, **fields: Any) -> None:
        asked[name], labels[name] = value, label
        wanted.update(fields)

    if words := " ".join(given.get("q", "").split())[:MAX_QUERY_LENGTH]:
        take("q", words, words, words=words)
    collection = next((one for one in collections if str(one.id) == given.get("collection")), None)
    if collection:
        take("collection", str(collection.id), collection.name, collection=collection)
    if model := next((one for one in models if one.slug == given.get("model")), None):
        take("model", model.slug, model.name, model=model)
    if style := next((one for one in styles if one.slug == given.get("style")), None):
        take("style", style.slug, style.name, style=style.slug)
    if named := days.named(given.get("when", "")):
        since, until, label = named
        take("when", given["when"], label, since=since, until=until)
    elif asked_days := days.between(given.get("since", ""), given.get("until", "")):
        since_asked, until_asked = asked_days
        label = days.label(since_asked, until_asked)
        for name, day in (("since", since_asked), ("until", until_asked)):
            if day:
                take(name, day.isoformat(), label, **{name: day})
    if (shape := given.get("shape", "")) in Orientation.values:
        take("shape", shape, shape_label(shape), shape=shape)
    if longest := _number(given.get("longest", "")):
        take("longest", str(longest), longest_label(longest), longest=longest)
    if (source := given.get("source", "")) in ("yes", "no"):
        label = _("From an image") if source == "yes" else _("From text only")
        take("source", source, label, sourced=source == "yes")
    elif source_id := parse_uuid(source):
        take("source", str(source_id), _("From a specific image"), made_from=source_id)
    if chosen := chosen_tags(query):
        text = ",".join(chosen)
        take("tag", text, text, tags=chosen)
    if given.get("favorite") == "1":
        take("favorite", "1", _("Favorites"), favorite=True)
    return Filters(
        wanted=Wanted(**wanted),
        asked=asked,
        labels=labels,
        is_lost=bool(given.get("collection")) and not collection,
        sort=Sort(sort) if (sort := given.get("sort", "")) in Sort.values else Sort.NEWEST,
    )


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
