"""Explore: what people have made public."""

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from generation.models import Image, Visibility
from generation.views import grid
from generation.views.parts import part, wants_part


@require_GET
def explore(request: HttpRequest) -> HttpResponse:
    """Show what people have made public, newest first; prompts stay with their owners."""
    public = Image.objects.kept().filter(visibility=Visibility.PUBLIC, user__is_active=True)
    heap = grid.newest(public, before=request.GET.get("before", ""))
    next_address = f"{reverse('explore')}?{urlencode({'before': heap.next})}" if heap.next else ""
    context = {"heap": heap, "next_address": next_address}
    if wants_part(request):
        return part(request, "generation/_public.html", context)
    return render(request, "generation/explore.html", context)
