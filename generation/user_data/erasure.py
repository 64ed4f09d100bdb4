"""Erase an account: stop jobs, delete files and rows, anonymize the ledger.

Every step can be repeated, so the next cleanup continues after any interruption.
"""

import logging
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.db import models, transaction
from django.utils import timezone

from accounts.emails import outbox, texts
from accounts.models import ApiToken, User
from accounts.user_data import deletion
from generation.files import storage
from generation.gallery import trash
from generation.gallery.sharing import saved_copies
from generation.jobs.budgets import spending
from generation.jobs.engine import job_control
from generation.models import Export, Job, SavedImage, Status, Upload
from generation.studio.prompt_helper import credit_charges
from generation.user_data import exports

log = logging.getLogger(__name__)

ROWS_AT_ONCE = 500
# The admin log stays: it refers to the row, which is anonymous. `anonymize` deletes the tokens.
KEPT = (LogEntry, ApiToken)


def close(*, user: User, actor: User | None, after: timedelta = deletion.GRACE) -> None:
    """Lock the account, cancel its jobs, email its owner; it is erased `after` this period.

    An account that was already inactive gets no email, because its link would activate it. Raise
    deletion.LastSuperuser or deletion.AlreadyErased; then nothing was changed.
    """
    was_active = User.objects.filter(pk=user.pk, is_active=True).exists()
    deletion.close(user=user, after=after)
    cancel_jobs(user, actor=actor)
    if was_active and after:
        outbox.enqueue(texts.account_closed(user=user))


def erase(user_id: UUID) -> bool:
    """Erase a closed account and return True; return False while its jobs are stored or stopped."""
    user = User.objects.get(pk=user_id)
    cancel_jobs(user, actor=None)
    if _is_busy(user):
        return False
    credit_charges.release_all(user)
    SavedImage.objects.filter(author=user).update(author=None)
    farewell = texts.account_erased(user=user)
    _delete_files(user)
    for rows, field in _owned():
        while ids := list(
            rows.filter(**{field: user}).order_by("pk").values_list("pk", flat=True)[:ROWS_AT_ONCE]
        ):
            with transaction.atomic():
                if rows.model is Job:
                    spending.add_deleted(ids)
                rows.filter(pk__in=ids).delete()
    deletion.anonymize(user.pk)
    outbox.enqueue(farewell)
    log.info("an account is erased", extra={"user": str(user.pk)})
    return True


def erase_due() -> int:
    """Erase every account that is due; return how many. A failure does not stop the others."""
    count = 0
    for user_id in deletion.due_ids():
        try:
            count += erase(user_id)
        except Exception:
            log.exception(
                "an account could not be erased; the next cleanup continues",
                extra={"user": str(user_id)},
            )
    return count


def cancel_jobs(user: User, *, actor: User | None) -> None:
    """Cancel the user's jobs that are in progress; the cancellations are not counted."""
    for job in Job.objects.of(user).active().order_by("id"):
        try:
            job_control.cancel(job=job, actor=actor, is_counted=False)
        except job_control.AlreadyFinal:
            log.info("a job of a closed account had ended", extra=job.log_fields)


def _is_busy(user: User) -> bool:
    """Return whether an image is being stored, or a job must still be canceled at the provider."""
    jobs = Job.objects.of(user)
    since = timezone.now() - timedelta(seconds=settings.RUNPOD_TTL_SECONDS)
    return jobs.active().exists() or jobs.filter(stop_pending=True, finished_at__gt=since).exists()


def _delete_files(user: User) -> None:
    """Delete the images, and the files of all other rows of the user."""
    trash.purge_all(user)
    for copy_id in SavedImage.objects.of(user).unfinished().values_list("id", flat=True):
        saved_copies.delete_unfinished(copy_id)
    storage.delete_these(list(Upload.objects.filter(user=user).values_list("key", flat=True)))
    for export in Export.objects.of(user):
        exports.delete_files(export)
    # A job that failed while its images were stored has left files without a row.
    failed = Job.objects.of(user).exclude(status=Status.SUCCEEDED).exclude(submitted_at=None)
    for job_id in failed.values_list("id", flat=True).iterator():
        storage.delete_of_job(job_id)


def _owned() -> Iterator[tuple["models.QuerySet[models.Model]", str]]:
    """Yield the queryset of every model owned by users, with the name of its user field."""
    for relation in User._meta.get_fields(include_hidden=True):
        model = relation.related_model
        if (
            isinstance(relation, models.ManyToOneRel)
            and relation.on_delete is models.CASCADE
            and isinstance(model, type)
            and model not in KEPT
        ):
            yield model._base_manager.all(), relation.field.name
