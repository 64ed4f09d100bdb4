"""The user's images among some ids: read them in batches, change their rows."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from django.db import connection, transaction

from accounts.models import User
from generation.models import Collection, CollectionImage, Image, ImageQuerySet

READ_BATCH = 100


def ids_of(*, user: User, ids: Sequence[UUID]) -> list[UUID]:
    """Return those of `ids` that are the user's images, trashed ones included, newest first."""
    images = Image.objects.of(user).present().filter(id__in=ids).newest_first()
    return list(images.values_list("id", flat=True))


def ids_outside(*, user: User, ids: Sequence[UUID], collection: Collection) -> list[UUID]:
    """Return those of `ids` that are the user's images and not in the collection."""
    members = CollectionImage.objects.filter(collection=collection, image_id__in=ids).values(
        "image_id"
    )
    images = (
        Image.objects.of(user).present().filter(id__in=ids).exclude(id__in=members).newest_first()
    )
    return list(images.values_list("id", flat=True))


def each(*, user: User, ids: Sequence[UUID]) -> Iterator[Image]:
    """Yield the user's images among `ids` in that order, with their origins, in batches.

    No database connection is held between the queries, so a slow consumer is fine.
    """
    for start in range(0, len(ids), READ_BATCH):
        batch = ids[start : start + READ_BATCH]
        images_by_id = Image.objects.of(user).present().with_origin().in_bulk(batch)
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()
        yield from (images_by_id[image_id] for image_id in batch if image_id in images_by_id)


def update(image: Image, **fields: object) -> Image:
    Image.objects.filter(id=image.id).update(**fields)
    for name, value in fields.items():
        setattr(image, name, value)
    return image


def update_these(images: ImageQuerySet, ids: Sequence[UUID], **fields: object) -> list[UUID]:
    """Write these fields of the images with these ids; return the ids of those that are there."""
    # Locked in one order, so that concurrent requests for the same images cannot deadlock.
    with transaction.atomic():
        rows = images.filter(id__in=ids).select_for_update().order_by("id")
        changed = list(rows.values_list("id", flat=True))
        Image.objects.filter(id__in=changed).update(**fields)
    return changed
