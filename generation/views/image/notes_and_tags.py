"""The owner's note and tags of an image."""

from collections.abc import Sequence
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from artgen.refusals import Refusal
from artgen.web import formatting
from generation.gallery import notes, tagging, tags
from generation.models import Image
from generation.views.image import image_page
from generation.views.image.image_page import Remarks, own_image
from generation.views.partials import part, wants_part


@login_required
@require_POST
def save_note(request: HttpRequest, image_id: UUID) -> HttpResponse:
    """Replace the image's note (`note`), if it is still the one that the page showed (`before`)."""
    image, text = own_image(request, image_id), request.POST.get("note", "")
    try:
        notes.write(image, note=text, before=request.POST.get("before"))
    except notes.NoteChanged as refusal:
        image.note = refusal.note
        remarks = Remarks(
            image, typed_note=text, note_error=refusal.message, other_note=refusal.note
        )
        return _refused(request, "_note_state", remarks, status=refusal.status)
    except Refusal as refusal:
        remarks = Remarks(image, typed_note=text, note_error=refusal.message)
        return _refused(request, "_note_state", remarks, status=refusal.status)
    text = _("Note saved.") if image.note else _("Note removed.")
    return _done(request, "_note_state", image, text)


@login_required
@require_POST
def add_tags(request: HttpRequest, image_id: UUID) -> HttpResponse:
    """Add tags to the image: `tags`, separated by commas."""
    image, text = own_image(request, image_id), request.POST.get("tags", "")
    try:
        image, added = tagging.add(image, names=tags.split(text) or [""])
    except Refusal as refusal:
        remarks = Remarks(image, typed_tags=text, tags_error=refusal.message)
        return _refused(request, "_tags", remarks, status=refusal.status)
    told = ngettext("%(count)s tag added.", "%(count)s tags added.", len(added))
    return _done(request, "_tags", image, told % {"count": formatting.number(len(added))}, added)


@login_required
@require_POST
def remove_tag(request: HttpRequest, image_id: UUID) -> HttpResponse:
    """Remove a tag (`tag`) from the image, with an undo."""
    image = own_image(request, image_id)
    try:
        image, removed = tagging.remove(image, names=[request.POST.get("tag", "")])
    except Refusal as refusal:
        remarks = Remarks(image, tags_error=refusal.message)
        return _refused(request, "_tags", remarks, status=refusal.status)
    name = removed[0] if removed else request.POST["tag"]
    told = _("Tag “%(name)s” removed.") % {"name": name}
    if removed and not wants_part(request):
        told = format_html(
            '{} <button class="text-link" form="image-form" formaction="{}" name="tags" '
            'value="{}">{}</button>',
            told,
            reverse("add_tags", args=[image.id]),
            name,
            _("Undo"),
        )
    return _done(request, "_tags", image, told, removed)


def _done(
    request: HttpRequest, template: str, image: Image, told: str, changed: Sequence[str] = ()
) -> HttpResponse:
    """Return the changed part to scripts; redirect others to the image, with a message."""
    if wants_part(request):
        context = {"remarks": Remarks(image), "told": told, "changed": ",".join(changed)}
        return part(request, f"generation/{template}.html", context)
    messages.success(request, told)
    return redirect("image", image_id=image.id)


def _refused(request: HttpRequest, template: str, remarks: Remarks, *, status: int) -> HttpResponse:
    if wants_part(request):
        context = {"remarks": remarks}
        return part(request, f"generation/{template}.html", context, status=status)
    return image_page.show(request, remarks.image, remarks=remarks, status=status)
