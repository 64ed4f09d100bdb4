"""Pages of two-factor authentication: set up and remove factors, enter a code."""

from collections.abc import Callable
from typing import Any

from allauth.mfa.base.views import AuthenticateView, ReauthenticateView
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access.request_user import SignedInRequest
from accounts.limits.rate_limits import limited
from accounts.sessions import second_factor_rules, sessions
from artgen.web.redirects import next_url

type View = Callable[..., HttpResponseBase]


class EnterCode(AuthenticateView):
    """The second step of signing in: a code, a recovery code or a passkey."""

    template_name = "accounts/second_factor.html"

    def get_context_data(self, **kwargs: object) -> dict[str, Any]:
        passkeys = Authenticator.objects.filter(
            user=self.stage.login.user, type=Authenticator.Type.WEBAUTHN
        )
        return {**super().get_context_data(**kwargs), "has_passkeys": passkeys.exists()}


class ConfirmByCode(ReauthenticateView):
    """Ask for a code before a change to the account's access."""

    template_name = "accounts/reauthenticate_code.html"


class ConfirmByPasskey(webauthn.ReauthenticateWebAuthnView):
    """Ask for a passkey before a change to the account's access."""

    template_name = "accounts/reauthenticate_passkey.html"


def _rely_on_factor(request: SignedInRequest, *, type: str) -> None:
    """End the sessions that were opened without the new factor; this one has passed it."""
    sessions.end_others(request, request.user)
    second_factor_rules.mark_passed(request, request.user, type=type)


class AddApp(totp.ActivateTOTPView):
    """Show the secret of a new authenticator app, and check its first code."""

    template_name = "accounts/totp_add.html"

    def form_valid(self, form: forms.Form) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)
        _rely_on_factor(self.request, type="totp")
        return response


class RemoveApp(totp.DeactivateTOTPView):
    template_name = "accounts/totp_remove.html"


class AddPasskey(webauthn.AddWebAuthnView):
    template_name = "accounts/passkey_add.html"

    def form_valid(self, form: forms.Form) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)
        _rely_on_factor(self.request, type="webauthn")
        return response


class RemovePasskey(webauthn.RemoveWebAuthnView):
    template_name = "accounts/passkey_remove.html"

    def form_valid(self, form: forms.Form) -> HttpResponse:
        """Remove it unless it is the last factor of a user who must have one."""
        adapter = second_factor_rules.MFAAdapter()
        if not adapter.can_delete_authenticator(self.get_object()):
            refusal: ValidationError = adapter.validation_error("cannot_delete_authenticator")
            messages.error(self.request, refusal.messages[0])
            return redirect("security")
        return super().form_valid(form)


class ShowRecoveryCodes(recovery_codes.ViewRecoveryCodesView):
    template_name = "accounts/recovery_codes.html"


class NewRecoveryCodes(recovery_codes.GenerateRecoveryCodesView):
    template_name = "accounts/recovery_codes_new.html"


class DownloadRecoveryCodes(recovery_codes.DownloadRecoveryCodesView):
    """Send the unused recovery codes as a text file."""

    template_name = "accounts/recovery_codes.txt"


def _page(view: View) -> View:
    return never_cache(require_http_methods(["GET", "HEAD", "POST"])(view))


def _own(view: View) -> View:
    return _page(login_required(view))


def _read(view: View) -> View:
    # allauth marks recovery codes as seen before it looks at the method.
    return never_cache(require_safe(login_required(view)))


_guesses = limited("second_factor")
_changes = limited("second_factor_change")

enter_code = _page(_guesses(EnterCode.as_view()))
confirm_by_code = _own(_guesses(ConfirmByCode.as_view()))
confirm_by_passkey = _own(_guesses(ConfirmByPasskey.as_view()))
add_app = _own(_guesses(_changes(AddApp.as_view())))
remove_app = _own(_changes(RemoveApp.as_view()))
add_passkey = _own(_changes(AddPasskey.as_view()))
remove_passkey = _own(_changes(RemovePasskey.as_view()))
show_recovery_codes = _read(ShowRecoveryCodes.as_view())
new_recovery_codes = _own(_changes(NewRecoveryCodes.as_view()))
download_recovery_codes = _read(DownloadRecoveryCodes.as_view())


@never_cache
@login_required
@require_safe
def required(request: SignedInRequest) -> HttpResponse:
    """Lead a user who must pass the second factor to it, or to setting one up."""
    target = next_url(request, default=reverse("security"))
    if not second_factor_rules.is_missing(request.session, request.user):
        return HttpResponseRedirect(target)
    types = set(Authenticator.objects.filter(user=request.user).values_list("type", flat=True))
    if Authenticator.Type.TOTP in types:
        name = "mfa_reauthenticate"
    elif Authenticator.Type.WEBAUTHN in types:
        name = "mfa_reauthenticate_webauthn"
    else:
        messages.warning(
            request, _("Two-factor authentication is required for your account. Set it up now.")
        )
        name = "mfa_activate_totp"
    return redirect(f"{reverse(name)}?{urlencode({'next': target})}")
