"""Forms that set a password, and one that asks for it before an action."""

from typing import Any

from allauth.account import forms as allauth_forms
from allauth.account.forms import ResetPasswordKeyForm, SetPasswordForm
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.forms.fields import MAX_PASSWORD_LENGTH, NEW_PASSWORD_HINT, label_field
from accounts.models import User
from accounts.tokens import tokens


class RevokeTokensForm(forms.Form):
    """Ask whether API tokens end, too, if the user has any."""

    user: Any  # None: the link has ended
    revoke_tokens = forms.BooleanField(label=_("Revoke all API tokens, too"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.user or not tokens.valid_of(self.user).exists():
            del self.fields["revoke_tokens"]


class NewPasswordForm(RevokeTokensForm, ResetPasswordKeyForm):
    """The new password, twice, after a reset."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        _word_new_password(self)
        self.fields["password1"].widget.attrs["autofocus"] = True


class AddPasswordForm(SetPasswordForm):
    """The first password of an account that has none, twice."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        _word_new_password(self)


class ChangePasswordForm(RevokeTokensForm, allauth_forms.ChangePasswordForm):
    """The current password, and the new one twice."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        _word_new_password(self)
        label_field(self.fields["oldpassword"], _("Current password"))
        self.fields["oldpassword"].widget.attrs["autofocus"] = True


def _word_new_password(form: forms.Form) -> None:
    label_field(form.fields["password1"], _("New password"), NEW_PASSWORD_HINT)
    label_field(form.fields["password2"], _("Repeat new password"))


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
        password: str = self.cleaned_data["password"]
        if not self.user.check_password(password):
            raise ValidationError(_("Wrong password."), code="wrong")
        return password
