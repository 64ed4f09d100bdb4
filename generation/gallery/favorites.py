"""Favorites: mark and unmark images."""

from collections.abc import Sequence
from uuid import UUID

from accounts.models import User
from generation.gallery import own_images
from generation.models import Image


def set_favorite(image: Image, *, favorite: bool) -> Image:
    return own_images.update(image, favorite=favorite)


def set_these(*, user: User, ids: Sequence[UUID], favorite: bool) -> list[UUID]:
    """Mark or unmark the user's untrashed images among `ids`; return those that changed."""
    others = Image.objects.of(user).kept().exclude(favorite=favorite)
    return own_images.update_these(others, ids, favorite=favorite)
