"""Forms of the account pages."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from allauth.account import forms as allauth_forms
from allauth.account.adapter import get_adapter
from allauth.account.forms import LoginForm, ResetPasswordKeyForm, SetPasswordForm
from allauth.account.models import Login
from allauth.core import context
from allauth.mfa.base import forms as mfa_forms
from allauth.mfa.models import Authenticator
from allauth.mfa.totp import forms as totp_forms
from allauth.mfa.webauthn import forms as webauthn_forms
from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.cache import cache as cache_backend
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import get_language_info, gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts import ledger, login_throttle
from accounts.models import Scope, User, fold
from accounts.second_factor import MFAAdapter
from artgen import formatting

NEW_PASSWORD_HINT = _("At least 10 characters. Common passwords aren’t allowed.")
MAX_PASSWORD_LENGTH = 1024
MAX_CODE_LENGTH = 20
USED_CODE_SECONDS = 120  # longer than a code is accepted


class SignInForm(LoginForm):  # type: ignore[misc]
    """Email and password; the email is posted as `username`, as password managers expect.

    With `staff_only` an account without staff rights is refused in the same words as a wrong
    password.
    """

    def __init__(self, *args: Any, staff_only: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.staff_only = staff_only
        self.seconds_to_wait = 0
        self.fields["login"] = forms.EmailField(
            label=_("Email"),
            max_length=254,
            widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True}),
        )
        self.fields["password"] = forms.CharField(
            label=_("Password"),
            strip=False,
            max_length=MAX_PASSWORD_LENGTH,
            widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        )
        self.order_fields(["login", "password"])

    def add_prefix(self, field_name: str) -> str:
        """Return the name of the field in the page."""
        return "username" if field_name == "login" else field_name

    def clean_login(self) -> str:
        """Return the normalized address."""
        return fold(self.cleaned_data["login"])

    def clean(self) -> dict[str, Any]:
        """Count the attempt, then check the password; nothing is checked during a pause."""
        cleaned: dict[str, Any] = self.cleaned_data
        if self.errors:
            return cleaned
        email = self.cleaned_data["login"]
        try:
            attempt = login_throttle.count_attempt(self.request, email)
        except login_throttle.MustWait as refusal:
            self.seconds_to_wait = refusal.seconds
            raise ValidationError(refusal.message, code=login_throttle.PAUSED) from refusal
        user = get_adapter().authenticate(self.request, **self.user_credentials())
        if user is None or (self.staff_only and not user.is_staff):
            raise _wrong_sign_in(attempt)
        login_throttle.reset(self.request, email)
        self._login = Login(user=user, email=email)
        return cleaned

    def show_refusal(self) -> None:
        """Focus the password field and connect it with the error text."""
        del self.fields["login"].widget.attrs["autofocus"]
        self.fields["password"].widget.attrs |= {
            "autofocus": True,
            "aria-invalid": "true",
            "aria-describedby": "id_password_refusal",
        }


def _wrong_sign_in(attempt: login_throttle.Attempt) -> ValidationError:
    """Return one error for a wrong password, an unknown address and an account without access."""
    if attempt.wait:
        duration = formatting.duration(attempt.wait)
        text = _("Wrong email or password. Try again in %(duration)s.") % {"duration": duration}
    else:
        text = ngettext(
            "Wrong email or password. %(count)s attempt left.",
            "Wrong email or password. %(count)s attempts left.",
            attempt.left,
        ) % {"count": attempt.left}
    return ValidationError(text, code="invalid_login")


class EmailForm(forms.Form):
    """The address to which an email is sent."""

    email = forms.EmailField(
        label=_("Email"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "autofocus": True}),
    )

    def clean_email(self) -> str:
        """Return the normalized address."""
        return fold(self.cleaned_data["email"])


class ChangeEmailForm(EmailForm):
    """The new address of an account."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _("New email")


class ReauthenticateForm(allauth_forms.ReauthenticateForm):  # type: ignore[misc]
    """The password again, before a change to the account's access."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _word(self.fields["password"], _("Current password"))
        self.fields["password"].widget.attrs["autofocus"] = True


class CodeMixin:
    """Limit the attempts at a code, and accept each code once."""

    fields: dict[str, forms.Field]
    user: User

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _word(self.fields["code"], _("Code"))
        self.fields["code"].widget.attrs |= {"autofocus": True, "inputmode": "numeric"}
        self.fields["code"].max_length = MAX_CODE_LENGTH  # type: ignore[attr-defined]

    def clean_code(self) -> str:
        """Return the code; raise ValidationError if it is wrong or used, and during a pause."""
        request = context.request
        email = self.user.email
        login_throttle.count_attempt_in_form(request, email, of=login_throttle.CODES)
        code: str = super().clean_code()  # type: ignore[misc]
        # allauth's own mark ends after 30 s, when a code is still accepted.
        if not cache_backend.add(f"code-used:{self.user.pk}:{code}", 1, USED_CODE_SECONDS):
            raise MFAAdapter().validation_error("incorrect_code")
        login_throttle.reset(request, email, of=login_throttle.CODES)
        return code


class AddAppForm(totp_forms.ActivateTOTPForm):  # type: ignore[misc]
    """The first code of a new authenticator app."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _word(self.fields["code"], _("Code"))
        self.fields["code"].widget.attrs |= {"inputmode": "numeric"}


class SecondFactorForm(CodeMixin, mfa_forms.AuthenticateForm):  # type: ignore[misc]
    """The code that completes a sign-in."""


class ConfirmByCodeForm(CodeMixin, mfa_forms.ReauthenticateForm):  # type: ignore[misc]
    """A code before a change to the account's access."""


@contextmanager
def _refusing_malformed_passkeys() -> Iterator[None]:
    try:
        yield
    except ValidationError:
        raise
    except Exception as error:
        raise MFAAdapter().validation_error("incorrect_code") from error


class CredentialField(forms.JSONField):
    """What the browser says of a passkey; refuses also JSON that Python cannot read.

    Such as a number of 5,000 digits (ValueError), or lists in lists in lists (RecursionError).
    """

    def to_python(self, value: Any) -> Any:
        """Return the value; raise ValidationError."""
        try:
            return super().to_python(value)
        except (ValueError, RecursionError) as error:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from error

    def bound_data(self, data: Any, initial: Any) -> Any:
        """Return what the form shows again: nothing, each passkey is asked for once."""
        return None


class AddPasskeyForm(webauthn_forms.AddWebAuthnForm):  # type: ignore[misc]
    """What the browser says of a new passkey, and its name."""

    credential = CredentialField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _word(self.fields["name"], _("Name"))
        self.fields["name"].max_length = 100
        self.fields["name"].validators.append(MaxLengthValidator(100))

    def clean(self) -> dict[str, Any]:
        """Check the passkey; raise ValidationError for any malformed data."""
        with _refusing_malformed_passkeys():
            return super().clean()  # type: ignore[no-any-return]


class PasskeyForm(webauthn_forms.AuthenticateWebAuthnForm):  # type: ignore[misc]
    """The passkey that completes a sign-in."""

    credential = CredentialField(widget=forms.HiddenInput)

    def clean_credential(self) -> Authenticator:
        """Return the passkey; raise ValidationError for any malformed data."""
        with _refusing_malformed_passkeys():
            return super().clean_credential()


class ConfirmByPasskeyForm(PasskeyForm):
    """A passkey before a change to the account's access."""

    reauthenticated = True


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
        """Return the password if it passes the validators."""
        password: str = self.cleaned_data["password"]
        validate_password(password, self.instance)
        return password

    def clean_time_zone(self) -> str:
        """Return the browser's time zone; an unknown one is ignored, not refused."""
        name: str = self.cleaned_data["time_zone"]
        return name if name in available_timezones() else ""


class NewPasswordForm(ResetPasswordKeyForm):  # type: ignore[misc]
    """The new password, twice, after a reset."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _word_new_password(self)
        self.fields["password1"].widget.attrs["autofocus"] = True


class AddPasswordForm(SetPasswordForm):  # type: ignore[misc]
    """The first password of an account that has none, twice."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _word_new_password(self)


class ChangePasswordForm(allauth_forms.ChangePasswordForm):  # type: ignore[misc]
    """The current password, the new one twice, and whether API tokens end, too."""

    revoke_tokens = forms.BooleanField(label=_("Revoke all API tokens, too"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _word_new_password(self)
        _word(self.fields["oldpassword"], _("Current password"))
        self.fields["oldpassword"].widget.attrs["autofocus"] = True


def _word_new_password(form: forms.Form) -> None:
    _word(form.fields["password1"], _("New password"), NEW_PASSWORD_HINT)
    _word(form.fields["password2"], _("Repeat new password"))


def _word(field: forms.Field, label: Any, hint: Any = "") -> None:
    field.label, field.help_text = label, hint
    field.widget.attrs.pop("placeholder", None)


class PasswordForm(forms.Form):
    """The password again, before an action that cannot be undone."""

    password = forms.CharField(
        label=_("Current password"),
        strip=False,
        max_length=MAX_PASSWORD_LENGTH,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        if not user.has_usable_password():  # signs in with another service
            del self.fields["password"]

    def clean_password(self) -> str:
        """Return the password if it is the user's."""
        password: str = self.cleaned_data["password"]
        if not self.user.check_password(password):
            raise ValidationError(_("Wrong password."), code="wrong")
        return password


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]
    """Name, language and time zone."""

    class Meta:
        model = User
        fields = ("name", "language", "time_zone")
        widgets = {"name": forms.TextInput(attrs={"autocomplete": "name"})}
        help_texts = {"language": "", "time_zone": ""}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["language"] = language_field()
        self.fields["time_zone"] = time_zone_field()


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
        label=_("Expires"),
        required=False,
        coerce=int,
        empty_value=None,
        choices=_expiries,
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


class GrantForm(forms.Form):
    """Credits that staff add or remove, and why."""

    amount = forms.IntegerField(
        label=_("Credits"),
        min_value=-1_000_000,
        max_value=1_000_000,
        help_text=_(
            "A positive number adds credits, a negative one removes them as an adjustment."
        ),
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=300,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text=_("Visible to the user. Can’t be changed later."),
    )
    once = forms.UUIDField(widget=forms.HiddenInput)

    def clean_amount(self) -> int:
        """Refuse 0."""
        amount: int = self.cleaned_data["amount"]
        if amount == 0:
            raise ValidationError(_("Enter a number other than 0."), code="zero")
        return amount


def language_field() -> forms.ChoiceField:
    """Return the choice of a language; empty: that of the browser."""
    languages = [
        (code, get_language_info(code)["name_local"].capitalize())
        for code, _name in settings.LANGUAGES
    ]
    return forms.ChoiceField(
        label=_("Language"), required=False, choices=[("", _("Same as browser")), *languages]
    )


def time_zone_field() -> forms.ChoiceField:
    """Return the choice of a time zone, grouped by region; empty: that of the server."""
    server = format_lazy("{} ({})", _("Same as server"), settings.TIME_ZONE)
    return forms.ChoiceField(
        label=_("Time zone"), required=False, choices=[("", server), *_time_zones()]
    )


@cache
def _time_zones() -> list[tuple[str, list[tuple[str, str]]]]:
    regions: dict[str, list[tuple[str, str]]] = {}
    for name in sorted(available_timezones()):
        region, _slash, city = name.partition("/")
        if city and region not in ("Etc", "SystemV", "US", "Canada", "Brazil", "Chile", "Mexico"):
            regions.setdefault(region, []).append(
                (name, city.replace("_", " ").replace("/", " / "))
            )
    return [*regions.items(), ("UTC", [("UTC", "UTC")])]
