"""The create page: composer and live feed."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


@login_required
def create(request: HttpRequest) -> HttpResponse:
    """Show the composer and the feed."""
    return render(request, "generation/create.html")
