"""Forms of the account pages."""

from functools import cache
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm, SetPasswordForm
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.text import format_lazy
from django.utils.translation import get_language_info, ngettext
from django.utils.translation import gettext_lazy as _

from accounts import login_throttle
from accounts.models import User, fold
from artgen import formatting


class PausingMixin:
    """Count tries and make whoever guesses wait; for an AuthenticationForm."""

    request: Any
    cleaned_data: dict[str, Any]
    current: login_throttle.Try
    seconds_to_wait = 0

    def clean(self) -> dict[str, Any]:
        """Refuse a try during a pause, without looking at the password; `seconds_to_wait` says how long it is."""
        email, password = self.cleaned_data.get("username"), self.cleaned_data.get("password")
        if email and password:
            try:
                self.current = login_throttle.begin(self.request, email)
            except login_throttle.MustWait as refusal:
                self.seconds_to_wait = refusal.seconds
                raise ValidationError(refusal.message, code="paused") from refusal
        cleaned: dict[str, Any] = super().clean()  # type: ignore[misc]
        if email and password:
            login_throttle.forget(self.request, email)
        return cleaned

    def get_invalid_login_error(self) -> ValidationError:
        """Return the same words for a wrong password, an unknown address and an account that is switched off."""
        if self.current.wait:
            return ValidationError(
                _("Email and password do not match. The next try is possible in %(duration)s."),
                code="invalid_login",
                params={"duration": formatting.duration(self.current.wait)},
            )
        return ValidationError(
            ngettext(
                "Email and password do not match. %(count)s try left.",
                "Email and password do not match. %(count)s tries left.",
                self.current.left,
            ),
            code="invalid_login",
            params={"count": self.current.left},
        )


class SignInForm(PausingMixin, AuthenticationForm):
    """Email and password; the address is in `username`, as password managers expect."""

    username = forms.EmailField(
        label=_("Email"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True}),
    )

    def refuse(self) -> None:
        """Point at the password, where the words about a refusal stand."""
        del self.fields["username"].widget.attrs["autofocus"]
        self.fields["password"].widget.attrs |= {
            "autofocus": True,
            "aria-invalid": "true",
            "aria-describedby": "id_password_refusal",
        }

    def clean_username(self) -> str:
        """Return the address in the spelling under which accounts are kept."""
        return fold(self.cleaned_data["username"])


class EmailForm(forms.Form):
    """One address, to which a letter goes."""

    email = forms.EmailField(
        label=_("Email"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "autofocus": True}),
    )

    def clean_email(self) -> str:
        """Return the address in the spelling under which accounts are kept."""
        return fold(self.cleaned_data["email"])


class FinishSignUpForm(forms.ModelForm):  # type: ignore[type-arg]
    """Name and password of a new user whose address is known to be theirs."""

    password = forms.CharField(
        label=_("Password"),
        strip=False,
        max_length=1024,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "autofocus": True}),
        help_text=_("At least 8 characters, not one of the common ones."),
    )

    class Meta:
        model = User
        fields = ("name", "password", "time_zone")
        widgets = {
            "time_zone": forms.HiddenInput,
            "name": forms.TextInput(attrs={"autocomplete": "name"}),
        }
        labels = {"name": _("Name, if you like")}

    field_order = ("name", "password", "time_zone")

    def clean_password(self) -> str:
        """Return the password if the rules allow it for this user."""
        password: str = self.cleaned_data["password"]
        validate_password(password, self.instance)
        return password

    def clean_time_zone(self) -> str:
        """Return the browser's time zone, or nothing: a zone we do not know is no reason to stop anybody."""
        name: str = self.cleaned_data["time_zone"]
        return name if name in available_timezones() else ""


NEW_PASSWORD_HINT = _("At least 8 characters, not one of the common ones.")


class NewPasswordForm(SetPasswordForm):  # type: ignore[type-arg]
    """The new password, twice, after a reset."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["new_password1"].help_text = NEW_PASSWORD_HINT
        self.fields["new_password1"].widget.attrs["autofocus"] = True
        self.fields["new_password2"].label = _("New password once more")
        self.fields["new_password2"].help_text = ""


class ChangePasswordForm(PasswordChangeForm):
    """The old password, and the new one twice."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["new_password1"].help_text = NEW_PASSWORD_HINT
        self.fields["new_password2"].label = _("New password once more")
        self.fields["new_password2"].help_text = ""


class PasswordForm(forms.Form):
    """The password once more, before something that cannot be taken back for long."""

    password = forms.CharField(
        label=_("Your password"),
        strip=False,
        max_length=1024,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_password(self) -> str:
        """Return the password if it is the user's."""
        password: str = self.cleaned_data["password"]
        if not self.user.check_password(password):
            raise ValidationError(_("This is not your password."), code="wrong")
        return password


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]
    """What a user may say about themselves: name, language, time zone."""

    class Meta:
        model = User
        fields = ("name", "language", "time_zone")
        widgets = {"name": forms.TextInput(attrs={"autocomplete": "name"})}
        help_texts = {"language": "", "time_zone": ""}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["language"] = language_field()
        self.fields["time_zone"] = time_zone_field()


class TokenForm(forms.Form):
    """The name of a new token."""

    name = forms.CharField(label=_("Name of the new token"), max_length=100)


class GrantForm(forms.Form):
    """Credits that staff add or take away, and why."""

    amount = forms.IntegerField(
        label=_("Credits"),
        min_value=-1_000_000,
        max_value=1_000_000,
        help_text=_("More than 0 adds credits; less than 0 takes them away as an adjustment."),
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=300,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text=_("The user sees it; it stays in the ledger for good."),
    )
    once = forms.UUIDField(widget=forms.HiddenInput)

    def clean_amount(self) -> int:
        """Return an amount that changes something."""
        amount: int = self.cleaned_data["amount"]
        if amount == 0:
            raise ValidationError(_("0 credits change nothing."), code="zero")
        return amount


def language_field() -> forms.ChoiceField:
    """Return the choice among the languages of the pages, or none."""
    languages = [
        (code, get_language_info(code)["name_local"].capitalize())
        for code, _name in settings.LANGUAGES
    ]
    return forms.ChoiceField(
        label=_("Language"), required=False, choices=[("", _("As the browser asks")), *languages]
    )


def time_zone_field() -> forms.ChoiceField:
    """Return the choice among the time zones of the world by region, or none."""
    server = format_lazy("{} ({})", _("As the server"), settings.TIME_ZONE)
    return forms.ChoiceField(
        label=_("Time zone"), required=False, choices=[("", server), *_time_zones()]
    )


@cache
def _time_zones() -> list[tuple[str, list[tuple[str, str]]]]:
    regions: dict[str, list[tuple[str, str]]] = {}
    for name in sorted(available_timezones()):
        region, _slash, place = name.partition("/")
        if place and region not in ("Etc", "SystemV", "US", "Canada", "Brazil", "Chile", "Mexico"):
            regions.setdefault(region, []).append(
                (name, place.replace("_", " ").replace("/", " / "))
            )
    return [*regions.items(), ("UTC", [("UTC", "UTC")])]
