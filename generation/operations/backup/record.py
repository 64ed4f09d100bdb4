"""Record in the database what became of a backup: metrics and doctor do not see BACKUP_DIR."""

import logging
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import DatabaseError
from django.utils import timezone

from generation.models import BackupRecord
from generation.operations.backup.folder import Backup

log = logging.getLogger(__name__)

KEPT = 100
"""Records that are kept, besides that of the newest complete backup."""


def store_success(backup: Backup, *, detail: str = "") -> None:
    """Record a complete backup; `detail` says what the bucket lacked."""
    _write(backup.made_at, is_complete=True, has_files=backup.with_files, detail=detail)


def store_failure(started_at: datetime, *, detail: str) -> None:
    """Record an attempt that made no backup, and why."""
    _write(started_at, is_complete=False, has_files=settings.BACKUP_FILES, detail=detail)


def newest() -> BackupRecord | None:
    return BackupRecord.objects.complete().first()


def _write(made_at: datetime, **fields: Any) -> None:
    """Write the record; a database that is down must not hide what the backup has said."""
    try:
        BackupRecord.objects.update_or_create(
            made_at=made_at, defaults=fields | {"finished_at": timezone.now()}
        )
        kept = list(BackupRecord.objects.values_list("pk", flat=True)[:KEPT])
        if last := newest():
            kept.append(last.pk)
        BackupRecord.objects.exclude(pk__in=kept).delete()
    except DatabaseError as error:
        log.warning("the backup could not be recorded", extra={"error": repr(error)})
