"""Actions on images: favorite, trash, restore, purge."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import User
from generation.files import storage
from generation.models import Collection, CollectionImage, Image, ImageQuerySet

PURGE_BATCH = 500
READ_BATCH = 100


def set_favorite(image: Image, *, favorite: bool) -> Image:
    return _updated(image, favorite=favorite)


def trash(image: Image) -> Image:
    """Move the image to the trash; a trashed image keeps its date."""
    return image if image.trashed_at else _updated(image, trashed_at=timezone.now())


def restore(image: Image) -> Image:
    return _updated(image, trashed_at=None)


def favorite_these(*, user: User, ids: Sequence[UUID], favorite: bool) -> list[UUID]:
    """Mark or unmark the user's untrashed images among `ids`; return those that changed."""
    return _changed(
        Image.objects.of(user).kept().exclude(favorite=favorite), ids, favorite=favorite
    )


def trash_these(*, user: User, ids: Sequence[UUID]) -> list[UUID]:
    """Move the user's images among `ids` to the trash; return those that were moved."""
    return _changed(Image.objects.of(user).kept(), ids, trashed_at=timezone.now())


def restore_these(*, user: User, ids: Sequence[UUID]) -> list[UUID]:
    """Restore the user's images among `ids` from the trash; return those that were there."""
    return _changed(Image.objects.of(user).trashed().present(), ids, trashed_at=None)


def end_these(*, user: User, ids: Sequence[UUID]) -> list[UUID]:
    """Delete permanently the user's trashed images among `ids`, as `empty_trash`; return them."""
    return _changed(Image.objects.of(user).trashed().present(), ids, trashed_at=_ended())


def own(*, user: User, ids: Sequence[UUID]) -> list[UUID]:
    """Return those of `ids` that are the user's images, trashed ones included, newest first."""
    found = Image.objects.of(user).present().filter(id__in=ids).newest_first()
    return list(found.values_list("id", flat=True))


def outside(*, user: User, ids: Sequence[UUID], collection: Collection) -> list[UUID]:
    """Return those of `ids` that are the user's images and not in the collection."""
    members = CollectionImage.objects.filter(collection=collection, image_id__in=ids).values(
        "image_id"
    )
    found = (
        Image.objects.of(user).present().filter(id__in=ids).exclude(id__in=members).newest_first()
    )
    return list(found.values_list("id", flat=True))


def each(*, user: User, ids: Sequence[UUID]) -> Iterator[Image]:
    """Yield the user's images among `ids` in that order, with their origins, in batches.

    No database connection is held between the queries, so a slow consumer is fine.
    """
    for start in range(0, len(ids), READ_BATCH):
        some = ids[start : start + READ_BATCH]
        found = Image.objects.of(user).present().with_origin().in_bulk(some)
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()
        yield from (found[image_id] for image_id in some if image_id in found)


def restore_all(user: User) -> int:
    """Restore all of the user's images from the trash; return how many."""
    return Image.objects.of(user).trashed().present().update(trashed_at=None)


def empty_trash(user: User) -> int:
    """Delete the user's trashed images permanently and return how many.

    Files can take minutes to remove, so this backdates `trashed_at` for the next hourly cleanup.
    """
    return Image.objects.of(user).trashed().present().update(trashed_at=_ended())


def purge(
    *, trashed_before: datetime, advance: Callable[[int], object] = lambda count: None
) -> int:
    """Delete permanently images trashed before then, files first; return how many.

    Calls `advance` with the number of images after each batch.
    """
    return _purge(
        Image.objects.trashed().filter(trashed_at__lt=trashed_before).order_by("trashed_at", "id"),
        advance,
    )


def purge_all(user: User) -> int:
    """Delete permanently all images of the user, files first; return how many."""
    return _purge(Image.objects.of(user).order_by("id"))


def _purge(expired: ImageQuerySet, advance: Callable[[int], object] = lambda count: None) -> int:
    count = 0
    while images := list(expired[:PURGE_BATCH]):
        storage.delete_these([key for image in images for key in image.keys])
        for image in images:
            # Only if its files have not been renamed meanwhile; otherwise it is found again.
            _deleted, by_model = Image.objects.filter(id=image.id, key=image.key).delete()
            count += by_model.get(Image._meta.label, 0)
        advance(len(images))
    return count


def _changed(images: ImageQuerySet, ids: Sequence[UUID], **fields: object) -> list[UUID]:
    # Locked in one order, so that concurrent requests for the same images cannot deadlock.
    with transaction.atomic():
        found = images.filter(id__in=ids).select_for_update().order_by("id")
        changed = list(found.values_list("id", flat=True))
        Image.objects.filter(id__in=changed).update(**fields)
    return changed


def _ended() -> datetime:
    return timezone.now() - timedelta(days=settings.TRASH_DAYS, seconds=1)


def _updated(image: Image, **fields: object) -> Image:
    Image.objects.filter(id=image.id).update(**fields)
    for name, value in fields.items():
        setattr(image, name, value)
    return image
