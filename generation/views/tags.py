"""The list of own tags: a page, and the choices of the gallery's filter."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from generation.gallery import tags as own_tags
from generation.views import sidebar
from generation.views.partials import part, wants_part


@login_required
@require_safe
def tags(request: HttpRequest) -> HttpResponse:
    """Show the user's tags with their numbers of images."""
    context = {"tags": own_tags.own(request.user)}
    if wants_part(request):
        return part(request, "generation/_tag_choices.html", context)
    context |= sidebar.beside(request.user, place="tags")
    return render(request, "generation/tags.html", context)
