"""The page of an account's access: email, password, second factor, devices, other services."""

from typing import Any

from allauth.account.decorators import reauthentication_required
from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import email_change, social
from accounts.access.request_user import SignedInRequest
from accounts.emails import security_notices
from accounts.emails.security_notices import Change
from accounts.forms.sign_up import ChangeEmailForm
from accounts.limits.rate_limits import limited
from accounts.sessions import second_factor, sessions
from accounts.views.sign_in import EMAIL_SENT_TO, sent_context


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
        "services": social.services(request),
        "connections": social.connections_of(request.user),
        "is_required": second_factor.is_required(request.user),
    }
    return render(request, "accounts/security.html", context)


@login_required
@require_POST
def end_session(request: SignedInRequest) -> HttpResponse:
    """Sign the user out on one device."""
    number = request.POST.get("id", "")
    if number.isascii() and number.isdigit() and len(number) < 19:
        sessions.end(user=request.user, session_id=int(number))
    messages.success(request, _("The device has been signed out."))
    return redirect("security")


@login_required
@require_POST
@limited("sign_out_others")
def end_other_sessions(request: SignedInRequest) -> HttpResponse:
    """Sign the user out on all other devices."""
    sessions.end_others(request, request.user)
    security_notices.send(Change.SIGNED_OUT_EVERYWHERE, user=request.user, request=request)
    messages.success(request, _("All other devices have been signed out."))
    return redirect("security")


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@reauthentication_required(app="allauth.account")  # type: ignore[untyped-decorator]
@limited("email_change")
def change_email(request: SignedInRequest) -> HttpResponse:
    """Send a link to the new address; the response does not reveal whether it has an account."""
    form = ChangeEmailForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        address = form.cleaned_data["email"]
        email_change.ask(user=request.user, new_email=address)
        request.session[EMAIL_SENT_TO] = address
        return redirect("change_email_sent")
    return render(request, "accounts/email_change.html", {"form": form})


@never_cache
@login_required
@require_safe
def change_email_sent(request: SignedInRequest) -> HttpResponse:
    return render(request, "accounts/email_change_sent.html", sent_context(request))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@limited("link_from_email")
def confirm_email(request: HttpRequest, token: str) -> HttpResponse:
    """Ask (GET), then change the address (POST); 410 if the link has ended."""
    try:
        change = email_change.read(token)
        if request.method == "POST":
            email_change.apply(change, request=request)
            messages.success(request, _("Email changed."))
            return redirect("security" if request.user.is_authenticated else "login")
    except email_change.LinkEnded:
        return render(request, "accounts/link_ended.html", {"again": "change_email"}, status=410)
    context = {"old": change.user.email, "new": change.new_email}
    return render(request, "accounts/email_confirm.html", context)
