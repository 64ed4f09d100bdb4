"""Check the age of the newest backup."""

from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from generation.operations.alerts.conditions import CONDITIONS
from generation.operations.backup import record
from generation.operations.backup.folder import Folder
from generation.operations.doctor.check import Check

NAME = "backups"
HOW = "See deploy/docs/backups.md."


def backups() -> Check:
    """Return how old the newest backup is; without one a warning, except in the demo."""
    newest = _newest()
    if newest is None:
        return Check(NAME, True, f"none seen in {settings.BACKUP_DIR}", f"Make them daily. {HOW}")
    age = timezone.now() - newest
    hours = age / timedelta(hours=1)
    detail = f"the newest is {hours:.0f} hours old"
    if age.total_seconds() > CONDITIONS["BackupOld"].limit:
        return Check(NAME, False, detail, f"See the log of the process that makes them. {HOW}")
    return Check(NAME, True, detail)


def _newest() -> datetime | None:
    """Return when the newest was made: the folder may be that of another machine or container."""
    found = Folder(settings.BACKUP_DIR).backups()
    recorded = record.newest()
    times = [found[-1].made_at] if found else []
    return max([*times, recorded.made_at] if recorded else times, default=None)
