"""Public pages of a shared image: page, file, report."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.limits.rate_limits import limited
from artgen.web.response_headers import allow_other_sites
from generation.catalog.shapes import shape_name
from generation.files import storage
from generation.gallery.sharing import image_reports, saved_copies, share_links
from generation.gallery.sharing.visibility import address_of
from generation.models import Job, Report, Style
from generation.views import downloads
from generation.views.downloads import FILE_SECONDS
from generation.views.tiles import Tile

MAX_WORDS_LENGTH = 500
TITLE_LENGTH = 70


@require_safe
@limited("shared_page")
def shared(request: HttpRequest, slug: str) -> HttpResponse:
    """Show an image shared by link or publicly; 404 for all others alike."""
    shared = _shared_or_404(slug)
    context = context_of(
        request, shared, address=address_of(slug), image_path=reverse("shared_image", args=[slug])
    )
    context |= {
        "remix": f"{reverse('create')}?share={slug}",
        "save_path": reverse("save_shared", args=[slug]),
    }
    return guarded(render(request, "generation/shared.html", context), shared)


def context_of(
    request: HttpRequest, shared: share_links.Shared, *, address: str, image_path: str
) -> dict[str, Any]:
    """Return the context of `shared.html`; `image_path`: of a file that lasts as the link."""
    image, job = shared.image, shared.image.origin
    shows_parameters = shared.with_parameters
    tile = Tile(image)
    path = image_path
    label = _("Image by %(author)s") % {"author": shared.author} if shared.author else _("Image")
    return {
        "shared": shared,
        "image": image,
        "job": job if shows_parameters else None,
        "tile": tile,
        "alt": tile.prompt if shows_parameters else label,
        "og_title": Truncator(job.prompt).chars(TITLE_LENGTH) if shows_parameters else label,
        "og_description": _description(shared),
        "address": address,
        "image_path": path,
        "image_address": f"{settings.PUBLIC_URL}{path}",
        "content_type": image.content_type,
        "image_url": storage.url(image.key, seconds=FILE_SECONDS) if shows_parameters else path,
        "copy_seconds": FILE_SECONDS if shows_parameters else 0,
        "shape": shape_name(image.width, image.height),
        "style": _style_name(job) if shows_parameters else "",
        "create_path": reverse("create" if request.user.is_authenticated else "start"),
        "is_own": image.user_id == request.user.pk,
        "copy": saved_copies.copy_of(image, user=request.user),
    }


@require_safe
@limited("shared_page")
def image_file(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Send or redirect to the file under a URL that lasts as long as the link; `download` saves it.

    If parameters are not shared, send the file without the prompt in its metadata.
    """
    return file_of(request, _shared_or_404(slug))


def file_of(request: HttpRequest, shared: share_links.Shared) -> HttpResponseBase:
    """Return the file of a shared image, as `image_file` does."""
    kind = "original" if shared.with_parameters else "bare"
    response = downloads.file_of(shared.image, kind, is_saved="download" in request.GET)
    allow_other_sites(response)
    return guarded(response, shared)


@require_http_methods(["GET", "HEAD", "POST"])
@limited("report")
@limited("shared_page")
def report(request: HttpRequest, slug: str) -> HttpResponse:
    """Accept a report of a public image (`kind`, `words`)."""
    shared = _shared_or_404(slug)
    if shared.publication is None:
        raise Http404
    kind = request.POST.get("kind", "")
    words = request.POST.get("words", "").replace("\0", "").strip()
    errors = {}
    if request.method == "POST":
        if kind not in Report.Kind.values:
            errors["kind"] = _("Select a reason.")
        if len(words) > MAX_WORDS_LENGTH:
            errors["words"] = _("Up to %(max)d characters.") % {"max": MAX_WORDS_LENGTH}
        if not errors:
            reporter = (
                str(request.user.pk)
                if request.user.is_authenticated
                else request.META["REMOTE_ADDR"]
            )
            image_reports.report(
                shared.publication,
                reporter=reporter,
                kind=kind,
                words=words,
                user=request.user if request.user.is_authenticated else None,
            )
            messages.success(request, _("Thank you. A moderator will review this image."))
            return redirect("explore")
    context = {
        "shared": shared,
        "tile": Tile(shared.image),
        "kinds": Report.Kind.choices,
        "kind": kind,
        "words": words,
        "words_max": MAX_WORDS_LENGTH,
        "errors": errors,
    }
    response = render(request, "generation/report.html", context, status=400 if errors else 200)
    return guarded(response, shared)


def _style_name(job: Job) -> str:
    # An own style is not among the parameters that others may see.
    return "" if job.has_own_style else Style.name_of(job.style)


def _description(shared: share_links.Shared) -> str:
    if not shared.with_parameters:
        return _("Made with ArtGen, an AI image generator.")
    model = shared.image.origin.model.name
    if shared.author:
        return _("By %(author)s, made with %(model)s.") % {"author": shared.author, "model": model}
    return _("Made with %(model)s.") % {"model": model}


def _shared_or_404(slug: str) -> share_links.Shared:
    shared = share_links.find(slug)
    if shared is None:
        raise Http404
    return shared


def guarded[Response: HttpResponseBase](
    response: Response, shared: share_links.Shared | None = None
) -> Response:
    """Forbid caching, so that turning off a link has effect, and indexing of links.

    The URL is secret: the Referrer-Policy of all pages, same-origin, hides it from other sites.
    """
    response["Cache-Control"] = "private, no-store"
    if shared is None or shared.publication is None:
        response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    return response
