"""Invitations to create an account."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from accounts.models.users import User


class InvitationState(models.TextChoices):
    """The state of an invitation; computed, not stored."""

    # Sent; its link works.
    PENDING = "pending", _("Pending")
    # An account was created with it.
    ACCEPTED = "accepted", _("Accepted")
    # Its time is over. It can be sent again, with a new end.
    EXPIRED = "expired", _("Expired")
    # Staff withdrew it.
    REVOKED = "revoked", _("Revoked")


class Invitation(models.Model):
    """An invitation by email, used once. Only `accounts.access.invitations` writes it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = models.EmailField(_("email"), max_length=254)
    credits = models.PositiveIntegerField(
        _("starting credits"), help_text=_("Granted when the account is created.")
    )
    language = models.CharField(_("language"), max_length=8)
    invited_by = models.ForeignKey(
        User,
        models.SET_NULL,
        related_name="invitations_sent",
        null=True,
        blank=True,
        verbose_name=_("invited by"),
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    sent_at = models.DateTimeField(_("sent"), default=timezone.now, editable=False)
    expires_at = models.DateTimeField(_("expires"))
    accepted_at = models.DateTimeField(_("accepted"), null=True, blank=True, editable=False)
    # Deleted with the personal data of the account: it contains the address.
    user = models.OneToOneField(
        User,
        models.CASCADE,
        related_name="invitation",
        null=True,
        blank=True,
        verbose_name=_("user"),
    )
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        ordering = ("-created_at", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=("email",),
                condition=Q(accepted_at=None, revoked_at=None),
                name="one_open_invitation_per_email",
            ),
            models.CheckConstraint(
                condition=Q(accepted_at=None, user=None)
                | Q(accepted_at__isnull=False, user__isnull=False, revoked_at=None),
                name="invitation_accepted_by_a_user",
            ),
        )
        indexes = (
            models.Index(F("created_at").desc(), F("id").desc(), name="invitations_newest_first"),
        )

    def __str__(self) -> str:
        return self.email

    @property
    def state(self) -> InvitationState:
        if self.accepted_at:
            return InvitationState.ACCEPTED
        if self.revoked_at:
            return InvitationState.REVOKED
        if self.expires_at <= timezone.now():
            return InvitationState.EXPIRED
        return InvitationState.PENDING
