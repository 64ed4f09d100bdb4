"""The user's images, to choose source images from."""

from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.access.request_user import user_of
from artgen.web.revalidation import revalidated
from generation.gallery.search import matching
from generation.models import Image
from generation.views.create import moodboards
from generation.views.gallery import grid
from generation.views.partials import part

MAX_QUERY_LENGTH = 200


@login_required
@require_safe
@revalidated
def own_images(request: HttpRequest) -> HttpResponse:
    """Return a page of the user's images, newest first; `q` searches their prompts."""
    user = user_of(request)
    query = request.GET.get("q", "")[:MAX_QUERY_LENGTH].strip()
    page = grid.newest(
        matching(Image.objects.of(user).kept(), query, user=user).images,
        before=request.GET.get("before", ""),
    )
    more = urlencode({"q": query, "before": page.next})
    is_first = not query and not request.GET.get("before")
    context = {
        "moodboards": moodboards.collections_of(user) if is_first else [],
        "tiles": page.tiles,
        "query": query,
        "next_address": f"{reverse('own_images')}?{more}" if page.next else "",
    }
    return part(request, "generation/_own_images.html", context)
