"""What rows that belong to a user share."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7


class OwnedQuerySet[Row: models.Model](models.QuerySet[Row]):
    def of(self, user: object) -> Self:
        return self.filter(user=user)


class DeletableQuerySet[Row: models.Model](OwnedQuerySet[Row]):
    """Rows that their owner can delete, with `deleted_at`."""

    def present(self) -> Self:
        """Exclude deleted ones, which only undo can restore."""
        return self.filter(deleted_at__isnull=True)


class NamedRow(models.Model):
    """A row that its owner names; it can be restored for a while after it was deleted."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    deleted_at = models.DateTimeField(_("deleted"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"))
    name: "models.CharField[str, str]"

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name


def name_once_per_user(row: str) -> models.UniqueConstraint:
    """Return the constraint that a user has a name once among those that are not deleted."""
    return models.UniqueConstraint(
        name=f"{row}_name_once_per_user",
        fields=["user", "folded_name"],
        condition=Q(deleted_at__isnull=True),
    )


def deleted_index(row: str) -> models.Index:
    return models.Index(
        name=f"{row}_deleted", fields=["deleted_at"], condition=Q(deleted_at__isnull=False)
    )
