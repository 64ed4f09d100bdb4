"""Tiles: how lists show an image."""

import math
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from uuid import UUID

from django.conf import settings
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from artgen.frontend.links import link
from generation.files import storage
from generation.imaging import aspect_ratio
from generation.models import Image, ImageQuerySet

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
MAX_CROP = 0.04  # share of a side that may be cropped to fit a ratio of the stylesheet


def data_ratio(width: int, height: int) -> str:
    return aspect_ratio.nearest(width, height, ratios=STYLESHEET_RATIOS).replace(":", "x")


@dataclass(frozen=True)
class Tile:
    image: Image
    run_id: UUID | None = None  # of the run that made it; of a saved copy its own id
    whole_prompt: str | None = None  # None: the image was fetched with what has its prompt
    stack_size: int = 0  # images of its stack, which it stands for; 0: of none
    is_behind: bool = False  # another image stands for its stack

    @property
    def id(self) -> str:
        return str(self.image.id)

    @property
    def prompt(self) -> str:
        """The prompt, truncated for screen readers."""
        whole = self.image.prompt if self.whole_prompt is None else self.whole_prompt
        return short(whole) or _("Saved image")

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


def fields_of_tiles(images: ImageQuerySet) -> ImageQuerySet:
    """Fetch only what tiles need: of the job, or of what a saved copy is of, two values."""
    return images.only(*FIELDS).annotate(
        whole_prompt=Coalesce("job__prompt", "saved__prompt"),
        run_id=Coalesce("job__batch", "job_id", "id"),
    )


def tile_of(image: Image) -> Tile:
    """Return the tile of an image that was fetched by `fields_of_tiles`."""
    annotations = vars(image)
    return Tile(image, run_id=annotations["run_id"], whole_prompt=annotations["whole_prompt"])


def short(prompt: str) -> str:
    return prompt if len(prompt) <= ALT_LENGTH else f"{prompt[: ALT_LENGTH - 1].rstrip()}…"
