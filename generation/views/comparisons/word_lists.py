"""Pages of word lists: list, create, change, delete, restore."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access.request_user import user_of
from artgen.refusals import Refusal
from generation.models import WordList
from generation.models.sheets import LIST_NAME_MAX
from generation.owned_rows import named_rows
from generation.studio.comparisons import word_lists as lists
from generation.views.undo import with_undo


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def word_lists(request: HttpRequest) -> HttpResponse:
    """Show the user's word lists; POST creates one of `name` and the lines of `entries`."""
    if request.method != "POST":
        return _page(request)
    name, text = _fields(request)
    try:
        word_list = lists.create(user=user_of(request), name=name, entries=lists.lines_of(text))
    except Refusal as refused:
        return _page(request, name=name, text=text, refused=refused)
    messages.success(
        request, _("Saved. Use it in a prompt as %(code)s.") % {"code": f"__{word_list.name}__"}
    )
    return redirect("word_lists")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def word_list(request: HttpRequest, list_id: UUID) -> HttpResponse:
    """Show one word list to change it; POST stores `name` and the lines of `entries`."""
    own = _own(request, list_id)
    if request.method != "POST":
        return _page(request, chosen=own, name=own.name, text="\n".join(own.entries))
    name, text = _fields(request)
    try:
        lists.change(own, name=name, entries=lists.lines_of(text))
    except Refusal as refused:
        return _page(request, chosen=own, name=name, text=text, refused=refused)
    messages.success(
        request, _("Saved. Use it in a prompt as %(code)s.") % {"code": f"__{own.name}__"}
    )
    return redirect("word_lists")


@login_required
@require_POST
def delete(request: HttpRequest, list_id: UUID) -> HttpResponse:
    own = named_rows.delete(_own(request, list_id))
    text = _("“%(name)s” deleted.") % {"name": own.name}
    undo = reverse("restore_word_list", args=[own.id])
    messages.success(request, with_undo(text, action=undo, form="restore-form"))
    return redirect("word_lists")


@login_required
@require_POST
def restore(request: HttpRequest, list_id: UUID) -> HttpResponse:
    own = get_object_or_404(WordList.objects.of(request.user), id=list_id)
    named_rows.restore(own)
    return redirect("word_lists")


def _page(
    request: HttpRequest,
    *,
    chosen: WordList | None = None,
    name: str = "",
    text: str = "",
    refused: Refusal | None = None,
) -> HttpResponse:
    errors: dict[str, list[str]] = {}
    for error in refused.errors if refused else []:
        errors.setdefault(error.field, []).append(error.detail)
    context: dict[str, Any] = {
        "lists": list(WordList.objects.of(request.user).present()),
        "chosen": chosen,
        "name": name,
        "text": text,
        "errors": errors,
        "error": refused.message if refused and not refused.errors else "",
        "name_max": LIST_NAME_MAX,
        "max_entries": lists.MAX_ENTRIES,
        "max_length": lists.MAX_ENTRY_LENGTH,
        "text_max": lists.MAX_TEXT_LENGTH,
    }
    status = refused.status if refused else 200
    return render(request, "generation/word_lists.html", context, status=status)


def _own(request: HttpRequest, list_id: UUID) -> WordList:
    return get_object_or_404(WordList.objects.of(request.user).present(), id=list_id)


def _fields(request: HttpRequest) -> tuple[str, str]:
    """Return name and text as they were sent; the text is cut above what lists can have."""
    return request.POST.get("name", "")[:200], request.POST.get("entries", "")[
        : 2 * lists.MAX_TEXT_LENGTH
    ]
