"""Addresses to which a user's events are sent, and the messages to them."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from accounts.models.users import User
from artgen.database.due_rows import DueRow

URL_MAX_LENGTH = 500  # of up to four bytes: an index has at most 2,700
PUSH = "push"
"""The topic of browsers, beside those of WebhookTopic, which receivers may be sent."""


class WebhookTopic(models.TextChoices):
    """What an address may be sent."""

    JOBS = "jobs", _("A job has ended")  # job.succeeded, job.failed, job.canceled
    BATCHES = "batches", _("A batch has ended")  # batch.ended
    CREDITS = "credits", _("Credits are low")  # credits.low
    EXPORTS = "exports", _("A data export is ready")  # export.ready


class WebhookOff(models.TextChoices):
    """Why an address is turned off."""

    OWNER = "owner"  # its user wanted it
    GONE = "gone"  # the receiver replied 410
    FAILING = "failing"  # every attempt had failed for three days


class WebhookAddressQuerySet(models.QuerySet["WebhookAddress"]):
    def receivers(self) -> WebhookAddressQuerySet:
        """Keep users' programs."""
        return self.filter(session=None)

    def browsers(self) -> WebhookAddressQuerySet:
        """Keep browsers with push notifications."""
        return self.filter(session__isnull=False)


class WebhookAddress(models.Model):
    """A receiver: a program of the user, or, with a session, the push service of a browser.

    Only `accounts.webhooks` writes it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(
        User, models.CASCADE, related_name="webhooks", verbose_name=_("user"), db_index=False
    )
    # May contain a secret, as addresses of Slack and n8n do: staff see its host only.
    url = models.CharField(max_length=URL_MAX_LENGTH)
    # Of a browser: where its user is signed in. Many statements delete rows of sessions and know
    # nothing of this one; `push_browsers` removes the browsers of ended ones.
    session = models.ForeignKey(
        "usersessions.UserSession",
        models.DO_NOTHING,
        related_name="+",
        null=True,
        editable=False,
        db_constraint=False,
        db_index=False,
    )
    # Members of WebhookTopic, separated by spaces; PUSH of a browser.
    topics = models.CharField(_("events"), max_length=60)
    # `credits.low` is sent when the free credits fall below this number.
    credits_below = models.PositiveIntegerField()
    # `whsec_…`, or `push_browsers.BrowserKeys`; encrypted by `accounts.webhooks.secrets`.
    secret = models.TextField()
    # The one before, with which messages are signed as well until then; "" without one.
    old_secret = models.TextField(blank=True, default="", db_default="")
    old_secret_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    # Since then every attempt has failed. NULL: the last one succeeded, or there was none.
    failing_since = models.DateTimeField(_("failing since"), null=True)
    # The receiver asked for a pause.
    paused_until = models.DateTimeField(null=True)
    # NULL: it is on.
    disabled_at = models.DateTimeField(_("turned off"), null=True)
    disabled_reason = models.CharField(
        max_length=10, choices=WebhookOff.choices, blank=True, default="", db_default=""
    )

    objects = WebhookAddressQuerySet.as_manager()

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(
                fields=("user", "url"), name="webhook_addresses_unique_per_user"
            ),
            models.UniqueConstraint(
                fields=("session",),
                condition=Q(session__isnull=False),
                name="push_once_per_session",
            ),
            models.UniqueConstraint(
                fields=("url",), condition=Q(session__isnull=False), name="push_to_one_user"
            ),
            models.CheckConstraint(
                condition=Q(disabled_at=None, disabled_reason="")
                | Q(disabled_at__isnull=False) & ~Q(disabled_reason=""),
                name="webhook_is_off_for_a_reason",
            ),
        )

    def __str__(self) -> str:
        return self.host

    @property
    def host(self) -> str:
        return urlsplit(self.url).netloc

    @property
    def is_on(self) -> bool:
        return self.disabled_at is None

    @property
    def is_browser(self) -> bool:
        return self.session_id is not None


class WebhookMessage(DueRow):
    """One event for one address: what is to be sent, and what came of it.

    Without `due_at` there is no further attempt. `attempts` counts from when it was written or
    replayed.

    `accounts.webhooks.outbox` writes it in the transaction of the event.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    # NULL: an alert for ALERT_WEBHOOK_URL, which `generation.operations.alerts` sends.
    address = models.ForeignKey(
        WebhookAddress, models.CASCADE, related_name="messages", null=True, db_index=False
    )
    type = models.CharField(max_length=30)  # such as job.succeeded
    body = models.TextField()  # as it is sent, in every attempt
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    delivered_at = models.DateTimeField(null=True)
    # `accounts.webhooks.delivery.AttemptJson`, oldest first.
    attempt_log = models.JSONField(default=list)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                condition=Q(due_at=None) | Q(delivered_at=None),
                name="delivered_webhook_message_is_not_due",
            ),
        )
        indexes = (
            models.Index(
                "address", "due_at", "id", name="webhook_due", condition=Q(due_at__isnull=False)
            ),
            models.Index("due_at", name="webhook_due_first", condition=Q(due_at__isnull=False)),
            models.Index("address", F("id").desc(), name="webhook_log"),
            models.Index("created_at", name="webhook_by_time"),
        )

    def __str__(self) -> str:
        return self.type

    @property
    def message_id(self) -> str:
        """The `webhook-id`, the same in every attempt."""
        return f"msg_{self.id.hex}"
