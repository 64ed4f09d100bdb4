"""Pieces of pages for the script: the same templates as the whole page, with the balance in the headers."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.models import User


def wants_part(request: HttpRequest) -> bool:
    """Tell whether the page's own script asks, which puts the answer into the page instead of leaving it."""
    return request.headers.get("X-Part") == "1"


def part(
    request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """Render a piece of a page; `X-Credits` and `X-Held` say what the user has now."""
    response = render(request, template, context, status=status)
    response["Cache-Control"] = "private, no-store"
    if request.user.is_authenticated:
        response["X-Credits"], response["X-Held"] = User.objects.values_list("credits", "held").get(
            pk=request.user.pk
        )
    return response
