"""Tabs of the account that are shown when there is something in them."""

from accounts.models import User
from generation.models import PromptReview


def has_reviews(user: User) -> bool:
    return PromptReview.objects.of(user.pk).exists()
