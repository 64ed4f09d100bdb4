"""Restore an account that will be erased, by the link in its email."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.limits.rate_limits import limited
from accounts.user_data import deletion
from accounts.views.email_sent import sent_context

ERASE_AT = "erase_at"
"""Session key: when the account closed in this session will be erased, ISO 8601."""


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@limited("link_from_email")
def keep_account(request: HttpRequest, token: str) -> HttpResponse:
    """Ask (GET), then unlock the account (POST); 410 if it cannot be restored."""
    try:
        closed = deletion.account_of(token)
        if request.method == "POST":
            deletion.keep(closed.user)
            messages.success(request, _("Account restored. Sign in to continue."))
            return redirect("login")
    except deletion.CannotKeep:
        return render(request, "accounts/keep_account_ended.html", status=410)
    return render(
        request,
        "accounts/keep_account.html",
        {"email": closed.user.email, "erase_at": closed.erase_at},
    )


@never_cache
@require_safe
def account_closed(request: HttpRequest) -> HttpResponse:
    """Show until when the account that was just closed can be restored."""
    erase_at = parse_datetime(request.session.get(ERASE_AT, ""))
    if erase_at is None:
        return redirect("start")
    return render(
        request, "accounts/account_closed.html", {**sent_context(request), "erase_at": erase_at}
    )
