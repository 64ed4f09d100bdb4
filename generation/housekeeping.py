"""What is forgotten when its time is over."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from generation import collections, gallery
from generation.models import IdempotencyKey

KEYS_KEPT = timedelta(days=2)


def clean_up() -> None:
    """Remove trashed pictures past TRASH_DAYS, Idempotency-Keys past KEYS_KEPT, collections past their undo."""
    now = timezone.now()
    gallery.purge(trashed_before=now - timedelta(days=settings.TRASH_DAYS))
    IdempotencyKey.objects.filter(created_at__lt=now - KEYS_KEPT).delete()
    collections.forget_deleted(deleted_before=now - collections.UNDO_KEPT)
