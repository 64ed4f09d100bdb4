"""Requests for credits, and the page that says how to get them."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from accounts.models.users import User

MAX_NOTE_LENGTH = 1000
MAX_ANSWER_LENGTH = 300
MAX_TEXT_LENGTH = 5000


class CreditRequestState(models.TextChoices):
    # Waits for staff. A user has one of these at most.
    OPEN = "open", _("Open")
    # `amount` credits were added.
    GRANTED = "granted", _("Granted")
    # Staff said no, and `answer` says why.
    DECLINED = "declined", _("Declined")
    # The user took it back before staff decided.
    WITHDRAWN = "withdrawn", _("Withdrawn")


class CreditRequest(models.Model):
    """A user's request for credits. Only `accounts.credits.credit_requests` writes it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(
        User, models.CASCADE, related_name="credit_requests", verbose_name=_("user")
    )
    note = models.CharField(_("note"), max_length=MAX_NOTE_LENGTH)
    state = models.CharField(
        _("state"),
        max_length=9,
        choices=CreditRequestState.choices,
        default=CreditRequestState.OPEN,
    )
    created_at = models.DateTimeField(_("sent"), default=timezone.now, editable=False)
    # Of the end, whichever it is. NULL while it is open.
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True, editable=False)
    decided_by = models.ForeignKey(
        User,
        models.SET_NULL,
        related_name="credit_requests_decided",
        null=True,
        blank=True,
        verbose_name=_("by"),
    )
    amount = models.PositiveIntegerField(_("credits"), null=True, blank=True)
    # What staff say to the user: with a refusal always.
    answer = models.CharField(_("answer"), max_length=MAX_ANSWER_LENGTH, blank=True)

    class Meta:
        verbose_name = _("request for credits")
        verbose_name_plural = _("requests for credits")
        ordering = ("-created_at", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=("user",), condition=Q(state="open"), name="one_open_credit_request_per_user"
            ),
            models.CheckConstraint(
                condition=Q(state="open", decided_at=None, amount=None)
                | Q(state="withdrawn", decided_at__isnull=False, amount=None)
                | Q(state="granted", decided_at__isnull=False, amount__gte=1)
                | Q(state="declined", decided_at__isnull=False, amount=None) & ~Q(answer=""),
                name="credit_request_says_how_it_ended",
            ),
            # A comparison with NULL is not false, so the condition above allows it.
            models.CheckConstraint(
                condition=~Q(state="granted") | Q(amount__isnull=False),
                name="credit_request_granted_with_an_amount",
            ),
        )
        indexes = (
            models.Index(
                "created_at", "id", condition=Q(state="open"), name="credit_requests_open"
            ),
            models.Index(
                F("created_at").desc(), F("id").desc(), name="credit_requests_newest_first"
            ),
        )

    def __str__(self) -> str:
        return f"{self.user.email}, {self.created_at:%Y-%m-%d}"


class CreditPage(models.Model):
    """What the page “How to get credits” says: one row, which staff edit."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    text_en = models.TextField(_("text (English)"), max_length=MAX_TEXT_LENGTH, blank=True)
    text_ru = models.TextField(_("text (Russian)"), max_length=MAX_TEXT_LENGTH, blank=True)
    takes_requests = models.BooleanField(
        _("“Ask for credits”"),
        default=True,
        help_text=_("Turn this off if nobody answers requests."),
    )

    class Meta:
        verbose_name = _("page “How to get credits”")
        verbose_name_plural = _("page “How to get credits”")
        constraints = (models.CheckConstraint(condition=Q(id=1), name="credit_page_is_one_row"),)

    def __str__(self) -> str:
        return str(_("How to get credits"))

    @property
    def text(self) -> str:
        """The text in the active language; empty: the default one."""
        return self.text_ru if (get_language() or "").startswith("ru") else self.text_en
