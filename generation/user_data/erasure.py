"""The end of an account with all that is in it: jobs stopped, files gone, rows gone, the ledger without a name.

Each step may be done again, so whatever interrupts it, the next clean-up goes on where it stopped.
"""

import logging
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.db import models
from django.utils import timezone

from accounts import deletion, emails, outbox
from accounts.models import ApiToken, User
from generation.files import storage
from generation.jobs import orders
from generation.models import Job

log = logging.getLogger(__name__)

ROWS_AT_ONCE = 500
# What staff did stays on record: it names the row, and the row names nobody. Tokens go with the name.
KEPT = (LogEntry, ApiToken)


def close(*, user: User, actor: User | None, after: timedelta = deletion.GRACE) -> None:
    """Lock the account, cancel what is being made, and write to its owner; `after` so long it is erased.

    Nobody gets a letter about an account that was switched off before: its link would switch it on.
    Raises deletion.LastSuperuser or deletion.AlreadyErased; then nothing was changed.
    """
    was_active = User.objects.filter(pk=user.pk, is_active=True).exists()
    deletion.close(user=user, after=after)
    _cancel(user, actor=actor)
    if was_active and after:
        outbox.enqueue(emails.account_closed(user=user))


def erase(user_id: UUID) -> bool:
    """Erase a closed account and return True; False while something of it is still being made or stopped."""
    user = User.objects.get(pk=user_id)
    _cancel(user, actor=None)
    if _is_busy(user):
        return False
    farewell = emails.account_erased(user=user)
    for folder in storage.FOLDERS:
        storage.delete_all(f"{folder}/{user.pk}/")
    for rows, field in _owned():
        while ids := list(
            rows.filter(**{field: user}).order_by("pk").values_list("pk", flat=True)[:ROWS_AT_ONCE]
        ):
            rows.filter(pk__in=ids).delete()
    deletion.anonymize(user.pk)
    outbox.enqueue(farewell)
    log.info("an account is erased", extra={"user": str(user.pk)})
    return True


def erase_due() -> int:
    """Erase every account whose time has come and return how many; one that fails keeps no other."""
    count = 0
    for user_id in deletion.due():
        try:
            count += erase(user_id)
        except Exception:
            log.exception(
                "an account could not be erased; the next clean-up goes on",
                extra={"user": str(user_id)},
            )
    return count


def _cancel(user: User, *, actor: User | None) -> None:
    for job in Job.objects.of(user).active().order_by("id"):
        try:
            orders.cancel(job=job, actor=actor)
        except orders.AlreadyFinal:
            log.info("a job of a closed account ends by itself", extra={"job": str(job.id)})


def _is_busy(user: User) -> bool:
    """Tell whether a picture is just being saved, or RunPod must still be told to stop and could still work."""
    jobs = Job.objects.of(user)
    since = timezone.now() - timedelta(seconds=settings.RUNPOD_TTL_SECONDS)
    return jobs.active().exists() or jobs.filter(stop_pending=True, finished_at__gt=since).exists()


def _owned() -> Iterator[tuple["models.QuerySet[models.Model]", str]]:
    """Yield the rows of every model that belong to users, with the name of the field that says to whom."""
    for relation in User._meta.get_fields(include_hidden=True):
        model = relation.related_model
        if (
            isinstance(relation, models.ManyToOneRel)
            and relation.on_delete is models.CASCADE
            and isinstance(model, type)
            and model not in KEPT
        ):
            yield model._base_manager.all(), relation.field.name
