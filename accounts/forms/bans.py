"""The form with which staff ban a user."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.access.bans import MAX_REASON_LENGTH
from artgen.web import years

WITHOUT_END, AT_A_TIME = "", "until"


def periods() -> list[tuple[str, Any]]:
    """Return how long a ban may last, in the active language."""
    return [
        *(
            (str(days), ngettext("%(count)d day", "%(count)d days", days) % {"count": days})
            for days in (1, 3, 7, 30, 365)
        ),
        (AT_A_TIME, _("Until the time below")),
        (WITHOUT_END, _("Without an end")),
    ]


class MinuteInput(forms.DateTimeInput):
    """The browser's own field for day and time, in the time zone of staff."""

    input_type = "datetime-local"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%dT%H:%M")


class BanForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=MAX_REASON_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3, "autofocus": True}),
        help_text=_("The user sees it."),
    )
    period = forms.ChoiceField(label=_("How long"), choices=periods, initial="7", required=False)
    until = forms.DateTimeField(
        label=_("Until"), required=False, widget=MinuteInput, validators=[years.validate]
    )

    def clean(self) -> dict[str, Any]:
        """Ask for the time where it is missing or over."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("period") == AT_A_TIME and "until" not in self.errors:
            until = cleaned.get("until")
            if until is None or until <= timezone.now():
                self.add_error("until", ValidationError(_("Enter a time in the future."), "past"))
        return cleaned

    def until_time(self) -> datetime | None:
        """Return the end of the ban, None for one without an end."""
        period: str = self.cleaned_data["period"]
        if period == AT_A_TIME:
            end: datetime = self.cleaned_data["until"]
            return end
        return timezone.now() + timedelta(days=int(period)) if period else None
