"""Sharing of images by a secret link, and what people see of a shared image."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from generation.gallery.sharing import publications, visibility
from generation.models import Image, Publication

LINK_DAYS = (1, 7, 30)  # lifetimes of a link; None: no expiration


@dataclass(frozen=True)
class Shared:
    image: Image
    slug: str
    with_parameters: bool
    author: str  # "" if the owner does not show a name
    until: datetime | None
    publication: Publication | None  # None: shared by link


def find(slug: str) -> Shared | None:
    """Return the shared image, None if unknown, expired, turned off, trashed or hidden."""
    link = (
        Image.objects.kept()
        .filter(link_slug=slug, user__is_active=True)
        .with_origin()
        .select_related("user")
        .first()
    )
    if link is not None:
        # A saved copy is somebody else's work.
        name = link.user.name if link.link_name and not link.is_saved else ""
        shared = Shared(
            link,
            slug,
            with_parameters=link.link_parameters and link.has_parameters,
            author=name,
            until=link.link_until,
            publication=None,
        )
        return shared if link.has_link else None
    publication = Publication.objects.shown().filter(slug=slug).first()
    return as_shared(publication) if publication else None


def as_shared(publication: Publication) -> Shared:
    """Return the shared image of a publication that was fetched with `shown`."""
    return Shared(
        image=publication.image,
        slug=publication.slug,
        with_parameters=publication.with_parameters,
        author=publication.image.user.name if publication.with_name else "",
        until=None,
        publication=publication,
    )


def share_by_link(image: Image, **link: Any) -> Image:
    """Create or change the link, as `visibility.link_columns` says. Raise InTheTrash."""
    with transaction.atomic():
        locked = visibility.lock_unless_trashed(image)
        return visibility.write(locked, **visibility.link_columns(locked, **link))


def stop_link(image: Image) -> Image:
    with transaction.atomic():
        return visibility.write(visibility.lock(image), **visibility.NO_LINK)


def keep_to_link(image: Image) -> Image:
    """Share the image by link only; without a link, create one that shows nothing else.

    Open publications are withdrawn. Raise InTheTrash.
    """
    with transaction.atomic():
        locked = visibility.lock_unless_trashed(image)
        publications.end_open(locked)
        if locked.has_link:
            return visibility.write(locked)
        link = visibility.link_columns(locked, until=None, with_parameters=False, with_name=False)
        return visibility.write(locked, **link)


def make_private(image: Image) -> Image:
    with transaction.atomic():
        locked = visibility.lock(image)
        publications.end_open(locked)
        return visibility.write(locked, **visibility.NO_LINK)


def until(*, days: int | None) -> datetime | None:
    """Return when a link created now with this lifetime expires; None for none."""
    return None if days is None else timezone.now() + timedelta(days=days)
