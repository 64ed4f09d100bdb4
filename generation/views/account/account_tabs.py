"""Tabs of the account that are shown when there is something in them."""

from django.db.models import Exists, OuterRef

from accounts.models import User, WebhookAddress
from generation.models import PromptReview


def filled_tabs(user: User) -> set[str]:
    """Return which of "webhooks" and "reviews" the user has."""
    is_filled = User.objects.filter(pk=user.pk).values_list(
        Exists(WebhookAddress.objects.filter(user=OuterRef("pk"))),
        Exists(PromptReview.objects.of(OuterRef("pk"))),
    )
    return {
        name
        for row in is_filled
        for name, is_there in zip(("webhooks", "reviews"), row, strict=True)
        if is_there
    }
