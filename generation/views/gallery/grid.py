"""Pages of images in justified rows: by month, of the trash, or of public images."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cached_property
from uuid import UUID

from django.db.models import Q
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from artgen.database.ids import parse_uuid
from generation.models import ImageQuerySet
from generation.views.tiles import Tile, tiles_of

PAGE = 60  # images, or stacks of images
MAX_STACKED = 2 * PAGE  # images in the stacks of a page
FAVORITE_CURSOR = "f-"


@dataclass(frozen=True)
class GridMonth:
    """The images of one month; `count` is that of the whole month, None if not counted."""

    first_day: date | None  # None: the favorites of any month
    count: int | None
    tiles: list[Tile]
    address: str  # of this month alone

    @property
    def key(self) -> str:
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
    months: list[GridMonth]

    @property
    def is_empty(self) -> bool:
        return not self.months


@dataclass(frozen=True)
class GridPage:
    """A page of images; `next` is the cursor of the next page, empty at the end."""

    tiles: list[Tile]
    next: str
    is_first: bool = True
    has_months: bool = True  # in order of creation

    @property
    def is_all(self) -> bool:
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
    page: GridPage,
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
            GridMonth(
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
    first = [GridMonth(None, None, favorites, favorites_address)] if favorites else []
    rest = [GridMonth(month, None, tiles, address(_key(month))) for month, tiles in others.items()]
    return Grid([*first, *rest])


def _stacked(tiles: Sequence[Tile]) -> list[Tile]:
    """Return the tiles with those of a run side by side; the first stands for the others."""
    runs: dict[UUID | None, list[Tile]] = {}
    for tile in tiles:
        runs.setdefault(tile.run_id, []).append(tile)
    return [tile for run in runs.values() for tile in _stack(run)]


def _stack(run: list[Tile]) -> list[Tile]:
    if len(run) == 1:
        return run
    first, *others = run
    return [
        replace(first, stack_size=len(run)),
        *(replace(tile, is_behind=True) for tile in others),
    ]


def newest(images: ImageQuerySet, *, before: str = "", stacked: bool = False) -> GridPage:
    """Return a page of images, newest first; `before` is the last id seen, else ignored.

    `stacked`: the page has PAGE runs, and no more than MAX_STACKED images.
    """
    last = parse_uuid(before)
    if last:
        images = images.filter(id__lt=last)
    tiles = _tiles(images.newest_first(), stacked=stacked)
    return _page(tiles, is_first=last is None, stacked=stacked)


def oldest(images: ImageQuerySet, *, before: str = "", stacked: bool = False) -> GridPage:
    """Return a page of images, oldest first; the parameters are those of `newest`."""
    last = parse_uuid(before)
    if last:
        images = images.filter(id__gt=last)
    tiles = _tiles(images.order_by("id"), stacked=stacked)
    return _page(tiles, is_first=last is None, stacked=stacked)


def favorites_first(images: ImageQuerySet, *, before: str = "") -> GridPage:
    """Return a page of images: favorites, then the others, both newest first.

    `before` is the last id seen, with the prefix FAVORITE_CURSOR if it is a favorite's. Each group
    is a range of an index, so the page takes at most one query more than another order.
    """
    is_favorite = before.startswith(FAVORITE_CURSOR)
    last = parse_uuid(before.removeprefix(FAVORITE_CURSOR))
    tiles: list[Tile] = []
    if last is None or is_favorite:
        favorites = images.filter(favorite=True)
        favorites = favorites.filter(id__lt=last) if last else favorites
        tiles = _tiles(favorites.newest_first())
    if len(tiles) <= PAGE:
        others = images.filter(favorite=False)
        others = others.filter(id__lt=last) if last and not is_favorite else others
        tiles += _tiles(others.newest_first())
    page = _page(tiles, is_first=last is None, stacked=False)
    prefix = FAVORITE_CURSOR if page.next and page.tiles[-1].image.favorite else ""
    return replace(page, next=f"{prefix}{page.next}" if page.next else "", has_months=False)


def _tiles(images: ImageQuerySet, *, stacked: bool = False) -> list[Tile]:
    """Return the first images of the sorted list, one more than a page can have."""
    limit = (MAX_STACKED if stacked else PAGE) + 1
    order = "image.id DESC" if images.query.order_by == ("-id",) else "image.id"
    return tiles_of(images[:limit], order=order)


def _page(read: Sequence[Tile], *, is_first: bool, stacked: bool) -> GridPage:
    tiles, runs = [], set[UUID | None]()
    for tile in read[: MAX_STACKED if stacked else PAGE]:
        runs.add(tile.run_id)
        if stacked and len(runs) > PAGE:
            break
        tiles.append(tile)
    has_more = len(read) > len(tiles)
    return GridPage(
        tiles=tiles, next=str(tiles[-1].image.id) if has_more else "", is_first=is_first
    )


def last_trashed(images: ImageQuerySet, *, before: str = "") -> GridPage:
    """Return a page of trashed images, latest first; `before` is a page's `next`."""
    if last := _moment_and_uuid(before):
        at, image_id = last
        images = images.filter(Q(trashed_at__lt=at) | Q(id__lt=image_id), trashed_at__lte=at)
    latest = images.order_by("-trashed_at", "-id")[: PAGE + 1]
    trashed = tiles_of(latest, order="image.trashed_at DESC, image.id DESC")
    tiles = trashed[:PAGE]
    if len(trashed) <= PAGE:
        return GridPage(tiles=tiles, next="")
    end = tiles[-1].image
    return GridPage(tiles=tiles, next=f"{end.trashed_at:%Y%m%dT%H%M%S.%f}_{end.id}")


def _by_month(tiles: Iterable[Tile]) -> dict[date, list[Tile]]:
    grouped: dict[date, list[Tile]] = {}
    for tile in tiles:
        grouped.setdefault(_month(tile.image.created_at), []).append(tile)
    return grouped


def _key(month: date) -> str:
    return f"{month:%Y-%m}"


def _month(at: datetime) -> date:
    return timezone.localtime(at).date().replace(day=1)


def _moment_and_uuid(text: str) -> tuple[datetime, UUID] | None:
    moment, _separator, id_text = text.partition("_")
    image_id = parse_uuid(id_text)
    try:
        at = datetime.strptime(moment, "%Y%m%dT%H%M%S.%f").replace(tzinfo=UTC)
    except ValueError:
        return None
    return (at, image_id) if image_id else None
