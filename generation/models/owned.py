"""What querysets of rows that belong to a user share."""

from typing import Self

from django.db import models


class OwnedQuerySet[Row: models.Model](models.QuerySet[Row]):
    def of(self, user: object) -> Self:
        return self.filter(user=user)


class DeletableQuerySet[Row: models.Model](OwnedQuerySet[Row]):
    """Rows that their owner can delete, with `deleted_at`."""

    def present(self) -> Self:
        """Exclude deleted ones, which only undo can restore."""
        return self.filter(deleted_at__isnull=True)
