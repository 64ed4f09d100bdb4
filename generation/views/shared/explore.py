"""Explore: public images, newest first, with a search of the prompts that are shown."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.conf import settings
from django.core import signing
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from generation.gallery import search
from generation.gallery.sharing import share_links
from generation.models import Publication, PublicationQuerySet
from generation.views.gallery.grid import PAGE
from generation.views.gallery.url_filters import MAX_QUERY_LENGTH
from generation.views.partials import part, wants_part
from generation.views.tiles import Tile

SALT = "generation.explore"


@dataclass(frozen=True)
class PublicTile:
    shared: share_links.Shared
    tile: Tile

    @property
    def address(self) -> str:
        return reverse("shared", args=[self.shared.slug])

    @property
    def label(self) -> str:
        """The prompt if the owner shows it, else a text with the author."""
        if self.shared.with_parameters:
            return self.tile.prompt
        if self.shared.author:
            return _("Image by %(author)s") % {"author": self.shared.author}
        return _("Image")


@require_safe
def explore(request: HttpRequest) -> HttpResponse:
    """Show public images; `before` is a cursor, `q` searches prompts.

    Prompts appear, and are searched, only if their owners allow it.
    """
    query = " ".join(request.GET.get("q", "").replace("\0", "").split())[:MAX_QUERY_LENGTH]
    public = search.published(Publication.objects.shown(), query)
    rows = _before(public.newest_first(), request.GET.get("before", ""))
    publications = list(rows[: PAGE + 1])
    shown = publications[:PAGE]
    path = f"{reverse('explore')}?{urlencode({'q': query})}" if query else reverse("explore")
    next_address = ""
    if len(publications) > PAGE:
        fields = {"q": query} if query else {}
        fields["before"] = _cursor(shown[-1])
        next_address = f"{reverse('explore')}?{urlencode(fields)}"
    context = {
        "query": query,
        "tiles": [
            PublicTile(share_links.as_shared(publication), Tile(publication.image))
            for publication in shown
        ],
        "next_address": next_address,
        "is_later_page": "before" in request.GET,
        "path": path,
        "address": f"{settings.PUBLIC_URL}{reverse('explore')}",
    }
    if wants_part(request):
        return part(request, "generation/_public.html", context)
    return render(request, "generation/explore.html", context)


def _before(rows: PublicationQuerySet, cursor: str) -> PublicationQuerySet:
    """Return the rows after the cursor; an invalid cursor is ignored."""
    try:
        moment, last_id = signing.Signer(salt=SALT).unsign_object(cursor)
    except (signing.BadSignature, ValueError):
        return rows
    at = parse_datetime(moment)
    return rows.filter(Q(published_at__lt=at) | Q(published_at=at, id__lt=last_id))


def _cursor(last: Publication) -> str:
    at = last.published_at.isoformat() if last.published_at else ""
    return signing.Signer(salt=SALT).sign_object([at, str(last.id)])
