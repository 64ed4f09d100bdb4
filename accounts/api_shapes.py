"""Serializers of the account and its ledger."""

from django.utils.translation import gettext as _
from rest_framework import serializers

from accounts.models import CreditEntry
from artgen.api.shapes import Moment, Shape


class LimitsShape(Shape):
    """Limits of one user."""

    waiting_jobs = serializers.IntegerField(help_text="Queued jobs at the same time.")
    upload_bytes = serializers.IntegerField(help_text="Bytes of one upload.")
    placing_rate = serializers.CharField(help_text="Requests that create jobs.")
    uploading_rate = serializers.CharField(help_text="Uploads.")

    class Meta:
        ref_name = "Limits"


class AccountShape(Shape):
    """The user, and the balance in whole credits."""

    email = serializers.EmailField()
    credits = serializers.IntegerField(help_text="Available.")
    held = serializers.IntegerField(help_text="Held for jobs in progress.")
    limits = LimitsShape()

    class Meta:
        ref_name = "Account"


class ReasonText(serializers.CharField):
    """The reason of an entry, as shown."""

    def get_attribute(self, instance: CreditEntry) -> str:
        """Return the reason in the language of the request."""
        return shown_reason(instance)


class LedgerEntryShape(Shape):
    """One entry of the ledger. The amounts of all entries sum to `credits`."""

    kind = serializers.ChoiceField(choices=CreditEntry.Kind.choices)
    amount = serializers.IntegerField()
    balance_after = serializers.IntegerField()
    job = serializers.UUIDField(source="reference", allow_null=True)
    reason = ReasonText(allow_blank=True)
    created_at = Moment()

    class Meta:
        ref_name = "LedgerEntry"


def shown_reason(entry: CreditEntry) -> str:
    """Return the reason; ArtGen's own ones, of grants, in the language of the request."""
    is_own = entry.kind == CreditEntry.Kind.GRANT and entry.reason
    return _(entry.reason) if is_own else entry.reason
