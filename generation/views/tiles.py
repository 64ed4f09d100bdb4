"""Tiles: how lists show an image."""

import math
from collections import namedtuple
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Protocol
from uuid import UUID

from django.conf import settings
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from artgen.frontend.links import link
from generation.files import storage
from generation.imaging import aspect_ratio
from generation.models import ImageQuerySet
from generation.studio.forms import draft_images

ALT_LENGTH = 120


class TileImage(Protocol):
    """What pages show of an image: an object of its model, or a row without its costs."""

    id: UUID
    user_id: UUID
    thumbnail_key: str
    large_key: str
    placeholder: str
    width: int
    height: int
    bytes: int
    favorite: bool
    trashed_at: datetime | None
    created_at: datetime

    @property
    def prompt(self) -> str: ...


FIELDS = tuple(TileImage.__annotations__)
"""Those that are columns of the image."""
OF_DRAFTS = ("draft", "scale", "mask", "erase", "outpaint")
"""Columns of the job by which an image is a draft."""
COLUMNS = (*FIELDS, "prompt", "run_id", "has_parameters", *OF_DRAFTS)
as_row: Any = namedtuple("ImageRow", COLUMNS)._make  # type: ignore[attr-defined]
"""`run_id`: of the run that made it; of a saved copy its own id."""
# The list itself is read from an index. The ORM needs three times as long for the same query.
ROWS = f"""
SELECT
    {", ".join(f"image.{name}" for name in FIELDS)},
    COALESCE(job.prompt, saved.prompt, ''),
    COALESCE(job.batch, image.job_id, image.id),
    image.job_id IS NOT NULL OR saved.parameters IS NOT NULL,
    {", ".join(f"job.{name}" for name in OF_DRAFTS)}
FROM generation_image AS image
LEFT JOIN generation_job AS job ON job.id = image.job_id
LEFT JOIN generation_savedimage AS saved ON saved.image_id = image.id
WHERE image.id IN ({{images}})
ORDER BY {{order}}
"""  # noqa: S608 constants
STYLESHEET_RATIOS = (
    *("9:21", "9:16", "2:3", "5:7", "3:4", "4:5", "1:1"),
    *("5:4", "4:3", "7:5", "3:2", "16:9", "21:9"),
)
"""The aspect ratios that the stylesheet knows (`data-ratio`)."""
MAX_CROP = 0.04  # share of a side that may be cropped to fit a ratio of the stylesheet


def data_ratio(width: int, height: int) -> str:
    return aspect_ratio.nearest(width, height, ratios=STYLESHEET_RATIOS).replace(":", "x")


@dataclass(frozen=True)
class Tile:
    image: TileImage
    run_id: UUID | None = None  # of a row of `tiles_of`
    stack_size: int = 0  # images of its stack, which it stands for; 0: of none
    is_behind: bool = False  # another image stands for its stack
    is_draft: bool = False  # known of a row of `tiles_of`

    @property
    def id(self) -> str:
        return str(self.image.id)

    @property
    def prompt(self) -> str:
        """The prompt, truncated for screen readers."""
        return short(self.image.prompt) or _("Saved image")

    @property
    def address(self) -> str:
        return link("image", self.image.id)

    @cached_property
    def thumbnail_url(self) -> str:
        return storage.url(self.image.thumbnail_key)

    @cached_property
    def ratio(self) -> str:
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


def tiles_of(images: ImageQuerySet, *, order: str = "image.id") -> list[Tile]:
    """Return the tiles of these images, sorted by this SQL, in one query."""
    try:
        sql, values = images.values("id").query.sql_with_params()
    except EmptyResultSet:
        return []
    with connection.cursor() as cursor:
        cursor.execute(ROWS.format(images=sql, order=order), values)
        rows = list(map(as_row, cursor.fetchall()))
    return [Tile(row, run_id=row.run_id, is_draft=_is_draft(row)) for row in rows]


def _is_draft(row: Any) -> bool:
    is_drafted = draft_images.is_drafted(row, width=row.width, height=row.height)
    return is_drafted and bool(row.has_parameters)


def short(prompt: str) -> str:
    return prompt if len(prompt) <= ALT_LENGTH else f"{prompt[: ALT_LENGTH - 1].rstrip()}…"
