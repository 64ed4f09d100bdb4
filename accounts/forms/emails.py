"""Forms that ask for an address."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import fold


class EmailForm(forms.Form):
    """The address to which an email is sent."""

    email = forms.EmailField(
        label=_("Email"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "autofocus": True}),
    )

    def clean_email(self) -> str:
        return fold(self.cleaned_data["email"])


class ChangeEmailForm(EmailForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _("New email")
