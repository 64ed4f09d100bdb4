"""Requests of signed-in users."""

from typing import cast
from uuid import UUID

from django.http import HttpRequest
from rest_framework.request import Request

from accounts.models import User
from accounts.tokens.tokens import TokenAccess


class SignedInRequest(HttpRequest):
    """The type of a request behind `login_required`; there are no instances of it."""

    user: User


def user_of(request: HttpRequest | Request) -> User:
    """Return the user of a request, Django's or the API's, that only signed-in users can make."""
    return cast(User, request.user)


def limited_token(request: Request) -> UUID | None:
    """Return the id of the API token of this request if it has a spending limit, else None."""
    access = request.auth
    return access.token_id if isinstance(access, TokenAccess) and access.has_limit else None
