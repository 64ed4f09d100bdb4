"""Forms of vouchers: staff create them, users redeem them."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.credits import vouchers
from accounts.credits.vouchers import VoucherTerms
from accounts.forms.bans import MinuteInput
from artgen.web import years


class VoucherForm(forms.Form):
    """How many vouchers, of how many credits, for how many accounts each, until when."""

    count = forms.IntegerField(
        label=_("Vouchers"), initial=1, min_value=1, max_value=vouchers.MAX_AT_ONCE
    )
    amount = forms.IntegerField(label=_("Credits each"), min_value=1, max_value=vouchers.MAX_AMOUNT)
    max_uses = forms.IntegerField(
        label=_("Accounts that may use each"),
        initial=1,
        min_value=1,
        max_value=vouchers.MAX_USES,
        help_text=_("Each account once."),
    )
    expires_at = forms.DateTimeField(
        label=_("Valid until"),
        required=False,
        widget=MinuteInput,
        validators=[years.validate],
        help_text=_("Empty: without an end."),
    )
    note = forms.CharField(
        label=_("Note"),
        required=False,
        max_length=100,
        help_text=_("For staff, such as what it is for."),
    )
    once = forms.UUIDField(widget=forms.HiddenInput)

    def clean_expires_at(self) -> Any:
        """Return the end; refuse one in the past."""
        end = self.cleaned_data["expires_at"]
        if end is not None and end <= timezone.now():
            raise ValidationError(_("Enter a time in the future."), code="past")
        return end

    def terms(self) -> VoucherTerms:
        names = ("amount", "max_uses", "expires_at", "note")
        return VoucherTerms(**{name: self.cleaned_data[name] for name in names})


class RedeemForm(forms.Form):
    code = forms.CharField(
        label=_("Voucher code"),
        max_length=64,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "autocapitalize": "characters",
                "spellcheck": "false",
                "placeholder": vouchers.shown_code("X" * vouchers.CODE_LENGTH),
            }
        ),
    )
