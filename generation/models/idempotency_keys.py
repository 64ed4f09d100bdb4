"""Idempotency keys of clients."""

import uuid

from django.conf import settings
from django.db import models


class IdempotencyKey(models.Model):
    """A client's idempotency key and the job or batch that its first request placed."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    # True for a retry by staff, so that it cannot collide with a key of the user.
    by_staff = models.BooleanField(default=False, db_default=False)
    body_sha256 = models.CharField(max_length=64)
    placed = models.UUIDField(default=uuid.uuid4)  # id of the job or of the batch
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="idempotency_key_once_per_user", fields=["user", "key", "by_staff"]
            )
        ]
        indexes = [models.Index(name="idempotency_key_age", fields=["created_at"])]

    def __str__(self) -> str:
        return self.key
