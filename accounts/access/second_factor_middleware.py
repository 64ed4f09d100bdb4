"""The middleware that asks for the second factor and for consent before anything else."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.http import urlencode

from accounts.access import consents
from accounts.models import User
from accounts.sessions import second_factor_rules
from artgen.api import problems


class SecondFactorMiddleware:
    """Let users do nothing before they have passed a required second factor and accepted documents.

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
        "document",
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
    WITHOUT_CONSENT = ALLOWED | {
        *("accept_documents", "account_data", "ask_export", "download_export", "delete_account"),
        *("logout", "account_closed"),
    }
    """Names of the addresses with which people leave who do not accept the documents."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_view: object) -> HttpResponse | None:
        """Return a redirect, None if the user may go on."""
        if settings.MFA_REQUIRED == second_factor_rules.NOBODY and not settings.LEGAL_DOCUMENTS:
            return None
        match = request.resolver_match
        if match is None or request.path.startswith(problems.PREFIXES):
            return None  # of the API: `authentication.SessionAuthentication`
        name = "" if match.namespaces else match.url_name
        if name not in self.ALLOWED and second_factor_rules.is_missing(
            request.session, request.user
        ):
            page = "second_factor_required"
        elif (
            name not in self.WITHOUT_CONSENT
            and isinstance(request.user, User)
            and consents.missing(request.user)
        ):
            page = "accept_documents"
        else:
            return None
        query = urlencode({"next": request.get_full_path()}) if request.method == "GET" else ""
        return HttpResponseRedirect(f"{reverse(page)}?{query}")
