"""The page of one job."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse


@login_required
def job(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Show one of the user's own jobs."""
    raise Http404
