"""Images in justified rows: a page by month, of the trash, or of public images."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from artgen.frontend.links import link
from artgen.ids import parse_uuid
from generation.files import storage
from generation.gallery.filters import whole
from generation.models import Image, ImageQuerySet
from generation.runpod import aspect_ratio

PAGE = 60  # images, or stacks of images
MAX_STACKED = 2 * PAGE  # images in the stacks of a page
ALT_LENGTH = 120
FIELDS = (
    *(
        "user_id",
        "thumbnail_key",
        "large_key",
        "placeholder",
        "width",
        "height",
        "bytes",
        "favorite",
    ),
    *("trashed_at", "created_at"),
)
STYLESHEET_RATIOS = (
    *("9:21", "9:16", "2:3", "5:7", "3:4", "4:5", "1:1"),
    *("5:4", "4:3", "7:5", "3:2", "16:9", "21:9"),
)
"""The aspect ratios that the stylesheet knows (`data-ratio`)."""
FAVORITE_CURSOR = "f-"
MAX_CROP = 0.04  # share of a side that may be cropped to fit a ratio of the stylesheet


def data_ratio(width: int, height: int) -> str:
    """Return the closest aspect ratio of the stylesheet: "16x9"."""
    return aspect_ratio.nearest(width, height, ratios=STYLESHEET_RATIOS).replace(":", "x")


@dataclass(frozen=True)
class Tile:
    """An image in the grid."""

    image: Image
    run_id: UUID | None = None  # of the run that made it; of a saved copy its own id
    whole_prompt: str | None = None  # None: the image was fetched with what has its prompt
    stack_size: int = 0  # images of its stack, which it stands for; 0: of none
    is_behind: bool = False  # another image stands for its stack

    @property
    def id(self) -> str:
        """The image's id as text."""
        return str(self.image.id)

    @property
    def prompt(self) -> str:
        """The prompt, truncated for screen readers."""
        whole = self.image.prompt if self.whole_prompt is None else self.whole_prompt
        return short(whole) or _("Saved image")

    @property
    def address(self) -> str:
        """The URL of the owner's image page."""
        return link("image", self.image.id)

    @cached_property
    def thumbnail_url(self) -> str:
        """A short-lived URL of the thumbnail."""
        return storage.url(self.image.thumbnail_key)

    @cached_property
    def ratio(self) -> str:
        """The closest aspect ratio of the stylesheet: "16x9"."""
        return data_ratio(self.image.width, self.image.height)

    @property
    def is_odd(self) -> bool:
        """Whether no known ratio is close, so that the image is shown whole in its box."""
        width, height = self.image.width, self.image.height
        known = aspect_ratio.nearest(width, height, ratios=STYLESHEET_RATIOS)
        return aspect_ratio.distance(known, width=width, height=height) > math.log(1 + MAX_CROP)

    @property
    def days_left(self) -> int:
        """Days until a trashed image is deleted, 1 on the last day."""
        trashed_at = self.image.trashed_at or timezone.now()
        left = trashed_at + timedelta(days=settings.TRASH_DAYS) - timezone.now()
        return max(1, -(-left // timedelta(days=1)))

    @property
    def time_left(self) -> str:
        """The text "3 days left"."""
        return ngettext("%(days)s day left", "%(days)s days left", self.days_left) % {
            "days": self.days_left
        }


@dataclass(frozen=True)
class Month:
    """The images of one month; `count` is that of the whole month, None if not counted."""

    first_day: date | None  # None: the favorites of any month
    count: int | None
    tiles: list[Tile]
    address: str  # of this month alone

    @property
    def key(self) -> str:
        """The month as "2026-11", or "favorites"."""
        return _key(self.first_day) if self.first_day else "favorites"

    @property
    def title(self) -> str:
        """The name of the month, with the year unless it is the current one."""
        if self.first_day is None:
            return _("Favorites")
        this_year = self.first_day.year == timezone.localdate().year
        return formats.date_format(self.first_day, "F" if this_year else "F Y")


@dataclass(frozen=True)
class Grid:
    """A page of images by month."""

    months: list[Month]

    @property
    def is_empty(self) -> bool:
        """Whether there are no images."""
        return not self.months


@dataclass(frozen=True)
class Page:
    """A page of images; `next` is the cursor of the next page, empty at the end."""

    tiles: list[Tile]
    next: str
    is_first: bool = True
    has_months: bool = True  # in order of creation

    @property
    def is_all(self) -> bool:
        """Whether it is the only page."""
        return self.is_first and not self.next

    @cached_property
    def months(self) -> Mapping[date, list[Tile]]:
        """The images by the first day of their month, in the order of the page."""
        return _by_month(self.tiles)

    @property
    def cut_months(self) -> set[date]:
        """The months at both ends that may continue on other pages."""
        if not self.has_months:
            return set()
        months = list(self.months)
        return {
            *months[: 0 if self.is_first else 1],
            *months[len(months) - 1 if self.next else len(months) :],
        }


def by_month(
    page: Page,
    *,
    counts: Mapping[date, int],
    address: Callable[[str], str],
    favorites_address: str = "",
    stacked: bool = False,
) -> Grid:
    """Return the page grouped by month of creation.

    `counts` has known counts of whole months; `address` returns the URL of a month ("2026-11").
    If the page has no months, its favorites are a group before them, with that URL.
    `stacked`: the images of a run are one stack in each month.
    """
    if page.has_months:
        months = [
            Month(
                month,
                counts.get(month),
                _stacked(tiles) if stacked else tiles,
                address(_key(month)),
            )
            for month, tiles in page.months.items()
        ]
        return Grid(months)
    favorites = [tile for tile in page.tiles if tile.image.favorite]
    others = _by_month(tile for tile in page.tiles if not tile.image.favorite)
    first = [Month(None, None, favorites, favorites_address)] if favorites else []
    rest = [Month(month, None, tiles, address(_key(month))) for month, tiles in others.items()]
    return Grid([*first, *rest])


def _stacked(tiles: Sequence[Tile]) -> list[Tile]:
    """Return the tiles with those of a run side by side; the first stands for the others."""
    runs: dict[UUID | None, list[Tile]] = {}
    for tile in tiles:
        runs.setdefault(tile.run_id, []).append(tile)
    return [
        replace(tile, stack_size=len(run) if not index else 0, is_behind=index > 0)
        if len(run) > 1
        else tile
        for run in runs.values()
        for index, tile in enumerate(run)
    ]


def newest(images: ImageQuerySet, *, before: str = "", stacked: bool = False) -> Page:
    """Return a page of images, newest first; `before` is the last id seen, else ignored.

    `stacked`: the page has PAGE runs, and no more than MAX_STACKED images.
    """
    last = parse_uuid(before)
    if last:
        images = images.filter(id__lt=last)
    found = _tiles(images.newest_first(), stacked=stacked)
    return _page(found, is_first=last is None, stacked=stacked)


def oldest(images: ImageQuerySet, *, before: str = "", stacked: bool = False) -> Page:
    """Return a page of images, oldest first; the parameters are those of `newest`."""
    last = parse_uuid(before)
    if last:
        images = images.filter(id__gt=last)
    found = _tiles(images.order_by("id"), stacked=stacked)
    return _page(found, is_first=last is None, stacked=stacked)


def favorites_first(images: ImageQuerySet, *, before: str = "") -> Page:
    """Return a page of images: favorites, then the others, both newest first.

    `before` is the last id seen, with the prefix FAVORITE_CURSOR if it is a favorite's. Each group
    is a range of an index, so the page takes at most one query more than another order.
    """
    is_favorite = before.startswith(FAVORITE_CURSOR)
    last = parse_uuid(before.removeprefix(FAVORITE_CURSOR))
    found: list[Tile] = []
    if last is None or is_favorite:
        favorites = images.filter(favorite=True)
        favorites = favorites.filter(id__lt=last) if last else favorites
        found = _tiles(favorites.newest_first())
    if len(found) <= PAGE:
        others = images.filter(favorite=False)
        others = others.filter(id__lt=last) if last and not is_favorite else others
        found += _tiles(others.newest_first())
    page = _page(found, is_first=last is None, stacked=False)
    prefix = FAVORITE_CURSOR if page.next and page.tiles[-1].image.favorite else ""
    return replace(page, next=f"{prefix}{page.next}" if page.next else "", has_months=False)


def _tiles(images: ImageQuerySet, *, stacked: bool = False) -> list[Tile]:
    """Return the first images of the sorted list, one more than a page can have."""
    limit = (MAX_STACKED if stacked else PAGE) + 1
    found = {image.id: image for image in _of_tiles(whole(images[:limit]))}
    ids = sorted(found, reverse=images.query.order_by == ("-id",))
    return [_tile(found[image_id]) for image_id in ids]


def _page(found: Sequence[Tile], *, is_first: bool, stacked: bool) -> Page:
    tiles, runs = [], set[UUID | None]()
    for tile in found[: MAX_STACKED if stacked else PAGE]:
        runs.add(tile.run_id)
        if stacked and len(runs) > PAGE:
            break
        tiles.append(tile)
    has_more = len(found) > len(tiles)
    return Page(tiles=tiles, next=str(tiles[-1].image.id) if has_more else "", is_first=is_first)


def last_trashed(images: ImageQuerySet, *, before: str = "") -> Page:
    """Return a page of trashed images, latest first; `before` is a page's `next`."""
    if last := _moment_and_uuid(before):
        at, image_id = last
        images = images.filter(Q(trashed_at__lt=at) | Q(id__lt=image_id), trashed_at__lte=at)
    found = list(_of_tiles(images).order_by("-trashed_at", "-id")[: PAGE + 1])
    tiles = [_tile(image) for image in found[:PAGE]]
    if len(found) <= PAGE:
        return Page(tiles=tiles, next="")
    end = tiles[-1].image
    return Page(tiles=tiles, next=f"{end.trashed_at:%Y%m%dT%H%M%S.%f}_{end.id}")


def _by_month(tiles: Iterable[Tile]) -> dict[date, list[Tile]]:
    grouped: dict[date, list[Tile]] = {}
    for tile in tiles:
        grouped.setdefault(_month(tile.image.created_at), []).append(tile)
    return grouped


def _of_tiles(images: ImageQuerySet) -> ImageQuerySet:
    """Fetch only what tiles need: of the job, or of what a saved copy is of, two values."""
    return images.only(*FIELDS).annotate(
        whole_prompt=Coalesce("job__prompt", "saved__prompt"),
        run_id=Coalesce("job__batch", "job_id", "id"),
    )


def _tile(image: Any) -> Tile:
    return Tile(image, run_id=image.run_id, whole_prompt=image.whole_prompt)


def short(prompt: str) -> str:
    """Return the prompt truncated to ALT_LENGTH characters."""
    return prompt if len(prompt) <= ALT_LENGTH else f"{prompt[: ALT_LENGTH - 1].rstrip()}…"


def _key(month: date) -> str:
    return f"{month:%Y-%m}"


def _month(at: datetime) -> date:
    return timezone.localtime(at).date().replace(day=1)


def _moment_and_uuid(text: str) -> tuple[datetime, UUID] | None:
    moment, _separator, image_id = text.partition("_")
    found = parse_uuid(image_id)
    try:
        at = datetime.strptime(moment, "%Y%m%dT%H%M%S.%f").replace(tzinfo=UTC)
    except ValueError:
        return None
    return (at, found) if found else None
