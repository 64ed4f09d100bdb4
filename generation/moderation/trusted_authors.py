"""Trusted authors: their images appear in Explore without review, and rules do not hold them."""

from uuid import UUID

from accounts.models import User
from generation.models import TrustedAuthor


def is_trusted(user_id: UUID) -> bool:
    return TrustedAuthor.objects.filter(user=user_id).exists()


def trust(user: User, *, by: User) -> None:
    TrustedAuthor.objects.get_or_create(user=user, defaults={"trusted_by": by})
