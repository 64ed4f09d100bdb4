"""Emails that are not sent yet."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from artgen.database.due_rows import DueRow


class OutgoingEmail(DueRow):
    """An email that is not sent yet. `accounts.emails.outbox` writes it, sends it and deletes it.

    The text contains links that sign in or reset a password, so it is encrypted
    (`accounts.emails.outbox`) and kept only until it is sent. Without `due_at` it was given up;
    the row stays for `doctor`, without its text.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    # Empty: deleted without being sent (see `outbox.enqueue`).
    recipient = models.EmailField(_("recipient"), max_length=254, blank=True)
    subject = models.TextField(_("subject"))
    body = models.TextField(blank=True)
    # Not written or read any more; the version before does both, so the column stays a release.
    error_kind = models.CharField(max_length=20, blank=True, db_default="")
    # What the server said; empty: the email was not tried, or is being sent.
    last_error = models.CharField(_("reply of the mail server"), max_length=400, blank=True)
    created_at = models.DateTimeField(_("enqueued"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("outgoing email")
        verbose_name_plural = _("outgoing emails")
        constraints = (
            models.CheckConstraint(
                condition=Q(due_at__isnull=False) | Q(body=""), name="email_given_up_has_no_text"
            ),
        )
        indexes = (models.Index("due_at", "id", name="email_by_due_time"),)

    def __str__(self) -> str:
        return self.subject
