"""Forms to sign in, and to confirm by password who is signed in."""

from typing import Any

from allauth.account import forms as allauth_forms
from allauth.account.adapter import get_adapter
from allauth.account.forms import LoginForm
from allauth.account.models import Login
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.forms.fields import MAX_PASSWORD_LENGTH, label_field
from accounts.limits import sign_in_attempts
from accounts.models import User, fold
from artgen.web import formatting


class SignInForm(LoginForm):
    """Email and password; the email is posted as `username`, as password managers expect.

    With `staff_only` an account without staff rights is refused in the same words as a wrong
    password.
    """

    def __init__(self, *args: object, staff_only: bool = False, **kwargs: object) -> None:
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
        return "username" if field_name == "login" else field_name

    def clean_login(self) -> str:
        return fold(self.cleaned_data["login"])

    def clean(self) -> dict[str, Any]:
        """Count the attempt, then check the password; during a pause nobody's is checked."""
        cleaned: dict[str, Any] = self.cleaned_data
        if self.errors:
            return cleaned
        email = self.cleaned_data["login"]
        try:
            attempt = sign_in_attempts.count_attempt(self.request, email)
        except sign_in_attempts.MustWait as refusal:
            self.seconds_to_wait = refusal.seconds
            raise ValidationError(refusal.message, code=sign_in_attempts.PAUSED) from refusal
        user = self._authenticated()
        if user is None:
            raise _wrong_sign_in(attempt)
        sign_in_attempts.reset(self.request, email)
        self._login = Login(user=user, email=email)
        return cleaned

    def _authenticated(self) -> User | None:
        user: User | None = get_adapter().authenticate(self.request, **self.user_credentials())
        return user if user and (user.is_staff or not self.staff_only) else None

    def show_refusal(self) -> None:
        """Focus the password field and connect it with the error text."""
        del self.fields["login"].widget.attrs["autofocus"]
        self.fields["password"].widget.attrs |= {
            "autofocus": True,
            "aria-invalid": "true",
            "aria-describedby": "id_password_refusal",
        }


def _wrong_sign_in(attempt: sign_in_attempts.Attempt) -> ValidationError:
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


class ReauthenticateForm(allauth_forms.ReauthenticateForm):
    """The password again, before a change to the account's access."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        label_field(self.fields["password"], _("Current password"))
        self.fields["password"].widget.attrs["autofocus"] = True
