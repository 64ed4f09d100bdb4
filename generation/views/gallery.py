"""Start page, gallery, explore and picture page: addresses first, pages to follow."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect


def start(request: HttpRequest) -> HttpResponse:
    """Send everybody to the create page."""
    return redirect("create")


def gallery(request: HttpRequest) -> HttpResponse:
    """Send everybody to the create page."""
    return redirect("create")


def explore(request: HttpRequest) -> HttpResponse:
    """Send everybody to the create page."""
    return redirect("create")


def image(request: HttpRequest, image_id: UUID) -> HttpResponse:
    """Answer 404: no picture page yet."""
    raise Http404
