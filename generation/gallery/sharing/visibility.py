"""Who can see an image: `Image.visibility` and the link columns, which only this module writes.

`visibility` is "public" only while the image is shown on /explore/; during a review it stays "link"
or "private".
"""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_lazy

from artgen.refusals import Refusal
from generation.models import Collection, Image, PublicationState, Visibility
from generation.owned_rows.link_secrets import new_slug

NO_LINK: dict[str, Any] = {
    "link_slug": None,
    "link_until": None,
    "link_parameters": False,
    "link_name": False,
}
"""The link columns without a link. Its slug is never used again."""


class InTheTrash(Refusal):
    """The image is in the trash. An existing link or publication is suspended."""

    code = "in_the_trash"
    status = 409
    text = gettext_lazy("The image is in the trash. Restore it first.")


def lock(image: Image) -> Image:
    """Return the locked row: link, publications and visibility change together."""
    return Image.objects.select_for_update().get(id=image.id)


def lock_unless_trashed(image: Image) -> Image:
    """Return the locked row; raise InTheTrash."""
    locked = lock(image)
    if locked.trashed_at:
        raise InTheTrash
    return locked


def write(image: Image, **link: object) -> Image:
    """Write the link columns and the resulting `visibility` of a locked row, and return it."""
    for name, value in link.items():
        setattr(image, name, value)
    if image.publications.filter(state=PublicationState.PUBLISHED).exists():
        image.visibility = Visibility.PUBLIC
    else:
        image.visibility = Visibility.LINK if image.link_slug else Visibility.PRIVATE
    image.save(update_fields=["visibility", *link])
    return image


def link_columns(
    owned: Image | Collection,
    *,
    until: datetime | None,
    with_parameters: bool,
    with_name: bool,
    renew: bool = False,
) -> dict[str, Any]:
    """Return the link columns of a new or changed link; a valid one keeps its slug unless `renew`.

    `until` None: no expiration.
    """
    return {
        "link_slug": owned.link_slug if owned.has_link and not renew else new_slug(),
        "link_until": until,
        "link_parameters": with_parameters,
        "link_name": with_name,
    }


def address_of(slug: str, *, route: str = "shared") -> str:
    return f"{settings.PUBLIC_URL}{reverse(route, args=[slug])}"
