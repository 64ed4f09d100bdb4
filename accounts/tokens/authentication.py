"""Authentication of the API: a bearer token, or a browser's session with a CSRF token."""

import base64
import binascii
import contextlib
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.middleware.csrf import CsrfViewMiddleware
from django.utils import translation
from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import authentication, exceptions
from rest_framework.request import Request

from accounts.models import User
from accounts.sessions import second_factor_rules
from accounts.tokens import tokens
from artgen.api.problems import Problem

SCHEME = "bearer"


class BearerAuthentication(authentication.BaseAuthentication):
    """`Authorization: Bearer TOKEN` (RFC 6750)."""

    def authenticate(self, request: Request) -> tuple[User, tokens.TokenAccess] | None:
        """Return owner and rights of the token, None without one.

        Raises:
            AuthenticationFailed: the token is unknown, or its owner is locked.
            bans.Banned: the owner is banned.
        """
        text = self.token_of(request)
        if text is None:
            return None
        access = tokens.access(text, program=request.headers.get("User-Agent", ""))
        if access is None:
            raise exceptions.AuthenticationFailed
        if not request.headers.get("Accept-Language"):
            _activate_language_of(access.user)
        return access.user, access

    def token_of(self, request: Request) -> str | None:
        """Return the text of the token that the request sends, None without one."""
        return _credentials(request, SCHEME)

    def authenticate_header(self, request: Request) -> str:
        """Return the value of `WWW-Authenticate`."""
        return 'Bearer realm="ArtGen"'


class PasswordAuthentication(BearerAuthentication):
    """A token as the password of `Authorization: Basic` (RFC 7617), with any user name."""

    def token_of(self, request: Request) -> str | None:
        text = _credentials(request, "basic")
        if text is None:
            return None
        with contextlib.suppress(binascii.Error, UnicodeDecodeError):
            return base64.b64decode(text, validate=True).decode().partition(":")[2]
        return ""

    def authenticate_header(self, request: Request) -> str:
        """Return the value of `WWW-Authenticate`."""
        return 'Basic realm="ArtGen"'


class ApiKeyAuthentication(BearerAuthentication):
    """A token in the header `api-key`, as clients of OpenAI at Azure send it."""

    def token_of(self, request: Request) -> str | None:
        return request.headers.get("api-key")


class SessionAuthentication(authentication.BaseAuthentication):
    """The session cookie of the pages; unsafe methods also need the CSRF token."""

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        """Return the session's user, None without one.

        Raises:
            Problem: `csrf_failed`, or `second_factor_required` before the session has passed it.
        """
        user = getattr(request._request, "user", None)
        if user is None or not user.is_active:
            return None
        if second_factor_rules.is_missing(request._request.session, user):
            raise Problem("second_factor_required")
        _check_csrf(request)
        return user, None


def _credentials(request: Request, scheme: str) -> str | None:
    """Return what the Authorization header has after this scheme, None for another one."""
    given, _separator, text = request.headers.get("Authorization", "").strip().partition(" ")
    return text.strip() if given.lower() == scheme else None


class _CsrfCheck(CsrfViewMiddleware):
    def _reject(self, request: object, reason: str) -> Any:
        return reason


def _check_csrf(request: Request) -> None:
    check = _CsrfCheck(lambda _request: HttpResponse())
    check.process_request(request._request)
    if check.process_view(request._request, lambda _request: HttpResponse(), (), {}):
        raise Problem(
            "csrf_failed",
            _("Send the value of the cookie %(name)s in the header X-CSRFToken.")
            % {"name": settings.CSRF_COOKIE_NAME},
        )


def _activate_language_of(user: User) -> None:
    # Sessions: `artgen.web.theme.user_language`. LocaleMiddleware resets the language per request.
    if user.language and translation.check_for_language(user.language):
        translation.activate(user.language)


class _BearerScheme(OpenApiAuthenticationExtension):
    target_class = BearerAuthentication
    name = "bearer"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": SCHEME,
            "description": "A token from the account page or from `manage.py issue_token`.",
        }


class _SessionScheme(OpenApiAuthenticationExtension):
    target_class = SessionAuthentication
    name = "session"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": settings.SESSION_COOKIE_NAME,
            "description": "The session of a signed-in browser. "
            "Requests other than GET also need the header `X-CSRFToken`.",
        }
