"""Actions on many images: favorites, collections, tags, trash, restore, delete.

Ids are in one field `ids`, separated by commas, or without script in many fields `id`. Ids that are
not the user's images are ignored: they may have been deleted in another tab.
"""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from accounts.access.request_user import user_of
from accounts.models import User
from artgen.database.ids import parse_uuid
from artgen.refusals import Refusal
from artgen.web import formatting
from artgen.web.redirects import next_url
from generation.gallery import collections, favorites, own_images, tagging, tags
from generation.gallery import trash as own_trash
from generation.gallery.tagging import Tagged
from generation.models import Collection, Image
from generation.models.collections import NAME_MAX
from generation.models.tags import TAG_MAX
from generation.owned_rows import named_rows
from generation.views.partials import part, wants_part
from generation.views.undo import with_undo


def on_selection(
    act: Callable[[HttpRequest, list[UUID]], HttpResponseBase],
) -> Callable[..., HttpResponseBase]:
    """Return a view (signed in, POST only) that passes the ids to `act` or shows the error."""

    @wraps(act)
    def view(request: HttpRequest) -> HttpResponseBase:
        try:
            return act(request, ids_of(request))
        except Refusal as refusal:
            if not wants_part(request):
                raise
            headers = {"Retry-After": str(refusal.retry_after)} if refusal.retry_after else {}
            answer = {"detail": refusal.message}
            return JsonResponse(answer, status=refusal.status, headers=headers)

    return login_required(require_POST(view))


@on_selection
def favorite(request: HttpRequest, ids: list[UUID]) -> HttpResponseBase:
    """Mark the selected images as favorites (`favorite=1`) or unmark them."""
    wanted = request.POST.get("favorite", "1") == "1"
    changed = favorites.set_these(user=user_of(request), ids=ids, favorite=wanted)
    if wanted:
        text = ngettext(
            "%(count)s image added to favorites.",
            "%(count)s images added to favorites.",
            len(changed),
        )
    else:
        text = ngettext(
            "%(count)s image removed from favorites.",
            "%(count)s images removed from favorites.",
            len(changed),
        )
    return done(request, text % {"count": formatting.number(len(changed))}, changed)


@on_selection
def trash(request: HttpRequest, ids: list[UUID]) -> HttpResponseBase:
    """Move the selected images to the trash, with one undo for all."""
    changed = own_trash.move_these(user=user_of(request), ids=ids)
    text = ngettext(
        "%(count)s image moved to trash.", "%(count)s images moved to trash.", len(changed)
    )
    text = text % {"count": formatting.number(len(changed))}
    return done(request, text, changed, undo=reverse("restore_selection"))


@on_selection
def restore(request: HttpRequest, ids: list[UUID]) -> HttpResponseBase:
    changed = own_trash.restore_these(user=user_of(request), ids=ids)
    text = ngettext("%(count)s image restored.", "%(count)s images restored.", len(changed))
    return done(request, text % {"count": formatting.number(len(changed))}, changed)


@on_selection
def delete(request: HttpRequest, ids: list[UUID]) -> HttpResponseBase:
    """Ask for confirmation, then (`sure=1`) delete the selected trashed images permanently."""
    if request.POST.get("sure") != "1":
        images = Image.objects.of(request.user).trashed().present().filter(id__in=ids)
        context = {"count": images.count(), "ids": ",".join(map(str, ids)), "section": "trash"}
        if not context["count"]:
            raise Refusal(gone_text())
        return render(request, "generation/delete_selection.html", context)
    changed = own_trash.delete_these(user=user_of(request), ids=ids)
    text = ngettext(
        "%(count)s image permanently deleted.",
        "%(count)s images permanently deleted.",
        len(changed),
    )
    return done(request, text % {"count": formatting.number(len(changed))}, changed)


@on_selection
def collect(request: HttpRequest, ids: list[UUID]) -> HttpResponseBase:
    """Add the selected images to a collection: an existing (`collection`) or a new one (`name`).

    Without either, ask for one. An existing name selects that collection.
    """
    user, chosen = user_of(request), _collection_field(request)
    if not chosen and "name" not in request.POST:
        return _ask_for_collection(request, ids)
    try:
        collection = (
            _collection(user, chosen)
            if chosen
            else collections.create(user=user, name=request.POST["name"])
        )
    except named_rows.NameTaken as taken:
        collection = taken.row
    changed = own_images.ids_outside(user=user, ids=ids, collection=collection)
    collections.add(collection, image_ids=changed)
    text = ngettext(
        "%(count)s image added to “%(name)s”.",
        "%(count)s images added to “%(name)s”.",
        len(changed),
    ) % {"count": formatting.number(len(changed)), "name": collection.name}
    return done(
        request, text, changed, undo=reverse("uncollect_selection"), fields=_field(collection)
    )


@on_selection
def uncollect(request: HttpRequest, ids: list[UUID]) -> HttpResponseBase:
    """Remove the selected images from `collection`; they stay in the gallery."""
    user = user_of(request)
    collection = _collection(user, _collection_field(request))
    outside = set(own_images.ids_outside(user=user, ids=ids, collection=collection))
    changed = [
        image_id for image_id in own_images.ids_of(user=user, ids=ids) if image_id not in outside
    ]
    collections.remove(collection, image_ids=changed)
    text = ngettext(
        "%(count)s image removed from “%(name)s”.",
        "%(count)s images removed from “%(name)s”.",
        len(changed),
    ) % {"count": formatting.number(len(changed)), "name": collection.name}
    return done(
        request, text, changed, undo=reverse("collect_selection"), fields=_field(collection)
    )


def ids_of(request: HttpRequest) -> list[UUID]:
    """Return the distinct ids; raise Refusal for none, too many or invalid ones."""
    texts = [*request.POST.get("ids", "").split(","), *request.POST.getlist("id")]
    try:
        ids = list(dict.fromkeys(UUID(text.strip()) for text in texts if text.strip()))
    except ValueError:
        raise Refusal(
            _("Some selected items aren’t images. Reload the page and select again.")
        ) from None
    if not ids:
        raise Refusal(_("Select images first."))
    if len(ids) > settings.SELECTION_MAX:
        text = _("Select up to %(limit)s images.")
        raise Refusal(text % {"limit": formatting.number(settings.SELECTION_MAX)})
    return ids


def _collection(user: User, text: str) -> Collection:
    """Return the user's collection with this id; raise Refusal."""
    collection_id = parse_uuid(text)
    own = Collection.objects.of(user).present()
    collection = own.filter(id=collection_id).first() if collection_id else None
    if collection is None:
        raise Refusal(_("This collection no longer exists."))
    return collection


def _field(collection: Collection) -> dict[str, str]:
    return {"collection": str(collection.id)}


def _collection_field(request: HttpRequest) -> str:
    # Without script, undo is a form button, which can send one value and a URL.
    return request.POST.get("collection", "") or request.GET.get("collection", "")


def _ask_for_collection(request: HttpRequest, ids: list[UUID]) -> HttpResponse:
    choices = "generation/_choose_collection.html"
    context = {
        "collections": Collection.objects.of(request.user).present().by_name(),
        "ids": ",".join(map(str, ids)),
        "name_max": NAME_MAX,
        "next": request.POST.get("next", ""),
    }
    if wants_part(request):
        return part(request, choices, context)
    page = {"heading": _("Add to collection"), "choices": choices}
    return render(request, "generation/choose.html", context | page)


def gone_text() -> str:
    return _("These images no longer exist.")


def done(
    request: HttpRequest,
    text: str,
    changed: list[UUID],
    *,
    undo: str = "",
    fields: Mapping[str, str] | None = None,
) -> HttpResponse:
    """Return text and changed ids to scripts; redirect others back, with a message.

    `undo` is the URL that takes the ids and these fields to undo it.
    """
    fields = fields or {}
    if wants_part(request):
        answer = {"message": text, "changed": changed, "collection": None} | dict(fields)
        return JsonResponse(answer, headers={"Cache-Control": "private, no-store"})
    if undo and changed:
        action = f"{undo}?{urlencode(fields)}" if fields else undo
        text = with_undo(text, action=action, name="ids", value=",".join(map(str, changed)))
    messages.success(request, text)
    return _back(request)


def _back(request: HttpRequest) -> HttpResponseRedirect:
    return HttpResponseRedirect(next_url(request, default=reverse("gallery")))


@on_selection
def tag(request: HttpRequest, ids: list[UUID]) -> HttpResponseBase:
    """Add a tag (`tag`) to the selected images. Without it, ask for one."""
    name = _tag_field(request)
    if name is None:
        return _ask_for_tag(request, ids)
    tagged = tagging.add_these(user=user_of(request), ids=ids, name=name)
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
    name = _tag_field(request) or ""
    tagged = tagging.remove_these(user=user_of(request), ids=ids, name=name)
    text = ngettext(
        "Tag “%(name)s” removed from %(count)s image.",
        "Tag “%(name)s” removed from %(count)s images.",
        len(tagged.changed),
    ) % _values(tagged)
    undo = reverse("tag_selection")
    return done(request, text, tagged.changed, undo=undo, fields={"tag": tagged.tag})


def _tag_field(request: HttpRequest) -> str | None:
    # Without script, undo is a form button, which can send one value and a URL.
    return request.POST.get("tag", request.GET.get("tag"))


def _values(tagged: Tagged) -> Mapping[str, Any]:
    return {"count": formatting.number(len(tagged.changed)), "name": tagged.tag}


def _ask_for_tag(request: HttpRequest, ids: list[UUID]) -> HttpResponse:
    user = user_of(request)
    tag_counts = tags.of_these(user=user, ids=ids)
    context = {
        "on_selection": tag_counts.items(),
        "others": [name for name in tags.names_of(user) if tag_counts.get(name, 0) < len(ids)],
        "ids": ",".join(map(str, ids)),
        "tag_max": TAG_MAX,
        "next": request.POST.get("next", ""),
    }
    if wants_part(request):
        return part(request, "generation/_choose_tag.html", context)
    return render(request, "generation/choose_tag.html", context)
