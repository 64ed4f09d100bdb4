"""Images of whole sheets for a download, drawn by a worker."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from generation.models.sheets import Sheet


class SheetImageKind(models.TextChoices):
    """The format of the file."""

    JPEG = "jpeg", "JPEG"
    PNG = "png", "PNG"


class SheetImageQuerySet(models.QuerySet["SheetImage"]):
    """Named filters of the images of sheets."""

    def active(self) -> "SheetImageQuerySet":
        """Exclude finished ones."""
        return self.filter(due_at__isnull=False)

    def unexpired(self) -> "SheetImageQuerySet":
        """Exclude those that the cleanup will delete."""
        return self.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=timezone.now()))


class SheetImage(models.Model):
    """A sheet drawn as one labeled image, or the request for it.

    Only `sheets.sheet_images` writes it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    sheet = models.ForeignKey(Sheet, on_delete=models.CASCADE, related_name="drawings")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=8, choices=SheetImageKind)
    language = models.CharField(max_length=8)  # of the labels
    # What the image shows: see `sheet_images.fingerprint`. When it was asked for; then, drawn.
    fingerprint = models.CharField(max_length=64)
    created_at = models.DateTimeField(_("created"))
    # Time of the next attempt; pushed ahead as a lease during one. NULL: finished.
    due_at = models.DateTimeField(_("due"), null=True)
    tries = models.PositiveSmallIntegerField(
        default=0
    )  # begun, also those whose process was killed
    # Cells so far, of `total` cells.
    done = models.PositiveSmallIntegerField(default=0)
    total = models.PositiveSmallIntegerField(default=0)
    key = models.CharField(max_length=200, default="", blank=True)  # of the file; "" until stored
    bytes = models.PositiveIntegerField(default=0)
    failed = models.BooleanField(default=False)
    # NULL until finished. After that time the cleanup deletes file and row.
    expires_at = models.DateTimeField(_("expires"), null=True)

    objects = SheetImageQuerySet.as_manager()

    class Meta:
        verbose_name = _("image of a comparison")
        verbose_name_plural = _("images of comparisons")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                name="sheet_image_is_due_until_finished",
                condition=Q(due_at__isnull=True, expires_at__isnull=False)
                | Q(due_at__isnull=False, expires_at__isnull=True),
            ),
            models.UniqueConstraint(
                name="one_sheet_image_at_once",
                fields=["sheet", "kind", "language"],
                condition=Q(due_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                name="sheet_image_due", fields=["due_at"], condition=Q(due_at__isnull=False)
            ),
            models.Index(
                name="sheet_image_expired",
                fields=["expires_at"],
                condition=Q(expires_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def is_ready(self) -> bool:
        """Whether the file can be downloaded."""
        return bool(self.key) and self.due_at is None

    @property
    def state(self) -> str:
        """One of "preparing", "ready" and "failed"."""
        if self.due_at:
            return "preparing"
        return "failed" if self.failed else "ready"
