"""Rows that wait for work: `due_at` is their queue, lease and pause between attempts.

Any number of processes may look for what is due. A claim pushes `due_at` ahead, so a row whose
process was killed becomes due again, and a write that decides about another attempt proves that it
has the lease.
"""

from datetime import timedelta

from django.db import models
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

MAX_PAUSE = timedelta(hours=1)


class DueRow(models.Model):
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)  # counted by each claim
    # When to try it next; during an attempt, the end of its lease. NULL: never.
    due_at = models.DateTimeField(_("next attempt"), null=True, default=timezone.now)

    class Meta:
        abstract = True


def claim_due[Row: DueRow](
    rows: QuerySet[Row], *, lease: timedelta, **fields: object
) -> Row | None:
    """Lease the row that has been due longest, and write `fields`; None if none is due."""
    now = timezone.now()
    until = now + lease
    while row := rows.filter(due_at__lte=now).order_by("due_at", "pk").first():
        unclaimed = rows.filter(pk=row.pk, due_at=row.due_at)
        if unclaimed.update(due_at=until, attempts=F("attempts") + 1, **fields):
            row.due_at, row.attempts = until, row.attempts + 1
            return row
    return None


def update_claimed(row: DueRow, **fields: object) -> bool:
    """Write the fields; return False if the row was deleted, or its lease has ended or been taken.

    `due_at` must be as the row was claimed.
    """
    claimed = type(row)._default_manager.filter(pk=row.pk, due_at=row.due_at)
    return bool(claimed.update(**fields))


def pause_after(attempts: int) -> timedelta:
    """Return how long to wait after this number of attempts: a minute, doubled each time."""
    return min(timedelta(minutes=2 ** min(attempts - 1, 6)), MAX_PAUSE)
