"""The trash: move images there, restore them, delete them permanently."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from accounts.models import User
from generation.files import storage
from generation.gallery import own_images
from generation.models import Image, ImageQuerySet

PURGE_BATCH = 500


def move_to_trash(image: Image) -> Image:
    """Move the image to the trash; a trashed image keeps its date."""
    return image if image.trashed_at else own_images.update(image, trashed_at=timezone.now())


def restore(image: Image) -> Image:
    return own_images.update(image, trashed_at=None)


def move_these(*, user: User, ids: Sequence[UUID]) -> list[UUID]:
    """Move the user's images among `ids` to the trash; return those that were moved."""
    kept = Image.objects.of(user).kept()
    return own_images.update_these(kept, ids, trashed_at=timezone.now())


def restore_these(*, user: User, ids: Sequence[UUID]) -> list[UUID]:
    """Restore the user's images among `ids` from the trash; return those that were there."""
    return own_images.update_these(_trashed(user), ids, trashed_at=None)


def delete_these(*, user: User, ids: Sequence[UUID]) -> list[UUID]:
    """Delete permanently the user's trashed images among `ids`, as `empty`; return them."""
    return own_images.update_these(_trashed(user), ids, trashed_at=_ended())


def restore_all(user: User) -> int:
    return _trashed(user).update(trashed_at=None)


def empty(user: User) -> int:
    """Delete the user's trashed images permanently and return how many.

    Files can take minutes to remove, so this backdates `trashed_at` for the next hourly cleanup.
    """
    return _trashed(user).update(trashed_at=_ended())


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


def _trashed(user: User) -> ImageQuerySet:
    return Image.objects.of(user).trashed().present()


def _ended() -> datetime:
    return timezone.now() - timedelta(days=settings.TRASH_DAYS, seconds=1)


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
