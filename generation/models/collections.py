"""Collections: piles of pictures that a user names; a picture may lie in several."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from generation.models.pictures import Image

NAME_MAX = 80


class CollectionQuerySet(models.QuerySet["Collection"]):
    """Named filters of collections."""

    def of(self, user: Any) -> "CollectionQuerySet":
        """Keep the user's own."""
        return self.filter(user=user)

    def present(self) -> "CollectionQuerySet":
        """Leave out the deleted ones, which only an undo can still reach."""
        return self.filter(deleted_at__isnull=True)

    def by_name(self) -> "CollectionQuerySet":
        """Sort by name, whatever the case."""
        return self.order_by("folded_name", "id")


class Collection(models.Model):
    """A named pile of one user's pictures. Deleting it leaves the pictures alone."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="collections",
        verbose_name=_("user"),
    )
    name = models.CharField(_("name"), max_length=NAME_MAX)
    # Case-folded by Python: SQLite folds ASCII alone, PostgreSQL what its locale knows. "ß" becomes two letters.
    folded_name = models.CharField(max_length=3 * NAME_MAX, editable=False)
    images = models.ManyToManyField(Image, through="CollectionImage", related_name="collections")
    deleted_at = models.DateTimeField(_("deleted"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"))

    objects = CollectionQuerySet.as_manager()

    class Meta:
        verbose_name = _("collection")
        verbose_name_plural = _("collections")
        ordering = ["folded_name", "id"]
        constraints = [
            models.UniqueConstraint(
                name="collection_name_once_per_user",
                fields=["user", "folded_name"],
                condition=Q(deleted_at__isnull=True),
            ),
        ]
        indexes = [
            models.Index(
                name="collection_deleted",
                fields=["deleted_at"],
                condition=Q(deleted_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class CollectionImage(models.Model):
    """One picture in one collection."""

    collection = models.ForeignKey(
        Collection, on_delete=models.CASCADE, related_name="members", db_index=False
    )
    image = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="memberships")
    added_at = models.DateTimeField(_("added"))

    class Meta:
        # Its index is also the way to a collection's pictures, newest first: read backwards.
        constraints = [
            models.UniqueConstraint(
                name="image_once_per_collection", fields=["collection", "image"]
            )
        ]

    def __str__(self) -> str:
        return f"{self.collection_id} {self.image_id}"
