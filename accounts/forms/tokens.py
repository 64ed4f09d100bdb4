"""The form of a new API token."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.credits import ledger
from accounts.models import Scope


def _expiries() -> list[tuple[Any, str]]:
    in_days = [
        (days, ngettext("In %(count)d day", "In %(count)d days", days) % {"count": days})
        for days in (7, 30, 90, 365)
    ]
    return [("", gettext("Never")), *in_days]


class TokenForm(forms.Form):
    """Name, rights and limits of a new token."""

    name = forms.CharField(label=_("Token name"), max_length=100)
    scopes = forms.MultipleChoiceField(
        label=_("Scopes"),
        choices=Scope.choices,
        initial=Scope.values,
        widget=forms.CheckboxSelectMultiple,
    )
    days = forms.TypedChoiceField(
        label=_("Expires"), required=False, coerce=int, empty_value=None, choices=_expiries
    )
    credit_limit = forms.IntegerField(
        label=_("Spending limit in credits (optional)"),
        required=False,
        min_value=1,
        max_value=ledger.MAX_CREDITS,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )

    def expires_at(self) -> datetime | None:
        """Return when the token ends, None for never."""
        days: int | None = self.cleaned_data["days"]
        return timezone.now() + timedelta(days=days) if days else None
