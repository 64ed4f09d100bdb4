"""The public status page: whether image creation works, and how long it takes."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from generation.status import announcements, service
from generation.status.service import Creation


@require_safe
def status(request: HttpRequest) -> HttpResponse:
    """Show the state of image creation, current announcements, and each model's last hour."""
    found = service.read()
    context = {
        "service": found,
        "is_available": found.creation is Creation.AVAILABLE,
        "all_announcements": announcements.current(),
    }
    return render(request, "generation/status.html", context)
