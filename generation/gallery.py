"""What happens to a picture after its birth: favorite, trash, restore, the end."""

from datetime import datetime

from django.utils import timezone

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
