"""Requests of signed-in users."""

from typing import Any, cast

from django.http import HttpRequest

from accounts.models import User


class SignedInRequest(HttpRequest):
    """The type of a request behind `login_required`; there are no instances of it."""

    user: User


def user_of(request: Any) -> User:
    """Return the user of a request, Django's or the API's, that only signed-in users can make."""
    return cast(User, request.user)
