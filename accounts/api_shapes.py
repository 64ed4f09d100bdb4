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
    """Limits of the user. Days and months begin at midnight in the time zone of the site."""

    jobs_at_once = LimitShape(
        help_text="Jobs submitted or running. Further jobs wait in the queue."
    )
    jobs_waiting = LimitShape(help_text="Queued jobs.")
    jobs_per_day = LimitShape(help_text="Jobs created today.")
    jobs_per_month = LimitShape(help_text="Jobs created this month.")
    cancels_per_day = LimitShape(help_text="Jobs canceled by the user today.")
    credits_per_day = LimitShape(help_text="Credits held for the jobs created today.")
    credits_per_month = LimitShape(help_text="Credits held for the jobs created this month.")
    upload_bytes = LimitShape(help_text="Bytes of all uploads.")
    image_bytes = LimitShape(help_text="Bytes of all images, trashed ones included.")

    class Meta:
        ref_name = "Limits"


class ResetsShape(Shape):
    """When the limits of the day and the month start again."""

    day = Moment()
    month = Moment()

    class Meta:
        ref_name = "Resets"


class AllowedShape(Shape):
    """What one request may ask for. Other requests get 403."""

    models = serializers.ListField(
        child=serializers.CharField(), help_text="Slugs of the models that the account may use."
    )
    max_megapixels = serializers.FloatField(
        allow_null=True,
        help_text="Size of the largest image; 1 is 1024 × 1024 pixels. Null: that of the model.",
    )
    max_batch = serializers.IntegerField(
        allow_null=True, help_text="Jobs in one batch. Null: 8, as for everybody."
    )

    class Meta:
        ref_name = "Allowed"


class AccountShape(Shape):
    """The user, and the balance in whole credits."""

    email = serializers.EmailField()
    credits = serializers.IntegerField(help_text="Available.")
    held = serializers.IntegerField(help_text="Held for jobs in progress.")
    limits = LimitsShape()
    resets_at = ResetsShape()
    allowed = AllowedShape()
    token = LimitShape(
        allow_null=True,
        help_text="Credits that the API token of this request may spend; null without a limit.",
    )

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
