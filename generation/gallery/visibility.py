"""Who can see an image: `Image.visibility` and the link columns, which only this module writes.

`visibility` is "public" only while the image is shown on /explore/; during a review it stays "link"
or "private".
"""

import secrets

from django.utils.translation import gettext_lazy

from artgen.refusals import Refusal
from generation.models import Image, PublicationState, Visibility

SLUG_BYTES = 18  # 144 random bits, which cannot be guessed


class InTheTrash(Refusal):
    """The image is in the trash. An existing link or publication is suspended."""

    code = "in_the_trash"
    status = 409
    text = gettext_lazy("The image is in the trash. Restore it first.")


def locked(image: Image) -> Image:
    """Return the locked row: link, publications and visibility change together."""
    return Image.objects.select_for_update().get(id=image.id)


def locked_unless_trashed(image: Image) -> Image:
    """Return the locked row; raise InTheTrash."""
    found = locked(image)
    if found.trashed_at:
        raise InTheTrash
    return found


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


def new_slug() -> str:
    return secrets.token_urlsafe(SLUG_BYTES)
