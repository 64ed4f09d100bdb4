"""The public page that says to whom prompts and source images are sent, and in which country."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from generation.models import Endpoint
from generation.models.endpoints import ProviderName

OWN = _("on a server of this site’s operator, or one that the operator has chosen")
COUNTRIES: dict[str, str | Promise] = {
    ProviderName.RUNPOD: _("a company in the United States; its GPUs are in several countries"),
    ProviderName.YANDEX: _("Russia"),
    ProviderName.WAVESPEED: _("its country: see wavespeed.ai"),
    ProviderName.IMAGE_SERVER: OWN,
    ProviderName.COMFYUI: OWN,
}


@dataclass(frozen=True)
class Recipient:
    """A provider that gets what people write and upload."""

    name: str
    country: str | Promise
    models: list[str]


@require_safe
def providers(request: HttpRequest) -> HttpResponse:
    """List the providers of the models that can be chosen, and the prompt helper's server.

    404 if the site has no terms, privacy policy or consent: its operator does not show it.
    """
    if not settings.LEGAL_DOCUMENTS:
        raise Http404
    rows = Endpoint.objects.enabled().filter(model__enabled=True).select_related("model")
    models: dict[str, set[str]] = {}
    for endpoint in rows:
        models.setdefault(endpoint.provider, set()).add(endpoint.model.name)
    context = {
        "recipients": [
            Recipient(str(name.label), COUNTRIES[name], sorted(models[name]))
            for name in ProviderName
            if name in models
        ],
        "helper": urlsplit(settings.PROMPT_HELPER_URL).hostname,
    }
    return render(request, "generation/providers.html", context)
