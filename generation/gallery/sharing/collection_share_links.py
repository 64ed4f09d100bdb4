"""Sharing of collections by a secret link, as `share_links` shares single images.

Only this module writes the link columns of `Collection`.
"""

from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from generation.gallery.sharing import visibility
from generation.gallery.sharing.publications import STOPPED
from generation.gallery.sharing.share_links import Shared
from generation.models import Collection, CollectionImage, Publication, PublicationState
from generation.owned_rows import named_rows

MAX_ID = 2**63 - 1  # of a member: a bigint


@dataclass(frozen=True)
class SharedCollection:
    collection: Collection
    author: str  # "" if the owner does not show a name

    @property
    def with_parameters(self) -> bool:
        return self.collection.link_parameters


def find(slug: str) -> SharedCollection | None:
    """Return the shared collection, None if unknown, expired, turned off or deleted."""
    rows = Collection.objects.present().filter(link_slug=slug, user__is_active=True)
    collection = rows.select_related("user").first()
    if collection is None or not collection.has_link:
        return None
    return SharedCollection(collection, author=collection.user.name if collection.link_name else "")


def members(shared: SharedCollection) -> QuerySet[CollectionImage]:
    """Return what others see of it, added last first, with images, jobs and models.

    Left out are images in the trash, and those that moderators, rules or reports keep from Explore.
    """
    of_image = Publication.objects.filter(image=OuterRef("image"))
    published = of_image.filter(state=PublicationState.PUBLISHED)
    return (
        CollectionImage.objects.filter(
            ~Exists(of_image.filter(state__in=STOPPED)) | Exists(published),
            collection=shared.collection,
            image__user=shared.collection.user_id,
            image__trashed_at__isnull=True,
        )
        .select_related("image__job", "image__saved__author", "image__model")
        .order_by("-id")
    )


def item(shared: SharedCollection, member_id: int) -> Shared | None:
    """Return one image of a shared collection, None if others do not see it."""
    if member_id > MAX_ID:
        return None
    member = members(shared).filter(id=member_id).first()
    return as_shared(shared, member) if member else None


def beside(shared: SharedCollection, member_id: int) -> tuple[int | None, int | None]:
    """Return the ids of the members before and after this one in the order of `members`."""
    others = members(shared).values_list("id", flat=True)
    before = others.filter(id__gt=member_id).order_by("id").first()
    return before, others.filter(id__lt=member_id).first()


def find_item(slug: str, member_id: int) -> Shared | None:
    """Return one image of the collection shared under this secret, None as `find` and `item`."""
    shared = find(slug)
    return item(shared, member_id) if shared else None


def as_shared(shared: SharedCollection, member: CollectionImage) -> Shared:
    """Return a member that was fetched with `members`."""
    return Shared(
        image=member.image,
        slug=shared.collection.link_slug or "",
        with_parameters=shared.with_parameters and member.image.has_parameters,
        author="" if member.image.is_saved else shared.author,
        until=shared.collection.link_until,
        publication=None,
    )


def share(collection: Collection, **link: Any) -> Collection:
    """Create or change the link, as `visibility.link_columns` says."""
    return named_rows.store(collection, **visibility.link_columns(collection, **link))


def stop(collection: Collection) -> Collection:
    return named_rows.store(collection, **visibility.NO_LINK)
