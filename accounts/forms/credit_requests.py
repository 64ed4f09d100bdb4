"""Forms about requests for credits: the user's note, and the decision of staff."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.models.credit_requests import MAX_ANSWER_LENGTH, MAX_NOTE_LENGTH

MAX_AMOUNT = 1_000_000


class AskForm(forms.Form):
    note = forms.CharField(
        label=_("What do you need credits for?"),
        min_length=3,
        max_length=MAX_NOTE_LENGTH,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class CreditDecisionForm(forms.Form):
    """Credits to add, or a reason why not; the button decides."""

    GRANT, DECLINE = "grant", "decline"

    amount = forms.IntegerField(
        label=_("Credits"), required=False, min_value=1, max_value=MAX_AMOUNT
    )
    answer = forms.CharField(
        label=_("Answer"),
        required=False,
        max_length=MAX_ANSWER_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The user gets it by email and sees it. Needed to decline."),
    )
    decision = forms.ChoiceField(choices=[(GRANT, _("Grant")), (DECLINE, _("Decline"))])

    def clean(self) -> dict[str, Any]:
        """Demand credits to grant, and a reason to decline."""
        data = self.cleaned_data
        decision = data.get("decision")
        if decision == self.GRANT and data.get("amount") is None and "amount" not in self.errors:
            self.add_error("amount", ValidationError(_("Enter the credits."), code="required"))
        if decision == self.DECLINE and not data.get("answer") and "answer" not in self.errors:
            self.add_error("answer", ValidationError(_("Enter a reason."), code="required"))
        return data
