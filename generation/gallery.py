"""What happens to a picture after its birth: favorite, trash, restore, the end."""

from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from accounts.models import User
from generation import storage
from generation.models import Image

PURGE_AT_ONCE = 500


def set_favorite(image: Image, *, favorite: bool) -> Image:
    """Mark or unmark the picture as a favorite."""
    return _updated(image, favorite=favorite)


def trash(image: Image) -> Image:
    """Move the picture to the trash; trashing it again keeps the first date."""
    return image if image.trashed_at else _updated(image, trashed_at=timezone.now())


def restore(image: Image) -> Image:
    """Take the picture out of the trash."""
    return _updated(image, trashed_at=None)


def restore_all(user: User) -> int:
    """Take all of the user's pictures out of the trash; returns how many."""
    return Image.objects.of(user).trashed().present().update(trashed_at=None)


def empty_trash(user: User) -> int:
    """End the user's trashed pictures for good and return how many; their files follow within the hour.

    Removing files can take minutes, so this only moves `trashed_at` back to where the next clean-up takes it.
    """
    ended = timezone.now() - timedelta(days=settings.TRASH_DAYS, seconds=1)
    return Image.objects.of(user).trashed().present().update(trashed_at=ended)


def purge(*, trashed_before: datetime) -> int:
    """Remove for good, files first, what went to the trash before then; returns how many pictures."""
    count = 0
    doomed = Image.objects.trashed().filter(trashed_at__lt=trashed_before).order_by("trashed_at", "id")
    while images := list(doomed[:PURGE_AT_ONCE]):
        for image in images:
            storage.delete(image.key)
            storage.delete(image.thumbnail_key)
            image.delete()
            count += 1
    return count


def _updated(image: Image, **fields: object) -> Image:
    Image.objects.filter(id=image.id).update(**fields)
    for name, value in fields.items():
        setattr(image, name, value)
    return image
