"""Pages that change an account's email."""

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import email_change
from accounts.access.request_user import SignedInRequest
from accounts.access.sign_up_emails import EMAIL_SENT_TO
from accounts.forms.emails import ChangeEmailForm
from accounts.limits.rate_limits import limited
from accounts.views.email_sent import sent_context


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@reauthentication_required(app="allauth.account")
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
