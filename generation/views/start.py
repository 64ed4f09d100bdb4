"""The start page: what ArtGen is, to somebody who has never seen it."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from artgen import words


@dataclass(frozen=True)
class Sample:
    """A picture that the demo's painter made, with the prompt that it was made from."""

    name: str
    width: int
    height: int
    prompt: Promise

    @property
    def url(self) -> str:
        """The address of the file."""
        return static(f"generation/start/{self.name}.webp")

    @property
    def ratio(self) -> str:
        """The shape that the stylesheet knows: "16x9"."""
        return words.ratio(self.width, self.height)

    @property
    def address(self) -> str:
        """The create page with this prompt in the form."""
        return f"{reverse('create')}?{urlencode({'prompt': self.prompt})}"


SAMPLES: tuple[Sample, ...] = ()


@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """Explain ArtGen to a stranger; somebody signed in goes on creating."""
    if request.user.is_authenticated:
        return redirect("create")
    context = {"samples": SAMPLES, "credits": settings.DEFAULT_CREDITS, "api": f"{settings.PUBLIC_URL}/api/v1", "trash_days": settings.TRASH_DAYS}
    return render(request, "generation/start.html", context)
