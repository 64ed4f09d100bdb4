"""Replies of the provider that were paid for and from which no image could be read."""

from django.db import models
from django.db.models import Q

from generation.models.jobs import Job


class UnreadReply(models.Model):
    """The whole reply for a job, kept for staff. Only `jobs.engine.unread_replies` writes it."""

    job = models.OneToOneField(
        Job, on_delete=models.CASCADE, primary_key=True, related_name="unread_reply"
    )
    endpoint_id = models.CharField(max_length=100)
    # Of the model when the reply could not be read.
    request_format = models.JSONField(null=True)
    body = models.BinaryField()  # JSON, compressed by zlib
    at = models.DateTimeField()
    # Counts for an outage of its endpoint, until staff have resumed it or changed the format.
    is_open = models.BooleanField()

    class Meta:
        indexes = [
            models.Index(
                name="unread_reply_open", fields=["endpoint_id"], condition=Q(is_open=True)
            )
        ]

    def __str__(self) -> str:
        return f"{self.endpoint_id} {self.job_id}"
