"""The pages' 503 response while a part of ArtGen that a request needs does not respond."""

from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy

from artgen.refusals import Unavailable


class BucketAway(Unavailable):
    """The bucket does not respond, or too many requests of this process already wait for it."""

    part = "bucket"
    text = gettext_lazy(
        "Image storage isn’t responding. Nothing was changed. Try again in a minute."
    )


def page(part: str) -> HttpResponse:
    """Return the page that names what is away: "cache", "bucket", "database" or "disk"."""
    response = HttpResponse(render_to_string("503.html", {"away": part}), status=503)
    response["Retry-After"] = str(Unavailable.RETRY_AFTER_SECONDS)
    return response
