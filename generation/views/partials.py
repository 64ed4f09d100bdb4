"""Parts of pages for scripts: the templates of the whole page, with the balance in headers."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from rest_framework.permissions import SAFE_METHODS

from accounts.models import User


def wants_part(request: HttpRequest) -> bool:
    return request.headers.get("X-Part") == "1"


def part(
    request: HttpRequest,
    template: str,
    context: dict[str, Any],
    *,
    status: int = 200,
    user: User | None = None,
) -> HttpResponse:
    """Render a part of a page; `X-Credits` and `X-Held` have the user's balance.

    `user`: as it was read after the request has changed something.
    """
    response = render(request, template, context, status=status)
    response["Cache-Control"] = "private, no-store"
    if not user and request.user.is_authenticated:
        is_as_read = request.method in SAFE_METHODS
        user = request.user if is_as_read else User.objects.get(pk=request.user.pk)
    if user:
        response["X-Credits"], response["X-Held"] = user.credits, user.held
    return response
