"""What django-allauth asks this project: its texts, emails, limits and redirects."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.stagekit import clear_login
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import authenticate
from django.contrib.auth.hashers import get_hasher, identify_hasher
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _

from accounts.access import ban_page
from accounts.emails import security_notices
from accounts.limits import sign_in_attempts
from accounts.models import User
from accounts.sessions import sessions, socket_access, time_zones

MESSAGES = {
    "account/messages/password_changed.txt": _(
        "Password changed. Other devices have been signed out."
    ),
    "mfa/messages/totp_activated.txt": _(
        "Authenticator app added. Other devices have been signed out."
    ),
    "mfa/messages/totp_deactivated.txt": _("Authenticator app removed."),
    "mfa/messages/webauthn_added.txt": _("Passkey added. Other devices have been signed out."),
    "mfa/messages/webauthn_removed.txt": _("Passkey removed."),
    "socialaccount/messages/account_connected.txt": _("Service connected."),
    "socialaccount/messages/account_connected_updated.txt": _("Service connected."),
    "socialaccount/messages/account_connected_other.txt": _(
        "This account is connected to another ArtGen account."
    ),
    "account/messages/password_set.txt": _("Password set. Other devices have been signed out."),
}
"""What a page says after an action of allauth; other templates of allauth are not shown."""


class AccountAdapter(DefaultAccountAdapter):
    error_messages = DefaultAccountAdapter.error_messages | {
        "enter_current_password": _("Wrong password."),
        "incorrect_password": _("Wrong password."),
        "incorrect_code": _("Wrong code."),
        "too_many_login_attempts": _("Too many attempts. Try again later."),
    }

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        message_context: dict[str, Any] | None = None,
        extra_tags: str = "",
        message: str | None = None,
    ) -> None:
        """Show a message in this project's words, if it has any for this event."""
        text = message or MESSAGES.get(message_template or "")
        if text:
            messages.add_message(request, level, text, extra_tags=extra_tags)

    def is_ajax(self, request: HttpRequest) -> bool:
        """Return False: the pages' scripts do not use allauth's JSON responses."""
        return False

    def is_safe_url(self, url: str) -> bool:
        """Return whether a redirect to this URL stays on this site."""
        request: HttpRequest = context.request
        return url_has_allowed_host_and_scheme(
            url, allowed_hosts={request.get_host()}, require_https=request.is_secure()
        )

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the address of the client; nginx is the only proxy, and gunicorn knows it."""
        return request.META.get("REMOTE_ADDR") or "0.0.0.0"  # noqa: S104 unknown, not an interface

    def authenticate(self, request: HttpRequest, **credentials: object) -> User | None:
        """Return the active user of this email and password; the caller counts attempts.

        A password that is hashed in an old way is stored in the present one.
        """
        password = str(credentials["password"])
        user = authenticate(request, username=credentials["email"], password=password)
        if user and get_hasher().algorithm != identify_hasher(user.password).algorithm:
            old_hash = user.password
            user.set_password(password)
            # Not if it has been changed meanwhile.
            User.objects.filter(pk=user.pk, password=old_hash).update(password=user.password)
        return user

    def reauthenticate(self, user: User, password: str) -> bool:
        """Return whether this is the user's password; raise ValidationError during a pause."""
        sign_in_attempts.count_attempt_in_form(context.request, user.email)
        if not user.check_password(password):
            return False
        sign_in_attempts.reset(context.request, user.email)
        return True

    def set_password(self, user: User, password: str) -> None:
        """Store the password; every session of the user ends, and open sockets are closed."""
        user.set_password(password)
        # Not the whole row: the balance may have changed since it was read.
        user.save(update_fields=["password"])
        socket_access.close_all(user.pk)

    def pre_login(self, request: HttpRequest, user: User, **kwargs: object) -> HttpResponse | None:
        """Show a banned user the ban, before a second factor is asked for.

        At the first sign-in, note that the browser's time zone is wanted.
        """
        if user.is_banned:
            clear_login(request)
            return ban_page.show(request, user)
        if user.last_login is None and not user.time_zone:
            request.session[time_zones.WANTED] = True
        return super().pre_login(request, user, **kwargs)

    def login(self, request: HttpRequest, user: User) -> None:
        """Sign in; raise ImmediateHttpResponse for a ban that began during the sign-in."""
        if user.is_banned:
            clear_login(request)
            raise ImmediateHttpResponse(ban_page.show(request, user))
        super().login(request, user)

    def post_login(self, request: HttpRequest, user: User, **kwargs: object) -> HttpResponse:
        response: HttpResponse = super().post_login(request, user, **kwargs)
        sessions.add(request, user)
        sessions.end_oldest(user)
        sign_in_attempts.remember_browser(request, response, user.email)
        return response

    def logout(self, request: HttpRequest) -> None:
        user_id = request.user.pk
        super().logout(request)
        socket_access.close_all(user_id)

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return resolve_url("security")

    def get_logout_redirect_url(self, request: HttpRequest) -> str:
        return resolve_url(settings.LOGOUT_REDIRECT_URL)

    def send_notification_mail(
        self,
        template_prefix: str,
        user: User,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        """Tell the owner by email that something about the account's access has changed."""
        security_notices.send_for(template_prefix, user=user, request=self.request)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Raise: all emails are texts of `accounts.emails.texts`."""
        raise NotImplementedError(f"{template_prefix}: write this email in accounts.emails.texts")
