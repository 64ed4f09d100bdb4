"""What the gallery's address asks for, read leniently: what cannot be is left out, never an error.

Every view has an address, so each filter is a GET parameter; a chip that is on links to the address
without it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from generation.gallery.filters import MAX_LONGEST_SIDE, Orientation, Wanted
from generation.models import Collection, ImageModel, Style
from generation.views import days

QUERY_LENGTH = 200
LONGEST = (1024, 1536, 2048)  # pixels, offered; any number is understood


@dataclass(frozen=True)
class Chip:
    """One filter that is on: what it says, and the address without it."""

    label: str
    without: str
    icon: str = ""


@dataclass(frozen=True)
class Filters:
    """The filters of one view; `asked` are its parameters as an address has them."""

    wanted: Wanted = field(default_factory=Wanted)
    asked: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    is_lost: bool = False  # a collection was asked for that is not there

    @property
    def on(self) -> bool:
        """Whether anything is left out."""
        return bool(self.asked)

    @property
    def query(self) -> str:
        """The words searched for."""
        return self.asked.get("q", "")

    @property
    def collection(self) -> Collection | None:
        """The collection whose pictures these are."""
        return self.wanted.collection

    @property
    def is_only_favorite(self) -> bool:
        """Whether favorites are asked for and nothing else."""
        return self.asked.keys() == {"favorite"}

    @property
    def is_only_collection(self) -> bool:
        """Whether all of a collection is asked for and nothing else."""
        return self.asked.keys() == {"collection"}

    @property
    def address(self) -> str:
        """The address of this view's first page."""
        return address_of(self.asked)

    @property
    def has_days(self) -> bool:
        """Whether days are asked for."""
        return bool(self.wanted.since or self.wanted.until)

    @property
    def has_source(self) -> bool:
        """Whether it is asked what pictures were made from."""
        return "source" in self.asked

    @property
    def without_query(self) -> str:
        """The address without the words searched for."""
        return self._without("q")

    @property
    def cleared(self) -> str:
        """The address without any filter, in the same collection."""
        return address_of(
            {name: value for name, value in self.asked.items() if name == "collection"}
        )

    @property
    def chips(self) -> list[Chip]:
        """The filters that are on; not the collection, which is a place."""
        chips = {}
        for name in self.asked:
            names = ("since", "until") if name in ("since", "until") else (name,)
            icon = {"favorite": "heart", "q": "search"}.get(name, "")
            chips[names] = Chip(self.labels[name], self._without(*names), icon)
        return [chip for names, chip in chips.items() if names != ("collection",)]

    def beside(self, *names: str) -> list[tuple[str, str]]:
        """Return the parameters that a form keeps which sets these."""
        return [(name, value) for name, value in self.asked.items() if name not in names]

    @property
    def beside_query(self) -> list[tuple[str, str]]:
        """The parameters that a search keeps."""
        return self.beside("q")

    @property
    def beside_dates(self) -> list[tuple[str, str]]:
        """The parameters that a choice of days keeps."""
        return self.beside("when", "since", "until")

    def of_month(self, key: str) -> str:
        """Return the address of one month ("2026-11") of what is asked for."""
        return address_of({**dict(self.beside_dates), "when": key})

    def next_page(self, cursor: str) -> str:
        """Return the address of the page after the cursor, empty without one."""
        return address_of({**self.asked, "before": cursor}) if cursor else ""

    def _without(self, *names: str) -> str:
        return address_of(dict(self.beside(*names)))


def address_of(asked: Mapping[str, str]) -> str:
    """Return the gallery's address with these parameters."""
    return f"{reverse('gallery')}?{urlencode(asked)}" if asked else reverse("gallery")


def read(
    query: QueryDict,
    *,
    models: Sequence[ImageModel],
    styles: Sequence[Style],
    collections: Iterable[Collection],
) -> Filters:
    """Return what the address asks for; models, styles and collections are those that the user can ask for."""
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

    if words := " ".join(given.get("q", "").split())[:QUERY_LENGTH]:
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
    elif source_id := _uuid(source):
        take("source", str(source_id), _("From a specific image"), made_from=source_id)
    if given.get("favorite") == "1":
        take("favorite", "1", _("Favorites"), favorite=True)
    return Filters(
        wanted=Wanted(**wanted),
        asked=asked,
        labels=labels,
        is_lost=bool(given.get("collection")) and not collection,
    )


def shape_label(shape: str) -> str:
    """Return the name of a shape, as a choice."""
    return {
        Orientation.PORTRAIT: pgettext("shape of pictures", "Portrait"),
        Orientation.LANDSCAPE: pgettext("shape of pictures", "Landscape"),
        Orientation.SQUARE: pgettext("shape of pictures", "Square"),
    }[Orientation(shape)]


def longest_label(pixels: int) -> str:
    """Return the name of a size, as a choice: "From 1024 px"."""
    return _("From %(pixels)d px") % {"pixels": pixels}


def _number(text: str) -> int | None:
    if not text.isascii() or not text.isdigit() or len(text) > len(str(MAX_LONGEST_SIDE)):
        return None
    return number if 1 <= (number := int(text)) <= MAX_LONGEST_SIDE else None


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
