"""Favorite models: the first ones in a user's list."""

from accounts.models import User
from generation.models import FavoriteModel, ImageModel


def mark(user: User, model: ImageModel, *, favorite: bool) -> None:
    """Mark or unmark the model; repeating it changes nothing."""
    if favorite:
        FavoriteModel.objects.get_or_create(user=user, model=model)
    else:
        FavoriteModel.objects.filter(user=user, model=model).delete()
