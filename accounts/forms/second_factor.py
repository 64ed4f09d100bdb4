"""Forms of codes and passkeys, allauth's with limits of our own."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from allauth.core import context
from allauth.mfa.base import forms as mfa_forms
from allauth.mfa.models import Authenticator
from allauth.mfa.totp import forms as totp_forms
from allauth.mfa.webauthn import forms as webauthn_forms
from django import forms
from django.core.cache import cache as cache_backend
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.utils.translation import gettext_lazy as _

from accounts.forms.fields import label_field
from accounts.limits import sign_in_attempts
from accounts.sessions.second_factor_rules import MFAAdapter
from artgen.bounded_json import BoundedDecoder

MAX_CODE_LENGTH = 20
USED_CODE_SECONDS = 120  # longer than a code is accepted


class CodeForm(mfa_forms.BaseAuthenticateForm):
    """Limit the attempts at a code, and accept each code once."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        label_field(self.fields["code"], _("Code"))
        self.fields["code"].widget.attrs |= {"autofocus": True, "inputmode": "numeric"}
        self.fields["code"].max_length = MAX_CODE_LENGTH

    def clean_code(self) -> str:
        """Return the code; raise ValidationError if it is wrong or used, and during a pause."""
        request = context.request
        email = self.user.email
        sign_in_attempts.count_attempt_in_form(request, email, of=sign_in_attempts.CODES)
        code: str = super().clean_code()
        # allauth's own mark ends after 30 s, when a code is still accepted.
        if not cache_backend.add(f"code-used:{self.user.pk}:{code}", 1, USED_CODE_SECONDS):
            raise MFAAdapter().validation_error("incorrect_code")
        sign_in_attempts.reset(request, email, of=sign_in_attempts.CODES)
        return code


class AddAppForm(totp_forms.ActivateTOTPForm):
    """The first code of a new authenticator app."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        label_field(self.fields["code"], _("Code"))
        self.fields["code"].widget.attrs |= {"inputmode": "numeric"}


class SecondFactorForm(CodeForm, mfa_forms.AuthenticateForm):
    """The code that completes a sign-in."""


class ConfirmByCodeForm(CodeForm, mfa_forms.ReauthenticateForm):
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
    """What the browser sends for a passkey."""

    def __init__(self, **options: Any) -> None:
        super().__init__(decoder=BoundedDecoder, **options)

    def bound_data(self, data: object, initial: object) -> object:
        """Return what the form shows again: nothing, each passkey is asked for once."""
        return None


class AddPasskeyForm(webauthn_forms.AddWebAuthnForm):
    """What the browser sends for a new passkey, and its name."""

    credential = CredentialField(widget=forms.HiddenInput)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        label_field(self.fields["name"], _("Name"))
        self.fields["name"].max_length = 100
        self.fields["name"].validators.append(MaxLengthValidator(100))

    def clean(self) -> dict[str, Any]:
        """Check the passkey; raise ValidationError for any malformed data."""
        with _refusing_malformed_passkeys():
            return super().clean()


class PasskeyForm(webauthn_forms.AuthenticateWebAuthnForm):
    """The passkey that completes a sign-in."""

    credential = CredentialField(widget=forms.HiddenInput)

    def clean_credential(self) -> Authenticator:
        """Return the passkey; raise ValidationError for any malformed data."""
        with _refusing_malformed_passkeys():
            return super().clean_credential()


class ConfirmByPasskeyForm(PasskeyForm):
    """A passkey before a change to the account's access."""

    reauthenticated = True
