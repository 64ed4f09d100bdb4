"""The start page, which introduces ArtGen."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from accounts.access import sign_up_rules
from generation.views.tiles import data_ratio


@dataclass(frozen=True)
class Sample:
    name: str
    width: int
    height: int
    prompt: Promise

    @property
    def url(self) -> str:
        return static(f"generation/start/{self.name}.webp")

    @property
    def ratio(self) -> str:
        return data_ratio(self.width, self.height)

    @property
    def address(self) -> str:
        return f"{reverse('create')}?{urlencode({'prompt': self.prompt})}"


SAMPLES = (
    Sample("ridges", 1088, 622, _("Mountain ridges at sunset, lilac haze, low sun")),
    Sample(
        "arcade", 672, 840, _("A white arcade by the sea, stairs, an orange sphere, noon light")
    ),
    Sample("aurora", 1024, 683, _("Northern lights over a lake, emerald, long exposure")),
    Sample(
        "vases",
        672,
        840,
        _("Three ceramic vases, cotton branches, long light from the window, quiet still life"),
    ),
    Sample("dahlia", 768, 768, _("A coral dahlia in full bloom, dark background")),
    Sample("birches", 992, 661, _("A birch forest in autumn, morning fog")),
    Sample("glass", 768, 768, _("A drop of iridescent glass, studio light")),
    Sample("paper", 768, 768, _("A canyon of layered colored paper, seen from above")),
    Sample("planet", 1088, 622, _("A ringed planet above a violet nebula")),
    Sample("jellyfish", 640, 960, _("A glowing jellyfish in the deep blue sea")),
    Sample("cabin", 960, 720, _("A cabin in the snow at night, warm windows")),
    Sample("cherry", 672, 840, _("A cherry tree in blossom on a hill at dawn")),
    Sample("umbrella", 640, 960, _("Night rain in the city, a red umbrella, bokeh")),
    Sample("tea", 960, 720, _("Tea hills in morning mist, rows of bushes, warm light")),
    Sample("lighthouse", 1408, 603, _("A lighthouse at dusk, calm sea, a beam of light")),
)


@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """Show the start page; redirect signed-in users to the Create page."""
    if request.user.is_authenticated:
        return redirect("create")
    context = {
        "samples": SAMPLES,
        "credits": sign_up_rules.starting_credits(),
        "api": f"{settings.PUBLIC_URL}/api/v1",
        "trash_days": settings.TRASH_DAYS,
        "screenshots": "-ru" if get_language() == "ru" else "",
    }
    return render(request, "generation/start.html", context)
