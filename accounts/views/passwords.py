"""Change a password and reset a forgotten one."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from allauth.account.utils import get_next_redirect_url
from allauth.account.views import (
    PasswordChangeView,
    PasswordResetFromKeyView,
    PasswordSetView,
    ReauthenticateView,
)
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import Resolver404, resolve, reverse_lazy
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe
from django.views.generic import FormView

from accounts.access import sign_in_ways
from accounts.access.sign_up_emails import EMAIL_SENT_TO
from accounts.emails import outbox, security_notices, texts
from accounts.emails.security_notices import Change
from accounts.forms.emails import EmailForm
from accounts.forms.passwords import (
    AddPasswordForm,
    ChangePasswordForm,
    NewPasswordForm,
    RevokeTokensForm,
)
from accounts.forms.sign_in import ReauthenticateForm
from accounts.limits import sign_in_attempts
from accounts.limits.rate_limits import limited
from accounts.models import User
from accounts.tokens import tokens
from accounts.views.email_sent import sent_context

type View = Callable[..., HttpResponseBase]
TOKEN_REQUEST = gettext_lazy("Enter your password to create an API token.")
REQUESTS = {
    **dict.fromkeys(("tokens", "connect", "connect_program"), TOKEN_REQUEST),
    "webhooks": gettext_lazy("Enter your password to add a webhook."),
    "rotate_webhook": gettext_lazy("Enter your password to create a new secret for the webhook."),
}
"""What asks for the password, by route; others change how the user signs in."""


def _page(view: View) -> View:
    """Return the view as a page that is not cached and whose passwords appear in no report."""
    safe: View = sensitive_post_parameters()(view)
    return never_cache(require_http_methods(["GET", "HEAD", "POST"])(safe))


class RevokeTokensView(FormView):  # type: ignore[type-arg]
    """Revoke the API tokens together with the old password, on request."""

    def form_valid(self, form: RevokeTokensForm) -> HttpResponse:
        with transaction.atomic():
            response: HttpResponse = super().form_valid(form)
            if form.cleaned_data.get("revoke_tokens") and tokens.revoke_all(user=form.user):
                security_notices.send(Change.TOKENS_REVOKED, user=form.user, request=self.request)
        return response


class PasswordChange(RevokeTokensView, PasswordChangeView):
    """Change the password; every other session of this user ends."""

    template_name = "accounts/password_change.html"
    form_class = ChangePasswordForm


class PasswordAdd(PasswordSetView):
    """Give an account its first password: one that signs in with another service."""

    template_name = "accounts/password_add.html"
    form_class = AddPasswordForm


_guarded = limited("password")
password_change = _page(login_required(_guarded(PasswordChange.as_view())))
password_add = _page(login_required(_guarded(PasswordAdd.as_view())))


class Reauthenticate(ReauthenticateView):
    """Ask for the password again before a change to the account's access."""

    template_name = "accounts/reauthenticate.html"
    form_class = ReauthenticateForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add for what the password is, by the page that asked for it."""
        page = get_next_redirect_url(self.request) or "/"
        kwargs["request_text"] = None
        with suppress(Resolver404):
            kwargs["request_text"] = REQUESTS.get(resolve(urlsplit(page).path).url_name or "")
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context


reauthenticate = _page(login_required(Reauthenticate.as_view()))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@limited("email_to_anyone")
def password_reset(request: HttpRequest) -> HttpResponse:
    """Send the link to a new password; the response does not reveal whether there is an account.

    The owner of an account that will be erased gets the email about that again.
    """
    if not sign_in_ways.signs_in(sign_in_ways.PASSWORD):
        return redirect("login")
    form = EmailForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        address = form.cleaned_data["email"]
        user = User.objects.filter(email=address).first()
        # An unknown address gets the same work, so the response time does not reveal accounts.
        known = user or User(id=uuid4(), email=address)
        email = (
            texts.account_closed(user=known) if known.erase_at else texts.password_reset(user=known)
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


class PasswordResetConfirm(RevokeTokensView, PasswordResetFromKeyView):
    """Set a new password by the email's link, which works once; then 410."""

    template_name = "accounts/password_reset_confirm.html"
    form_class = NewPasswordForm
    initial = {"revoke_tokens": True}
    success_url = reverse_lazy("password_reset_complete")

    def form_valid(self, form: RevokeTokensForm) -> HttpResponse:
        """Set the password and end the pause that a stranger's wrong passwords may have caused."""
        response: HttpResponse = super().form_valid(form)
        email = form.user.email
        sign_in_attempts.reset(self.request, email)
        sign_in_attempts.remember_browser(self.request, response, email)
        return response

    def render_to_response(self, context: dict[str, Any], **kwargs: object) -> HttpResponse:
        if context.get("token_fail"):
            return render(
                self.request, "accounts/link_ended.html", {"again": "password_reset"}, status=410
            )
        return super().render_to_response(context, **kwargs)


password_reset_confirm = _page(PasswordResetConfirm.as_view())


@never_cache
@require_safe
def password_reset_complete(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/password_reset_complete.html")
