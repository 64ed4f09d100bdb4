"""Serializers of the account and its ledger."""

from django.utils.translation import gettext as _
from rest_framework import serializers

from accounts.models import CreditEntry
from artgen.api.shapes import Moment, Shape


class LimitShape(Shape):
    """One limit and what is used of it."""

    limit = serializers.IntegerField(allow_null=True, help_text="Null: no limit.")
    used = serializers.IntegerField()

    class Meta:
        ref_name = "Limit"


class LimitsShape(Shape):
    """Limits of the user. A day begins at midnight in the time zone of the site."""

    jobs_at_once = LimitShape(help_text="Jobs submitted, running or being stored.")
    jobs_waiting = LimitShape(help_text="Queued jobs.")
    jobs_per_day = LimitShape(help_text="Jobs created today.")
    cancels_per_day = LimitShape(help_text="Jobs canceled by the user today.")
    credits_per_day = LimitShape(help_text="Credits held for the jobs created today.")
    upload_bytes = LimitShape(help_text="Bytes of all uploads.")
    image_bytes = LimitShape(help_text="Bytes of all images, trashed ones included.")

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
