"""Forms of sign-up: the address, then what completes the account."""

from zoneinfo import available_timezones

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.access import sign_up_rules
from accounts.forms.emails import EmailForm
from accounts.forms.fields import MAX_PASSWORD_LENGTH, NEW_PASSWORD_HINT
from accounts.models import User


class SignUpForm(EmailForm):
    """The address of a new account, if SIGN_UP allows it."""

    def clean_email(self) -> str:
        """Return the normalized address; refuse other domains than SIGN_UP_DOMAINS."""
        email = super().clean_email()
        try:
            sign_up_rules.check_domain(email)
        except sign_up_rules.OtherDomain as refusal:
            raise ValidationError(refusal.message, code=refusal.code) from refusal
        return email


class FinishSignUpForm(forms.ModelForm):  # type: ignore[type-arg]
    """Name and password of a new user whose address is confirmed."""

    password = forms.CharField(
        label=_("Password"),
        strip=False,
        max_length=MAX_PASSWORD_LENGTH,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "autofocus": True}),
        help_text=NEW_PASSWORD_HINT,
    )

    class Meta:
        model = User
        fields = ("name", "password", "time_zone")
        widgets = {
            "time_zone": forms.HiddenInput,
            "name": forms.TextInput(attrs={"autocomplete": "name"}),
        }
        labels = {"name": _("Name (optional)")}

    field_order = ("name", "password", "time_zone")

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        validate_password(password, self.instance)
        return password

    def clean_time_zone(self) -> str:
        """Return the browser's time zone; an unknown one is ignored, not refused."""
        name: str = self.cleaned_data["time_zone"]
        return name if name in available_timezones() else ""
