"""Change a password and reset a forgotten one."""

from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash, views
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from accounts import emails, login_throttle, outbox, sockets
from accounts.forms import ChangePasswordForm, EmailForm, NewPasswordForm
from accounts.models import User
from accounts.rate_limits import by_email, limited
from accounts.requests import SignedInRequest
from accounts.views.sign_in import EMAIL_SENT_TO, sent_context


@sensitive_post_parameters()
@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@limited(("user", "10/h"))
def password_change(request: SignedInRequest) -> HttpResponse:
    """Change the password; every other session of this user ends."""
    form = ChangePasswordForm(request.user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        user = form.save()
        update_session_auth_hash(request, user)
        sockets.close_all(user.pk)
        messages.success(request, _("Password changed. Other devices have been signed out."))
        return redirect("profile")
    return render(request, "accounts/password_change.html", {"form": form})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@limited(("ip", "30/h"), (by_email, "5/h"))
def password_reset(request: HttpRequest) -> HttpResponse:
    """Send the link to a new password; the response does not reveal whether there is an account.

    The owner of an account that will be erased gets the email about that again.
    """
    form = EmailForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        address = form.cleaned_data["email"]
        user = User.objects.filter(email=address).first()
        # An unknown address gets the same work, so the response time does not reveal accounts.
        known = user or User(id=uuid4(), email=address)
        email = (
            emails.account_closed(user=known)
            if known.erase_at
            else emails.password_reset(user=known)
        )
        outbox.enqueue(email, discard=not (user and (user.is_active or user.erase_at)))
        request.session[EMAIL_SENT_TO] = address
        return redirect("password_reset_done")
    return render(request, "accounts/password_reset.html", {"form": form})


@never_cache
@require_safe
def password_reset_done(request: HttpRequest) -> HttpResponse:
    """Say that the email is sent if there is an account."""
    return render(request, "accounts/password_reset_done.html", sent_context(request))


class PasswordResetConfirm(views.PasswordResetConfirmView):
    """Set a new password by the email's link, which works once; then 410."""

    template_name = "accounts/password_reset_confirm.html"
    form_class = NewPasswordForm

    def form_valid(self, form: NewPasswordForm) -> HttpResponse:  # type: ignore[override]
        """Set the password and end the pause that a stranger's wrong passwords may have caused."""
        response = super().form_valid(form)
        email = form.user.email
        sockets.close_all(form.user.pk)
        login_throttle.reset(self.request, email)
        login_throttle.remember_browser(self.request, response, email)
        return response

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        """Show the form, or that the link has expired."""
        if not self.validlink:
            return render(
                self.request, "accounts/link_ended.html", {"again": "password_reset"}, status=410
            )
        return super().render_to_response(context, **kwargs)


@never_cache
@require_safe
def password_reset_complete(request: HttpRequest) -> HttpResponse:
    """Say that the password is changed."""
    return render(request, "accounts/password_reset_complete.html")
