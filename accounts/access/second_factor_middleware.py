"""The middleware that asks for the second factor before anything else."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.http import urlencode

from accounts.sessions import second_factor_rules
from artgen.api import problems


class SecondFactorMiddleware:
    """Let users who must use two-factor authentication do nothing before they have passed it.

    Reads only the session and the user, which every request has anyway. The API asks when it
    authenticates: only there it is known whether a token or the session is used.
    """

    ALLOWED = {
        "second_factor_required",
        "security",
        "mfa_activate_totp",
        "mfa_add_webauthn",
        "mfa_reauthenticate",
        "mfa_reauthenticate_webauthn",
        "mfa_view_recovery_codes",
        "mfa_download_recovery_codes",
        "account_reauthenticate",
        "password_add",
        "logout",
        "login",
        "set_language",
        "set_theme",
        "shortcuts",
        "manifest",
        "service_worker",
        "offline",
        "favicon",
        "sender",  # authenticates as the API does
        "path_token_sender",
        "healthz",
        "readyz",
        "metrics",
    }
    """Names of the addresses that set up or pass the second factor, or have no user."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_view: object) -> HttpResponse | None:
        """Return a redirect, None if the user may go on."""
        if settings.MFA_REQUIRED == second_factor_rules.NOBODY:
            return None
        match = request.resolver_match
        if match is None or (match.url_name in self.ALLOWED and not match.namespaces):
            return None
        if request.path.startswith(problems.PREFIXES):  # `authentication.SessionAuthentication`
            return None
        if not second_factor_rules.is_missing(request.session, request.user):
            return None
        query = urlencode({"next": request.get_full_path()}) if request.method == "GET" else ""
        return HttpResponseRedirect(f"{reverse('second_factor_required')}?{query}")
