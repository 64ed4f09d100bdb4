"""What is done to many pictures at once: favorites, collections, trash, restore, the end, a ZIP of them.

Ids come in one field `ids`, joined by commas, or without script as many fields `id`. Ids that are no pictures of the
user (any more) are passed over: another tab may have been quicker.
"""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import cast
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from accounts.models import User
from artgen import formatting, refusal_pages
from artgen.refusals import Refusal
from generation.gallery import archive, archive_limits, collections, images
from generation.models import Collection, Image
from generation.models.collections import NAME_MAX
from generation.views.composing import uuid_or_none
from generation.views.partials import part, wants_part
from generation.views.streaming import ArchiveResponse

KINDS = ("original", "webp")


def on_selection(
    act: Callable[[HttpRequest, list[UUID]], HttpResponseBase],
) -> Callable[..., HttpResponseBase]:
    """Return the view (signed in, POST alone) that gives `act` the ids, or says why they cannot be taken."""

    @wraps(act)
    def view(request: HttpRequest) -> HttpResponseBase:
        try:
            return act(request, _ids(request))
        except Refusal as refusal:
            return _refused(request, refusal)

    return login_required(require_POST(view))


@on_selection
def favorite(request: HttpRequest, ids: list[UUID]) -> HttpResponseBase:
    """Make the selected pictures favorites (`favorite=1`) or no more (anything else)."""
    wanted = request.POST.get("favorite", "1") == "1"
    changed = images.favorite_these(user=_user(request), ids=ids, favorite=wanted)
    if wanted:
        told = ngettext(
            "%(count)s picture added to favorites.",
            "%(count)s pictures added to favorites.",
            len(changed),
        )
    else:
        told = ngettext(
            "%(count)s picture removed from favorites.",
            "%(count)s pictures removed from favorites.",
            len(changed),
        )
    return _done(request, told % {"count": formatting.number(len(changed))}, changed)


@on_selection
def trash(request: HttpRequest, ids: list[UUID]) -> HttpResponseBase:
    """Move the selected pictures to the trash, with one undo for all."""
    changed = images.trash_these(user=_user(request), ids=ids)
    told = ngettext(
        "%(count)s picture moved to the trash.",
        "%(count)s pictures moved to the trash.",
        len(changed),
    )
    told = told % {"count": formatting.number(len(changed))}
    return _done(request, told, changed, undo=reverse("restore_selection"))


@on_selection
def restore(request: HttpRequest, ids: list[UUID]) -> HttpResponseBase:
    """Take the selected pictures out of the trash."""
    changed = images.restore_these(user=_user(request), ids=ids)
    told = ngettext("%(count)s picture is back.", "%(count)s pictures are back.", len(changed))
    return _done(request, told % {"count": formatting.number(len(changed))}, changed)


@on_selection
def delete(request: HttpRequest, ids: list[UUID]) -> HttpResponseBase:
    """Ask once more, then (`sure=1`) delete the selected pictures of the trash for good."""
    if request.POST.get("sure") != "1":
        found = Image.objects.of(request.user).trashed().present().filter(id__in=ids)
        context = {"count": found.count(), "ids": ",".join(map(str, ids)), "place": "trash"}
        if not context["count"]:
            raise Refusal(_gone())
        return render(request, "generation/delete_selection.html", context)
    changed = images.end_these(user=_user(request), ids=ids)
    told = ngettext(
        "%(count)s picture deleted for good.", "%(count)s pictures deleted for good.", len(changed)
    )
    return _done(request, told % {"count": formatting.number(len(changed))}, changed)


@on_selection
def collect(request: HttpRequest, ids: list[UUID]) -> HttpResponseBase:
    """Put the selected pictures into a collection: one that there is (`collection`), or a new one (`name`).

    Without either: ask which. A name that is taken means that collection.
    """
    user, chosen = _user(request), _asked_collection(request)
    if not chosen and "name" not in request.POST:
        return _ask_for_collection(request, ids)
    try:
        collection = (
            _collection(user, chosen)
            if chosen
            else collections.create(user=user, name=request.POST["name"])
        )
    except collections.NameTaken as taken:
        collection = taken.collection
    changed = images.outside(user=user, ids=ids, collection=collection)
    collections.add(collection, image_ids=changed)
    told = ngettext(
        "%(count)s picture added to “%(name)s”.",
        "%(count)s pictures added to “%(name)s”.",
        len(changed),
    ) % {"count": formatting.number(len(changed)), "name": collection.name}
    return _done(request, told, changed, undo=reverse("uncollect_selection"), collection=collection)


@on_selection
def uncollect(request: HttpRequest, ids: list[UUID]) -> HttpResponseBase:
    """Take the selected pictures out of `collection`; they stay in the gallery."""
    user = _user(request)
    collection = _collection(user, _asked_collection(request))
    inside = set(images.outside(user=user, ids=ids, collection=collection))
    changed = [image_id for image_id in images.own(user=user, ids=ids) if image_id not in inside]
    collections.remove(collection, image_ids=changed)
    told = ngettext(
        "%(count)s picture taken out of “%(name)s”.",
        "%(count)s pictures taken out of “%(name)s”.",
        len(changed),
    ) % {"count": formatting.number(len(changed)), "name": collection.name}
    return _done(request, told, changed, undo=reverse("collect_selection"), collection=collection)


@on_selection
def download(request: HttpRequest, ids: list[UUID]) -> HttpResponseBase:
    """Send the selected pictures as one ZIP, as they are or (`as=webp`) as WebP.

    To the page's script: 204 where a download can begin, else why not; it then posts the form, which the browser saves.
    """
    user, kind = _user(request), request.POST.get("as", "original")
    if kind not in KINDS:
        raise BadRequest
    found = images.own(user=user, ids=ids)
    if not found:
        raise Refusal(_gone())
    if wants_part(request):
        if not archive_limits.is_free(user):
            raise archive_limits.Busy(yours=True)
        return HttpResponse(status=204)
    slot = archive_limits.take(user)
    pieces = archive.pack(images.each(user=user, ids=found), as_webp=kind == "webp")
    name = f"artgen-{timezone.localdate():%Y-%m-%d}-{len(found)}.zip"
    return ArchiveResponse(request, pieces, slot=slot, name=name)


def _ids(request: HttpRequest) -> list[UUID]:
    """Return the ids, each once; raises Refusal for none, too many, or what is no id."""
    texts = [*request.POST.get("ids", "").split(","), *request.POST.getlist("id")]
    try:
        ids = list(dict.fromkeys(UUID(text.strip()) for text in texts if text.strip()))
    except ValueError:
        raise Refusal(
            _("Something in this selection is no picture. Reload the page and select again.")
        ) from None
    if not ids:
        raise Refusal(_("Nothing is selected. Tick some pictures first."))
    if len(ids) > settings.SELECTION_MAX:
        told = _("At most %(limit)s pictures at once. Select fewer.")
        raise Refusal(told % {"limit": formatting.number(settings.SELECTION_MAX)})
    return ids


def _collection(user: User, text: str) -> Collection:
    """Return the user's collection of this id; raises Refusal."""
    collection_id = uuid_or_none(text)
    found = (
        Collection.objects.of(user).present().filter(id=collection_id).first()
        if collection_id
        else None
    )
    if found is None:
        raise Refusal(_("There is no such collection any more."))
    return found


def _asked_collection(request: HttpRequest) -> str:
    # The undo of pages without script is a button of a form, which can give one value and an address.
    return request.POST.get("collection", "") or request.GET.get("collection", "")


def _ask_for_collection(request: HttpRequest, ids: list[UUID]) -> HttpResponse:
    context = {
        "collections": Collection.objects.of(request.user).present().by_name(),
        "ids": ",".join(map(str, ids)),
        "name_max": NAME_MAX,
        "next": request.POST.get("next", ""),
    }
    if wants_part(request):
        return part(request, "generation/_choose_collection.html", context)
    return render(request, "generation/choose_collection.html", context)


def _gone() -> str:
    return _("These pictures are gone.")


def _done(
    request: HttpRequest,
    told: str,
    changed: list[UUID],
    *,
    undo: str = "",
    collection: Collection | None = None,
) -> HttpResponse:
    """Answer the page's script with words and the ids that changed; send others back, the words above the pictures."""
    if wants_part(request):
        answer = {"told": told, "changed": changed, "collection": collection and collection.id}
        return JsonResponse(answer, headers={"Cache-Control": "private, no-store"})
    if undo and changed:
        told = format_html(
            '{} <button class="text-link" form="picture-form" formaction="{}" name="ids" value="{}">{}</button>',
            told,
            f"{undo}?{urlencode({'collection': collection.id})}" if collection else undo,
            ",".join(map(str, changed)),
            _("Undo"),
        )
    messages.success(request, told)
    return _back(request)


def _refused(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    if wants_part(request):
        headers = {"Retry-After": str(refusal.retry_after)} if refusal.retry_after else {}
        answer = {"detail": refusal.message}
        return JsonResponse(answer, status=refusal.status, headers=headers)
    if refusal.status == HTTPStatus.TOO_MANY_REQUESTS:
        return refusal_pages.page(request, refusal)
    messages.error(request, refusal.message)
    return _back(request)


def _back(request: HttpRequest) -> HttpResponseRedirect:
    target = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return HttpResponseRedirect(target if safe else reverse("gallery"))


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)
