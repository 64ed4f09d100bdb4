"""Exports: everything of one user's as ZIP files in the bucket, prepared part by part."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7


class ExportQuerySet(models.QuerySet["Export"]):
    """Named filters of exports."""

    def of(self, user: Any) -> "ExportQuerySet":
        """Keep the user's own."""
        return self.filter(user=user)

    def active(self) -> "ExportQuerySet":
        """Keep those that are not finished."""
        return self.filter(due_at__isnull=False)

    def ready(self) -> "ExportQuerySet":
        """Keep those whose files can be had."""
        return self.filter(failed=False, expires_at__gt=timezone.now())


class Export(models.Model):
    """One wish for all of one's data. Each step writes one part; the row says how far it is."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="exports"
    )
    created_at = models.DateTimeField(_("created"))
    # When the next step may be done; pushed ahead by whoever does it. NULL: nothing is left to do.
    due_at = models.DateTimeField(_("due"), null=True)
    tries = models.PositiveSmallIntegerField(default=0)  # of this step, that failed
    # Each {"key", "bytes", "files"}, in order.
    parts = models.JSONField(default=list)
    after_image = models.UUIDField(null=True)  # the last picture that is in a part
    after_upload = models.UUIDField(null=True)
    done = models.PositiveIntegerField(
        default=0
    )  # files so far, of `total` that there were when it was asked for
    total = models.PositiveIntegerField(default=0)
    failed = models.BooleanField(default=False)
    # NULL until finished. Then nobody gets the files any more, and the clean-up takes them away.
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
        """The size of all parts together."""
        return sum(part["bytes"] for part in self.parts)
