"""How the gallery is shown in this browser: the size of tiles, and whether batches are stacks.

The choices are cookies, so that the server renders them and no page is laid out twice.
"""

from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.db.models import TextChoices
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_POST

from artgen.web.redirects import next_url

COOKIE_AGE = 60 * 60 * 24 * 365


class TileSize(TextChoices):
    """The height of a row of tiles; the style sheet has the pixels."""

    SMALL = "small", pgettext_lazy("size of images", "Small")
    MEDIUM = "medium", pgettext_lazy("size of images", "Medium")
    LARGE = "large", pgettext_lazy("size of images", "Large")


class Stacking(TextChoices):
    """Whether the images of a batch are one stack."""

    STACKS = "stacks", pgettext_lazy("images of a batch", "In stacks")
    SINGLE = "single", pgettext_lazy("images of a batch", "One by one")


DEFAULTS = {"tiles": TileSize.MEDIUM, "runs": Stacking.STACKS}
CHOICES = {"tiles": TileSize.values, "runs": Stacking.values}
COOKIES = {name: f"gallery-{name}" for name in CHOICES}


@dataclass(frozen=True)
class ViewOptions:
    tiles: str
    runs: str

    @property
    def has_stacks(self) -> bool:
        return self.runs == Stacking.STACKS

    @property
    def layout(self) -> str:
        """The layout of `img` for tiles of this size."""
        return "row" if self.tiles == TileSize.MEDIUM else f"row-{self.tiles}"

    @property
    def sizes(self) -> list[tuple[str, str, bool]]:
        """Value and label of each size of tiles, and whether it is chosen."""
        return [(value, str(label), value == self.tiles) for value, label in TileSize.choices]

    @property
    def stackings(self) -> list[tuple[str, str, bool]]:
        """Value and label of each way to show runs, and whether it is chosen."""
        return [(value, str(label), value == self.runs) for value, label in Stacking.choices]


def of_request(request: HttpRequest) -> ViewOptions:
    """Return the choices of the browser's cookies; others count as none."""
    cookies = {name: request.COOKIES.get(cookie, "") for name, cookie in COOKIES.items()}
    return ViewOptions(
        **{
            name: value if value in CHOICES[name] else DEFAULTS[name]
            for name, value in cookies.items()
        }
    )


@login_required
@require_POST
def set_view(request: HttpRequest) -> HttpResponse:
    """Store `tiles` and `runs` in cookies and redirect to `next`; a script gets 204."""
    response: HttpResponse = (
        HttpResponseRedirect(next_url(request, default=reverse("gallery")))
        if request.accepts("text/html")
        else HttpResponse(status=204)
    )
    for name, cookie in COOKIES.items():
        if (value := request.POST.get(name, "")) in CHOICES[name]:
            response.set_cookie(
                cookie,
                value,
                max_age=COOKIE_AGE,
                secure=settings.SESSION_COOKIE_SECURE,
                samesite="Lax",
                httponly=True,
            )
    return response
