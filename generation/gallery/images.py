"""What happens to a picture after its birth: favorite, trash, restore, the end."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import User
from generation.files import storage
from generation.models import Collection as Pile
from generation.models import CollectionImage, Image, ImageQuerySet

PURGE_AT_ONCE = 500
READ_AT_ONCE = 100


def set_favorite(image: Image, *, favorite: bool) -> Image:
    """Mark or unmark the picture as a favorite."""
    return _updated(image, favorite=favorite)


def trash(image: Image) -> Image:
    """Move the picture to the trash; trashing it again keeps the first date."""
    return image if image.trashed_at else _updated(image, trashed_at=timezone.now())


def restore(image: Image) -> Image:
    """Take the picture out of the trash."""
    return _updated(image, trashed_at=None)


def favorite_these(*, user: User, ids: Collection[UUID], favorite: bool) -> list[UUID]:
    """Mark or unmark the user's kept pictures among `ids`; returns those that this changed."""
    return _changed(
        Image.objects.of(user).kept().exclude(favorite=favorite), ids, favorite=favorite
    )


def trash_these(*, user: User, ids: Collection[UUID]) -> list[UUID]:
    """Move the user's pictures among `ids` to the trash; returns those that were not there yet."""
    return _changed(Image.objects.of(user).kept(), ids, trashed_at=timezone.now())


def restore_these(*, user: User, ids: Collection[UUID]) -> list[UUID]:
    """Take the user's pictures among `ids` out of the trash; returns those that were in it."""
    return _changed(Image.objects.of(user).trashed().present(), ids, trashed_at=None)


def end_these(*, user: User, ids: Collection[UUID]) -> list[UUID]:
    """End the user's trashed pictures among `ids` for good, as `empty_trash` does; returns which."""
    return _changed(Image.objects.of(user).trashed().present(), ids, trashed_at=_ended())


def own(*, user: User, ids: Collection[UUID]) -> list[UUID]:
    """Return those of `ids` that are pictures of the user, kept or in the trash, newest first."""
    found = Image.objects.of(user).present().filter(id__in=ids).newest_first()
    return list(found.values_list("id", flat=True))


def outside(*, user: User, ids: Collection[UUID], collection: Pile) -> list[UUID]:
    """Return those of `ids` that are pictures of the user, kept or in the trash, and not in the collection."""
    members = CollectionImage.objects.filter(collection=collection, image_id__in=ids).values(
        "image_id"
    )
    found = (
        Image.objects.of(user).present().filter(id__in=ids).exclude(id__in=members).newest_first()
    )
    return list(found.values_list("id", flat=True))


def each(*, user: User, ids: Sequence[UUID]) -> Iterator[Image]:
    """Yield the user's own pictures among `ids` in their order, with jobs and models, without holding all of them.

    Between the queries no connection to the database is held: whoever takes them may take his time.
    """
    for start in range(0, len(ids), READ_AT_ONCE):
        some = ids[start : start + READ_AT_ONCE]
        found = Image.objects.of(user).present().select_related("job__model").in_bulk(some)
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()
        yield from (found[image_id] for image_id in some if image_id in found)


def restore_all(user: User) -> int:
    """Take all of the user's pictures out of the trash; returns how many."""
    return Image.objects.of(user).trashed().present().update(trashed_at=None)


def empty_trash(user: User) -> int:
    """End the user's trashed pictures for good and return how many; their files follow within the hour.

    Removing files can take minutes, so this only moves `trashed_at` back to where the next clean-up takes it.
    """
    return Image.objects.of(user).trashed().present().update(trashed_at=_ended())


def purge(*, trashed_before: datetime) -> int:
    """Remove for good, files first, what went to the trash before then; returns how many pictures."""
    count = 0
    doomed = (
        Image.objects.trashed().filter(trashed_at__lt=trashed_before).order_by("trashed_at", "id")
    )
    while images := list(doomed[:PURGE_AT_ONCE]):
        for image in images:
            for key in image.keys:
                storage.delete(key)
            image.delete()
            count += 1
    return count


def _changed(images: ImageQuerySet, ids: Collection[UUID], **fields: object) -> list[UUID]:
    # Locked in one order, so that two tabs that take the same pictures wait for each other instead of for ever.
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
