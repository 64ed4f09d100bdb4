"""Pictures in justified rows: a page of them by month, or of the trash, or of what is public."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from uuid import UUID

from django.conf import settings
from django.db.models import Q
from django.utils import formats, timezone
from django.utils.translation import ngettext

from artgen import formatting
from artgen.frontend.links import link
from generation.files import storage
from generation.gallery.filters import whole
from generation.models import Image, ImageQuerySet

PAGE = 60
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
    *("trashed_at", "created_at", "job__prompt"),
)
CROP_MAX = (
    0.04  # share of a side that may be lost where the picture's shape is none of the stylesheet's
)


@dataclass(frozen=True)
class Tile:
    """One picture in the grid; `image` was fetched with its job."""

    image: Image

    @property
    def id(self) -> str:
        """The picture's id as text."""
        return str(self.image.id)

    @property
    def prompt(self) -> str:
        """The prompt, cut to what a screen reader should have to say."""
        return short(self.image.job.prompt)

    @property
    def address(self) -> str:
        """The owner's page of the picture."""
        return link("image", self.image.id)

    @cached_property
    def thumbnail_url(self) -> str:
        """A short-lived address of the thumbnail."""
        return storage.url(self.image.thumbnail_key)

    @cached_property
    def ratio(self) -> str:
        """The shape that the stylesheet knows and that comes closest: "16x9"."""
        return formatting.ratio(self.image.width, self.image.height)

    @property
    def is_odd(self) -> bool:
        """Whether no known shape comes close, so that the picture stands whole in a box of another shape."""
        across, _x, along = self.ratio.partition("x")
        known, own = int(across) / int(along), self.image.width / self.image.height
        return max(known / own, own / known) > 1 + CROP_MAX

    @property
    def days_left(self) -> int:
        """Days until a trashed picture is gone for good, 1 on the last of them."""
        trashed_at = self.image.trashed_at or timezone.now()
        left = trashed_at + timedelta(days=settings.TRASH_DAYS) - timezone.now()
        return max(1, -(-left // timedelta(days=1)))

    @property
    def time_left(self) -> str:
        """The same in words: "3 days left"."""
        return ngettext("%(days)s day left", "%(days)s days left", self.days_left) % {
            "days": self.days_left
        }


@dataclass(frozen=True)
class Month:
    """The pictures of one month under one heading; `count` is that of the whole month, None where nobody counted."""

    first_day: date
    count: int | None
    tiles: list[Tile]
    address: str  # of this month alone

    @property
    def key(self) -> str:
        """The month as "2026-11"."""
        return _key(self.first_day)

    @property
    def title(self) -> str:
        """The month as people say it, with the year where it is another one."""
        this_year = self.first_day.year == timezone.localdate().year
        return formats.date_format(self.first_day, "F" if this_year else "F Y")


@dataclass(frozen=True)
class Grid:
    """One page of pictures by month."""

    months: list[Month]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to show."""
        return not self.months


@dataclass(frozen=True)
class Page:
    """One page of pictures; `next` is the cursor of the next page, empty at the end."""

    tiles: list[Tile]
    next: str
    is_first: bool = True

    @property
    def is_all(self) -> bool:
        """Whether there are no other pages."""
        return self.is_first and not self.next

    @cached_property
    def months(self) -> Mapping[date, list[Tile]]:
        """The pictures by the first day of the month they were made in, the newest first."""
        grouped: dict[date, list[Tile]] = {}
        for tile in self.tiles:
            grouped.setdefault(_month(tile.image.created_at), []).append(tile)
        return grouped

    @property
    def cut_months(self) -> set[date]:
        """Those months of a page, newest first, that other pages may go on with: at its two ends."""
        months = list(self.months)
        return {
            *months[: 0 if self.is_first else 1],
            *months[len(months) - 1 if self.next else len(months) :],
        }


def by_month(page: Page, *, counts: Mapping[date, int], address: Callable[[str], str]) -> Grid:
    """Return the page grouped by the month the pictures were made in.

    `counts` are those of whole months, as far as known; `address` returns that of a month
    ("2026-11").
    """
    months = page.months.items()
    return Grid(
        [Month(month, counts.get(month), tiles, address(_key(month))) for month, tiles in months]
    )


def newest(images: ImageQuerySet, *, before: str = "") -> Page:
    """Return a page of the pictures, newest first; `before` is the id of the last one seen, else it is ignored."""
    last = _uuid(before)
    if last:
        images = images.filter(id__lt=last)
    found = list(_of_tiles(whole(images.newest_first()[: PAGE + 1])).newest_first())
    tiles = [Tile(image) for image in found[:PAGE]]
    return Page(
        tiles=tiles,
        next=str(tiles[-1].image.id) if len(found) > PAGE else "",
        is_first=last is None,
    )


def last_trashed(images: ImageQuerySet, *, before: str = "") -> Page:
    """Return a page of trashed pictures, the last one trashed first; `before` is the last page's `next`."""
    if last := _moment_and_uuid(before):
        at, image_id = last
        images = images.filter(Q(trashed_at__lt=at) | Q(id__lt=image_id), trashed_at__lte=at)
    found = list(_of_tiles(images).order_by("-trashed_at", "-id")[: PAGE + 1])
    tiles = [Tile(image) for image in found[:PAGE]]
    if len(found) <= PAGE:
        return Page(tiles=tiles, next="")
    end = tiles[-1].image
    return Page(tiles=tiles, next=f"{end.trashed_at:%Y%m%dT%H%M%S.%f}_{end.id}")


def _of_tiles(images: ImageQuerySet) -> ImageQuerySet:
    """Fetch what tiles show and nothing else."""
    return images.select_related("job").only(*FIELDS)


def short(prompt: str) -> str:
    """Return the prompt cut at ALT_LENGTH characters."""
    return prompt if len(prompt) <= ALT_LENGTH else f"{prompt[: ALT_LENGTH - 1].rstrip()}…"


def _key(month: date) -> str:
    return f"{month:%Y-%m}"


def _month(at: datetime) -> date:
    return timezone.localtime(at).date().replace(day=1)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _moment_and_uuid(text: str) -> tuple[datetime, UUID] | None:
    moment, _underscore, image_id = text.partition("_")
    found = _uuid(image_id)
    try:
        at = datetime.strptime(moment, "%Y%m%dT%H%M%S.%f").replace(tzinfo=UTC)
    except ValueError:
        return None
    return (at, found) if found else None
