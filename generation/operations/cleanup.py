"""The hourly cleanup of expired data."""

import logging
from collections.abc import Callable
from datetime import timedelta
from functools import partial

from django.conf import settings
from django.contrib.sessions.backends.cached_db import SessionStore
from django.utils import timezone

from accounts.access import invitations
from accounts.credits import credit_requests, vouchers
from accounts.sessions import sessions
from accounts.tokens import tokens
from accounts.webhooks import addresses, push_browsers
from accounts.webhooks import log as webhook_log
from generation.gallery import tagging, trash
from generation.gallery.sharing import saved_copies
from generation.jobs.budgets import spending
from generation.models import IdempotencyKey, UnreadReply
from generation.moderation import prompt_reviews
from generation.operations import retention
from generation.owned_rows import named_rows
from generation.studio.prompt_helper import dollar_costs
from generation.user_data import erasure, exports

log = logging.getLogger(__name__)

KEY_RETENTION = timedelta(days=2)
COPYING = timedelta(hours=1)  # far longer than a copy takes
SPENDING_RETENTION = timedelta(days=800)


def clean_up() -> None:
    """Run every part; a failure is logged and does not stop the others. Runs hourly."""
    for name, part in _parts().items():
        try:
            part()
        except Exception:
            log.exception("a part of the cleanup failed", extra={"part": name})


def _parts() -> dict[str, Callable[[], object]]:
    """Return what is to be deleted; of rows with files, these go first."""
    now, today = timezone.now(), timezone.localdate()
    old = now - timedelta(days=settings.JOB_RETENTION_DAYS)
    trashed = now - timedelta(days=settings.TRASH_DAYS)
    unused = now - timedelta(hours=settings.UNUSED_UPLOAD_HOURS)
    return {
        "keys": IdempotencyKey.objects.filter(created_at__lt=now - KEY_RETENTION).delete,
        "sessions": SessionStore.clear_expired,
        "ended sessions": sessions.forget_ended,
        "push notifications": push_browsers.forget_signed_out,
        "tokens": partial(tokens.forget_revoked, revoked_before=old),
        "webhook messages": webhook_log.forget_old,
        "webhook secrets": addresses.forget_old_secrets,
        "invitations": partial(invitations.forget_ended, before=old),
        "credit requests": partial(credit_requests.forget_decided, before=old),
        "vouchers": partial(vouchers.forget_ended, before=old),
        "collections, word lists, presets, styles, comparisons": named_rows.forget_deleted,
        "exports": exports.forget_expired,
        "trash": partial(trash.purge, trashed_before=trashed),
        "tags": tagging.forget_unused,
        "unfinished copies": partial(saved_copies.forget_unfinished, started_before=now - COPYING),
        "accounts": erasure.erase_due,
        "jobs": partial(retention.delete_jobs, finished_before=old),
        "history": partial(retention.delete_history, finished_before=old),
        "replies": UnreadReply.objects.filter(job__finished_at__lt=old).delete,
        "uploads": partial(retention.delete_uploads, created_before=unused),
        "reviews": partial(prompt_reviews.forget, created_before=old),
        "spending": partial(spending.forget, before=today - SPENDING_RETENTION),
        "prompt spending": partial(dollar_costs.forget, before=today - SPENDING_RETENTION),
    }
