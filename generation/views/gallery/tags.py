"""The list of own tags: a page, and the choices of the gallery's filter."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.access.request_user import user_of
from generation.gallery import tags as own_tags
from generation.views.gallery import sidebar
from generation.views.gallery.url_filters import chosen_tags
from generation.views.partials import part, wants_part

FIELD_FROM = 9
"""The number of tags from which the menu has a field to find one."""


@login_required
@require_safe
def tags(request: HttpRequest) -> HttpResponse:
    """Show the user's tags with their numbers of images.

    The menu leaves out the tags that are chosen already: `tag`, as in the gallery's URL.
    """
    user = user_of(request)
    own = own_tags.own(user)
    if wants_part(request):
        chosen = {name.casefold() for name in chosen_tags(request.GET)}
        others = [tag for tag in own if tag.name.casefold() not in chosen]
        choices = {"tags": others, "chosen": chosen, "has_field": len(others) >= FIELD_FROM}
        return part(request, "generation/_tag_choices.html", choices)
    context = {"tags": own} | sidebar.beside(user, section="tags")
    return render(request, "generation/tags.html", context)
