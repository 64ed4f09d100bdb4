"""Explore: what people have made public, newest first."""

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
from django.views.decorators.http import require_GET

from generation.gallery import sharing
from generation.models import Publication, PublicationQuerySet
from generation.views.grid import PAGE, Tile
from generation.views.partials import part, wants_part

SALT = "generation.explore"


@dataclass(frozen=True)
class PublicTile:
    """One public picture in the grid."""

    shared: sharing.Shared
    tile: Tile

    @property
    def address(self) -> str:
        """Its public page."""
        return reverse("shared", args=[self.shared.slug])

    @property
    def told(self) -> str:
        """Its prompt where the owner shows it, else who made it, else that it is a picture."""
        if self.shared.with_parameters:
            return self.tile.prompt
        if self.shared.author:
            return _("Image by %(author)s") % {"author": self.shared.author}
        return _("Image")


@require_GET
def explore(request: HttpRequest) -> HttpResponse:
    """Show what is public; `before` is a page's cursor. A prompt shows only where its owner allowed it."""
    rows = _before(Publication.objects.shown().newest_first(), request.GET.get("before", ""))
    found = list(rows[: PAGE + 1])
    shown = found[:PAGE]
    next_address = (
        f"{reverse('explore')}?{urlencode({'before': _cursor(shown[-1])})}"
        if len(found) > PAGE
        else ""
    )
    context = {
        "tiles": [PublicTile(sharing.as_shared(one), Tile(one.image)) for one in shown],
        "next_address": next_address,
        "is_later_page": "before" in request.GET,
        "address": f"{settings.PUBLIC_URL}{reverse('explore')}",
    }
    if wants_part(request):
        return part(request, "generation/_public.html", context)
    return render(request, "generation/explore.html", context)


def _before(rows: PublicationQuerySet, cursor: str) -> PublicationQuerySet:
    """Return the rows after this cursor; a cursor that is none of ours is ignored."""
    try:
        moment, last_id = signing.Signer(salt=SALT).unsign_object(cursor)
    except (signing.BadSignature, ValueError):
        return rows
    at = parse_datetime(moment)
    return rows.filter(Q(published_at__lt=at) | Q(published_at=at, id__lt=last_id))


def _cursor(last: Publication) -> str:
    at = last.published_at.isoformat() if last.published_at else ""
    return signing.Signer(salt=SALT).sign_object([at, str(last.id)])
