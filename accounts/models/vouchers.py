"""Vouchers: codes that add credits, and who has used them."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from accounts.models.users import User


class VoucherState(models.TextChoices):
    """The state of a voucher; computed, not stored."""

    # Its code adds credits.
    VALID = "valid", _("Valid")
    # It was used as often as it may be.
    USED = "used", _("Used up")
    # Its time is over.
    EXPIRED = "expired", _("Expired")
    # Staff withdrew it.
    REVOKED = "revoked", _("Revoked")


class Voucher(models.Model):
    """A code that adds credits to each account once. Only `accounts.credits.vouchers` writes it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    # Of `vouchers.ALPHABET`, without separators.
    code = models.CharField(_("code"), max_length=32, unique=True, editable=False)
    amount = models.PositiveIntegerField(_("credits"))
    max_uses = models.PositiveIntegerField(_("uses"), default=1)
    uses = models.PositiveIntegerField(_("used"), default=0, editable=False)
    expires_at = models.DateTimeField(_("valid until"), null=True, blank=True)
    note = models.CharField(
        _("note"), max_length=100, blank=True, help_text=_("For staff, such as what it is for.")
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    created_by = models.ForeignKey(
        User,
        models.SET_NULL,
        related_name="vouchers_created",
        null=True,
        blank=True,
        verbose_name=_("by"),
    )
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("voucher")
        verbose_name_plural = _("vouchers")
        ordering = ("-created_at", "-id")
        constraints = (
            models.CheckConstraint(
                condition=Q(uses__lte=F("max_uses")), name="voucher_used_no_more_than_allowed"
            ),
            models.CheckConstraint(
                condition=Q(amount__gte=1, max_uses__gte=1), name="voucher_adds_credits"
            ),
        )
        indexes = (
            models.Index(F("created_at").desc(), F("id").desc(), name="vouchers_newest_first"),
        )

    def __str__(self) -> str:
        # Not the whole code: the audit log has names of rows.
        return f"{self.code[:4]}…"

    @property
    def state(self) -> VoucherState:
        if self.revoked_at:
            return VoucherState.REVOKED
        if self.uses >= self.max_uses:
            return VoucherState.USED
        if self.expires_at and self.expires_at <= timezone.now():
            return VoucherState.EXPIRED
        return VoucherState.VALID


class VoucherUse(models.Model):
    """That a user has redeemed a voucher."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    voucher = models.ForeignKey(
        Voucher, models.CASCADE, related_name="used_by", verbose_name=_("voucher")
    )
    user = models.ForeignKey(
        User, models.CASCADE, related_name="voucher_uses", verbose_name=_("user")
    )
    used_at = models.DateTimeField(_("used"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("use of a voucher")
        verbose_name_plural = _("uses of vouchers")
        ordering = ("-used_at", "-id")
        constraints = (
            models.UniqueConstraint(fields=("voucher", "user"), name="voucher_used_once_per_user"),
        )

    def __str__(self) -> str:
        return f"{self.voucher_id} {self.user_id}"
