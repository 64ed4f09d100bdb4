"""Tags of many images: add one to the selection, or remove it, with one undo for all."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import ngettext

from accounts.requests import user_of
from artgen import formatting
from generation.gallery import tags
from generation.models.tags import TAG_MAX
from generation.views.partials import part, wants_part
from generation.views.selection import done, on_selection


@on_selection
def tag(request: HttpRequest, ids: list[UUID]) -> HttpResponseBase:
    """Add a tag (`tag`) to the selected images. Without it, ask for one."""
    name = _asked_tag(request)
    if name is None:
        return _ask(request, ids)
    tagged = tags.add_these(user=user_of(request), ids=ids, name=name)
    text = ngettext(
        "Tag “%(name)s” added to %(count)s image.",
        "Tag “%(name)s” added to %(count)s images.",
        len(tagged.changed),
    ) % _values(tagged)
    if tagged.full:
        text += " " + ngettext(
            "%(count)s image already has %(max)d tags.",
            "%(count)s images already have %(max)d tags.",
            tagged.full,
        ) % {"count": formatting.number(tagged.full), "max": tags.MAX_PER_IMAGE}
    undo = reverse("untag_selection")
    return done(request, text, tagged.changed, undo=undo, fields={"tag": tagged.tag})


@on_selection
def untag(request: HttpRequest, ids: list[UUID]) -> HttpResponseBase:
    """Remove a tag (`tag`) from the selected images."""
    name = _asked_tag(request) or ""
    tagged = tags.remove_these(user=user_of(request), ids=ids, name=name)
    text = ngettext(
        "Tag “%(name)s” removed from %(count)s image.",
        "Tag “%(name)s” removed from %(count)s images.",
        len(tagged.changed),
    ) % _values(tagged)
    undo = reverse("tag_selection")
    return done(request, text, tagged.changed, undo=undo, fields={"tag": tagged.tag})


def _asked_tag(request: HttpRequest) -> str | None:
    # Without script, undo is a form button, which can send one value and a URL.
    return request.POST.get("tag", request.GET.get("tag"))


def _values(tagged: tags.Tagged) -> Mapping[str, Any]:
    return {"count": formatting.number(len(tagged.changed)), "name": tagged.tag}


def _ask(request: HttpRequest, ids: list[UUID]) -> HttpResponse:
    user = user_of(request)
    on_selection_ = tags.of_these(user=user, ids=ids)
    context = {
        "on_selection": on_selection_.items(),
        "others": [name for name in tags.names_of(user) if on_selection_.get(name, 0) < len(ids)],
        "ids": ",".join(map(str, ids)),
        "tag_max": TAG_MAX,
        "next": request.POST.get("next", ""),
    }
    if wants_part(request):
        return part(request, "generation/_choose_tag.html", context)
    return render(request, "generation/choose_tag.html", context)
