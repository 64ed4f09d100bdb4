"""Forms of the pages of webhooks."""

from datetime import timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.credits import ledger
from accounts.forms.bans import MinuteInput
from accounts.models import WebhookAddress, WebhookTopic
from accounts.models.webhooks import URL_MAX_LENGTH
from accounts.webhooks import push_encryption, push_keys, receiver
from accounts.webhooks.receiver import UrlRefused
from artgen.web import years

CREDITS_BELOW = 50


def _check_url(url: str) -> None:
    try:
        receiver.check_url(url)
    except UrlRefused as refusal:
        raise ValidationError(refusal.message) from refusal


class WebhookEventsForm(forms.Form):
    """Which events an address is sent."""

    topics = forms.MultipleChoiceField(
        label=_("Events"),
        choices=WebhookTopic.choices,
        initial=WebhookTopic.values,
        widget=forms.CheckboxSelectMultiple,
    )
    credits_below = forms.IntegerField(
        label=_("Credits are low below"),
        min_value=1,
        max_value=ledger.MAX_CREDITS,
        initial=CREDITS_BELOW,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )

    @classmethod
    def of(cls, address: WebhookAddress) -> "WebhookEventsForm":
        return cls(
            initial={"topics": address.topics.split(), "credits_below": address.credits_below}
        )


class WebhookForm(WebhookEventsForm):
    """A new address."""

    url = forms.CharField(
        label=_("Address"),
        max_length=URL_MAX_LENGTH,
        validators=[_check_url],
        widget=forms.URLInput(attrs={"placeholder": "https://example.com/hooks/artgen"}),
    )


class PushForm(forms.Form):
    """A subscription of a browser, as `PushSubscription.toJSON` has it."""

    url = forms.CharField(max_length=URL_MAX_LENGTH, validators=[_check_url])
    p256dh = forms.CharField(max_length=100)
    auth = forms.CharField(max_length=40)
    server_key = forms.CharField(max_length=100)
    replaces = forms.CharField(max_length=URL_MAX_LENGTH, required=False)
    """The address of the subscription in whose place this one is."""

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if self.errors:
            return data
        is_current = data["server_key"] == push_keys.public_key()
        if not is_current or not push_encryption.are_keys(p256dh=data["p256dh"], auth=data["auth"]):
            raise ValidationError(_("The subscription of this browser is not valid. Try again."))
        return data


class ReplayForm(forms.Form):
    """Since when failed events are sent again."""

    since = forms.DateTimeField(
        label=_("Failed since"), widget=MinuteInput, validators=[years.validate]
    )

    @classmethod
    def of(cls, address: WebhookAddress) -> "ReplayForm":
        return cls(initial={"since": address.failing_since or timezone.now() - timedelta(days=1)})
