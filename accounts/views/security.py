"""The page of an account's access: email, password, second factor, devices, other services."""

from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.access import sign_in_ways, social_sign_in
from accounts.access.request_user import SignedInRequest
from accounts.emails import security_notices
from accounts.emails.security_notices import Change
from accounts.limits.rate_limits import limited
from accounts.sessions import second_factor_rules, sessions


@never_cache
@login_required
@require_safe
def security(request: SignedInRequest) -> HttpResponse:
    """Show how the user signs in, and where the user is signed in."""
    factors = Authenticator.objects.filter(user=request.user).order_by("pk")
    types = {factor.type for factor in factors}
    context: dict[str, Any] = {
        "devices": sessions.devices_of(request, request.user),
        "has_app": Authenticator.Type.TOTP in types,
        "has_recovery_codes": Authenticator.Type.RECOVERY_CODES in types,
        "passkeys": [
            {"id": factor.pk, "name": factor.wrap().name, "added_at": factor.created_at}
            for factor in factors
            if factor.type == Authenticator.Type.WEBAUTHN
        ],
        "has_password": sign_in_ways.signs_in(sign_in_ways.PASSWORD),
        "services": social_sign_in.services(request),
        "connections": social_sign_in.connections_of(request.user),
        "is_required": second_factor_rules.is_required(request.user),
    }
    return render(request, "accounts/security.html", context)


@login_required
@require_POST
def end_session(request: SignedInRequest) -> HttpResponse:
    number = request.POST.get("id", "")
    if number.isascii() and number.isdigit() and len(number) < 19:
        sessions.end(user=request.user, session_id=int(number))
    messages.success(request, _("The device has been signed out."))
    return redirect("security")


@login_required
@require_POST
@limited("sign_out_others")
def end_other_sessions(request: SignedInRequest) -> HttpResponse:
    sessions.end_others(request, request.user)
    security_notices.send(Change.SIGNED_OUT_EVERYWHERE, user=request.user, request=request)
    messages.success(request, _("All other devices have been signed out."))
    return redirect("security")
