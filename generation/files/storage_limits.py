"""How many bytes a user's uploads and images may take, and take now."""

from django.conf import settings
from django.db.models import Sum
from django.utils.translation import gettext as _

from accounts.models import User
from artgen.refusals import Refusal
from artgen.web import formatting
from generation.models import Image, Upload

UNLIMITED = -1


class StorageFull(Refusal):
    """The user's uploads or images take as many bytes as they may; nothing was changed."""

    code = "storage_full"
    status = 409

    def __init__(self, message: str, *, limit: int) -> None:
        super().__init__(message, limit=limit)


def uploads_full(limit: int) -> StorageFull:
    text = _("Your uploads use all of their %(limit)s. Unused uploads are deleted after a day.")
    return StorageFull(text % {"limit": formatting.file_size(limit)}, limit=limit)


def images_full(limit: int) -> StorageFull:
    text = _("Your images use all of their %(limit)s. Delete some and empty the trash.")
    return StorageFull(text % {"limit": formatting.file_size(limit)}, limit=limit)


def upload_limit(user: User) -> int | None:
    """Return the limit of the user's uploads in bytes; None: no limit."""
    return _limit(user.max_upload_bytes, settings.MAX_UPLOAD_BYTES_PER_USER)


def image_limit(user: User) -> int | None:
    """Return the limit of the user's images in bytes; None: no limit."""
    return _limit(user.max_image_bytes, settings.MAX_IMAGE_BYTES_PER_USER)


def bytes_of_uploads(user: User) -> int:
    return Upload.objects.filter(user=user).aggregate(total=Sum("bytes"))["total"] or 0


def bytes_of_images(user: User) -> int:
    """Return the bytes of the user's images, trashed ones included, without their small copies."""
    return Image.objects.of(user).order_by().aggregate(total=Sum("bytes"))["total"] or 0


ROOM_FOR_IMAGES = """(
    COALESCE((SELECT max_image_bytes FROM accounts_user WHERE id = %s), %s) < 0
    OR (SELECT COALESCE(SUM(bytes), 0) FROM generation_image WHERE user_id = %s)
        < COALESCE((SELECT max_image_bytes FROM accounts_user WHERE id = %s), %s)
)"""
"""SQL: whether the user may have more images. The sum is computed only for users with a limit."""


def room_values(user_id: object) -> list[object]:
    site = settings.MAX_IMAGE_BYTES_PER_USER
    limit = [user_id, UNLIMITED if site is None else site]
    return [*limit, user_id, *limit]


def check_images(user: User) -> None:
    """Raise StorageFull if the user's images take as many bytes as they may."""
    limit = image_limit(User.objects.only("max_image_bytes").get(pk=user.pk))
    if limit is not None and bytes_of_images(user) >= limit:
        raise images_full(limit)


def _limit(own: int | None, of_site: int | None) -> int | None:
    return of_site if own is None else own
