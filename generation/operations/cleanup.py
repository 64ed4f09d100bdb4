"""The hourly cleanup of expired data."""

import logging
from datetime import timedelta

from django.conf import settings
from django.contrib.sessions.backends.cached_db import SessionStore
from django.utils import timezone

from accounts import credit_requests, invitations, sessions, tokens, vouchers
from generation.gallery import collections, images, saving, tags
from generation.jobs import spending
from generation.models import IdempotencyKey, UnreadReply
from generation.moderation import reviews
from generation.operations import retention
from generation.presets import own_styles, presets
from generation.prompt_helper import costs
from generation.sheets import cells, word_lists
from generation.user_data import erasure, exports

log = logging.getLogger(__name__)

KEY_RETENTION = timedelta(days=2)
COPYING = timedelta(hours=1)  # far longer than a copy takes
SPENDING_RETENTION = timedelta(days=800)


def clean_up() -> None:
    """Run every part; a failure is logged and does not stop the others. Runs hourly."""
    for part in (
        forget_keys,
        forget_sessions,
        forget_tokens,
        forget_invitations,
        forget_credit_requests,
        forget_collections,
        forget_comparisons,
        forget_presets,
        forget_exports,
        purge_trash,
        forget_tags,
        forget_unfinished_copies,
        erase_accounts,
        delete_old_jobs,
        delete_old_history,
        forget_replies,
        delete_unused_uploads,
        forget_reviews,
        forget_spending,
    ):
        try:
            part()
        except Exception:
            log.exception("a part of the cleanup failed", extra={"part": part.__name__})


def forget_keys() -> None:
    """Remove idempotency keys older than KEY_RETENTION."""
    IdempotencyKey.objects.filter(created_at__lt=timezone.now() - KEY_RETENTION).delete()


def forget_sessions() -> None:
    """Remove expired sessions, and ended ones from the lists of devices."""
    SessionStore.clear_expired()
    sessions.forget_ended()


def forget_tokens() -> None:
    """Remove API tokens revoked more than JOB_RETENTION_DAYS ago."""
    tokens.forget_revoked(revoked_before=timezone.now() - _retention())


def forget_invitations() -> None:
    """Remove invitations that ended unused more than JOB_RETENTION_DAYS ago."""
    invitations.forget_ended(before=timezone.now() - _retention())


def forget_credit_requests() -> None:
    """Remove requests for credits and vouchers that ended more than JOB_RETENTION_DAYS ago."""
    before = timezone.now() - _retention()
    credit_requests.forget_decided(before=before)
    vouchers.forget_ended(before=before)


def forget_collections() -> None:
    """Remove deleted collections that can no longer be restored."""
    collections.forget_deleted(deleted_before=timezone.now() - collections.RESTORE_PERIOD)


def purge_trash() -> None:
    """Remove images trashed more than TRASH_DAYS ago, files first."""
    images.purge(trashed_before=timezone.now() - timedelta(days=settings.TRASH_DAYS))


def forget_tags() -> None:
    """Remove the tags that only images had which are gone."""
    tags.forget_unused()


def forget_unfinished_copies() -> None:
    """Remove what saving of shared images has left behind where its process died, files first."""
    saving.forget_unfinished(started_before=timezone.now() - COPYING)


def forget_comparisons() -> None:
    """Remove comparisons and word lists whose deletion can no longer be undone."""
    cells.forget_deleted(deleted_before=timezone.now() - cells.RESTORE_PERIOD)
    word_lists.forget_deleted(deleted_before=timezone.now() - word_lists.RESTORE_PERIOD)


def forget_presets() -> None:
    """Remove deleted presets and own styles that can no longer be restored."""
    presets.forget_deleted(deleted_before=timezone.now() - presets.RESTORE_PERIOD)
    own_styles.forget_deleted(deleted_before=timezone.now() - own_styles.RESTORE_PERIOD)


def forget_exports() -> None:
    """Remove expired exports, files first."""
    exports.forget_expired()


def erase_accounts() -> None:
    """Erase the accounts that are due, or continue an interrupted erasure."""
    erasure.erase_due()


def delete_old_jobs() -> None:
    """Remove jobs that ended without images more than JOB_RETENTION_DAYS ago."""
    retention.delete_jobs(finished_before=timezone.now() - _retention())


def delete_old_history() -> None:
    """Remove the history of jobs that finished more than JOB_RETENTION_DAYS ago."""
    retention.delete_history(finished_before=timezone.now() - _retention())


def forget_replies() -> None:
    """Remove replies that could not be read, of jobs that ended JOB_RETENTION_DAYS ago."""
    UnreadReply.objects.filter(job__finished_at__lt=timezone.now() - _retention()).delete()


def delete_unused_uploads() -> None:
    """Remove uploads older than UNUSED_UPLOAD_HOURS that no job uses, files first."""
    retention.delete_uploads(
        created_before=timezone.now() - timedelta(hours=settings.UNUSED_UPLOAD_HOURS)
    )


def forget_reviews() -> None:
    """Remove prompt reviews older than JOB_RETENTION_DAYS, except those that wait."""
    reviews.forget(created_before=timezone.now() - _retention())


def forget_spending() -> None:
    """Remove the sums of days and months that began more than SPENDING_RETENTION ago."""
    before = timezone.localdate() - SPENDING_RETENTION
    spending.forget(before=before)
    costs.forget(before=before)


def _retention() -> timedelta:
    return timedelta(days=settings.JOB_RETENTION_DAYS)
