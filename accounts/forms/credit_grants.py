"""The form with which staff add or remove credits."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _


class GrantForm(forms.Form):
    """Credits that staff add or remove, and why."""

    amount = forms.IntegerField(
        label=_("Credits"),
        min_value=-1_000_000,
        max_value=1_000_000,
        help_text=_(
            "A positive number adds credits, a negative one takes free ones back. Those held for "
            "jobs in progress stay with the jobs; what comes back can be taken later."
        ),
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=300,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text=_("Visible to the user. Can’t be changed later."),
    )
    at_most = forms.BooleanField(
        label=_("If there are fewer to take back, take all of them"), required=False
    )
    once = forms.UUIDField(widget=forms.HiddenInput)

    def clean_amount(self) -> int:
        amount: int = self.cleaned_data["amount"]
        if amount == 0:
            raise ValidationError(_("Enter a number other than 0."), code="zero")
        return amount


class RefundForm(forms.Form):
    """Credits of a job that staff return, and why."""

    amount = forms.IntegerField(label=_("Credits"), min_value=1, max_value=1_000_000_000)
    reason = forms.CharField(
        label=_("Reason"),
        max_length=300,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text=_("Visible to the user. Can’t be changed later."),
    )
