"""What is forgotten when its time is over."""

import logging
from datetime import timedelta

from django.conf import settings
from django.contrib.sessions.backends.cached_db import SessionStore
from django.utils import timezone

from generation.gallery import collections, images
from generation.models import IdempotencyKey
from generation.user_data import erasure, export

log = logging.getLogger(__name__)

KEYS_KEPT = timedelta(days=2)


def clean_up() -> None:
    """Forget all that is past its time; what fails goes to the log, keeps nothing else, and comes again in an hour."""
    for part in (
        forget_keys,
        forget_sessions,
        forget_collections,
        forget_exports,
        purge_trash,
        erase_accounts,
    ):
        try:
            part()
        except Exception:
            log.exception("a part of the clean-up failed", extra={"part": part.__name__})


def forget_keys() -> None:
    """Remove Idempotency-Keys past KEYS_KEPT."""
    IdempotencyKey.objects.filter(created_at__lt=timezone.now() - KEYS_KEPT).delete()


def forget_sessions() -> None:
    """Remove sessions that have ended by themselves."""
    SessionStore.clear_expired()


def forget_collections() -> None:
    """Remove deleted collections past their undo."""
    collections.forget_deleted(deleted_before=timezone.now() - collections.UNDO_KEPT)


def purge_trash() -> None:
    """Remove trashed pictures past TRASH_DAYS, files first."""
    images.purge(trashed_before=timezone.now() - timedelta(days=settings.TRASH_DAYS))


def forget_exports() -> None:
    """Remove exports past EXPORT_DAYS, files first."""
    export.forget_expired()


def erase_accounts() -> None:
    """Erase the accounts whose time has come, or go on with what was interrupted."""
    erasure.erase_due()
