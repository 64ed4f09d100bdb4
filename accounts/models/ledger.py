"""The ledger of credits, which is append-only."""

from __future__ import annotations

from typing import Any, NoReturn

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from accounts.models.users import User


class AppendOnly(TypeError):
    """A ledger entry cannot be changed or deleted. Write an `adjust` entry instead."""


class CreditEntryQuerySet(models.QuerySet["CreditEntry"]):
    def of(self, user: User) -> CreditEntryQuerySet:
        """Return the entries of one user, newest first."""
        return self.filter(user=user).order_by("-created_at", "-id")

    def update(self, **kwargs: object) -> NoReturn:
        raise AppendOnly("The ledger is append-only.")

    def delete(self) -> NoReturn:
        raise AppendOnly("The ledger is append-only.")

    update.alters_data = True  # type: ignore[attr-defined]
    delete.alters_data = True  # type: ignore[attr-defined]


class CreditEntry(models.Model):
    """One entry of the ledger, never changed. A user's amounts sum to `User.credits`.

    Only `accounts.credits.ledger` and `holds` insert them. A trigger refuses UPDATE and
    DELETE as well.
    """

    class Kind(models.TextChoices):
        # Credits were added: starting balance, gift, purchase. Amount > 0, no reference.
        GRANT = "grant", _("Added")
        # The price of a job is held until the job ends. Amount −N ≤ 0.
        HOLD = "hold", _("Held")
        # The job's images are stored and its hold is charged. Amount held − price, usually 0.
        SETTLE = "settle", _("Charged")
        # The job failed or was canceled and its hold was returned. Amount +N ≥ 0.
        RELEASE = "release", _("Returned")
        # A correction by staff. Any sign, never 0.
        ADJUST = "adjust", _("Adjustment")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, models.PROTECT, related_name="entries", verbose_name=_("user"))
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices)
    amount = models.IntegerField(_("amount"))
    balance_after = models.IntegerField(_("balance after"))
    reference = models.UUIDField(_("reference"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    # PROTECT, not SET_NULL: setting it to NULL would rewrite history.
    actor = models.ForeignKey(
        User,
        models.PROTECT,
        related_name="entries_made",
        null=True,
        blank=True,
        verbose_name=_("by"),
    )
    created_at = models.DateTimeField(_("at"), default=timezone.now)
    # Names what a grant is for outside of the ledger, such as a payment, and is granted once.
    external_reference = models.CharField(
        _("external reference"), max_length=200, null=True, blank=True, editable=False
    )

    webhook_topics: str = ""
    """`User.webhook_topics` when a hold ended; known to the written instance, not stored."""

    objects = CreditEntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("ledger entry")
        verbose_name_plural = _("ledger entries")
        constraints = (
            models.CheckConstraint(
                condition=Q(kind="grant", amount__gt=0)
                | Q(kind="hold", amount__lte=0)
                | Q(kind__in=("settle", "release"), amount__gte=0)
                | Q(kind="adjust", amount__gt=0)
                | Q(kind="adjust", amount__lt=0),
                name="amount_has_the_sign_of_its_kind",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=("hold", "settle", "release"), reference__isnull=False)
                | Q(kind__in=("grant", "adjust"), reference__isnull=True),
                name="reference_exactly_for_holds_and_ends",
            ),
            models.CheckConstraint(
                condition=Q(balance_after__gte=0), name="balance_after_never_negative"
            ),
            models.UniqueConstraint(
                fields=("reference",), condition=Q(kind="hold"), name="one_hold_per_reference"
            ),
            models.UniqueConstraint(
                fields=("reference",),
                condition=Q(kind__in=("settle", "release")),
                name="a_hold_ends_once",
            ),
            models.UniqueConstraint(
                fields=("external_reference",),
                condition=Q(external_reference__isnull=False),
                name="external_reference_granted_once",
            ),
            models.CheckConstraint(
                condition=Q(external_reference=None) | Q(kind="grant") & ~Q(external_reference=""),
                name="external_reference_only_of_grants",
            ),
        )
        indexes = (
            models.Index(
                "user", F("created_at").desc(), F("id").desc(), name="ledger_newest_first"
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.amount:+d}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert a new entry; raise `AppendOnly` for an existing one."""
        if not self._state.adding:
            raise AppendOnly("The ledger is append-only.")
        super().save(*args, **{**kwargs, "force_insert": True})

    def delete(self, *args: object, **kwargs: object) -> NoReturn:
        raise AppendOnly("The ledger is append-only.")
