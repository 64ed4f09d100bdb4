"""What became of backups, so that doctor and metrics know their age without reading BACKUP_DIR."""

from datetime import timedelta
from typing import Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class BackupRecordQuerySet(models.QuerySet["BackupRecord"]):
    def complete(self) -> Self:
        return self.filter(is_complete=True)


class BackupRecord(models.Model):
    """An attempt to make a backup. Only `operations.backup.record` writes it."""

    # Of the snapshot: what a restoration returns to. The name of the backup is made of it.
    made_at = models.DateTimeField(_("made"), unique=True)
    finished_at = models.DateTimeField(_("finished"), default=timezone.now)
    is_complete = models.BooleanField(_("complete"))
    has_files = models.BooleanField(_("with the files of the bucket"))
    detail = models.TextField(_("result"), blank=True)

    objects = BackupRecordQuerySet.as_manager()

    class Meta:
        verbose_name = _("backup")
        verbose_name_plural = _("backups")
        ordering = ["-made_at"]

    def __str__(self) -> str:
        return f"{self.made_at:%Y-%m-%d %H:%M} UTC"

    @property
    def age(self) -> timedelta:
        return timezone.now() - self.made_at
