"""Exports: all data of a user as ZIP files in the bucket, written part by part."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from artgen.database.due_rows import DueRow
from generation.models.owned import OwnedQuerySet


class ExportQuerySet(OwnedQuerySet["Export"]):
    def active(self) -> "ExportQuerySet":
        return self.filter(due_at__isnull=False)

    def ready(self) -> "ExportQuerySet":
        """Keep those with files to download."""
        return self.filter(failed=False, expires_at__gt=timezone.now())


class Export(DueRow):
    """A request for an export. Each step writes one part; the row has the progress.

    Without `due_at` it is finished. `attempts` counts those of the current step.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="exports"
    )
    created_at = models.DateTimeField(_("created"))
    # Each {"key", "bytes", "files"}, in order.
    parts = models.JSONField(default=list)
    after_image = models.UUIDField(null=True)  # the last image in a part
    after_upload = models.UUIDField(null=True)
    # Files so far, of `total` files when it was requested.
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    failed = models.BooleanField(default=False)
    # NULL until finished. After that time the files cannot be downloaded, and cleanup deletes them.
    expires_at = models.DateTimeField(_("expires"), null=True)

    objects = ExportQuerySet.as_manager()

    class Meta:
        verbose_name = _("export")
        verbose_name_plural = _("exports")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                name="export_is_due_until_finished",
                condition=Q(due_at__isnull=True, expires_at__isnull=False)
                | Q(due_at__isnull=False, expires_at__isnull=True),
            ),
            models.UniqueConstraint(
                name="one_export_at_once_per_user",
                fields=["user"],
                condition=Q(due_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(name="export_due", fields=["due_at"], condition=Q(due_at__isnull=False)),
            models.Index(
                name="export_expired", fields=["expires_at"], condition=Q(expires_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def bytes(self) -> int:
        return sum(part["bytes"] for part in self.parts)
