"""What programs ask before they draw: options, models, samplers and the like."""

from typing import Any

from rest_framework.request import Request

from accounts.access.request_user import user_of
from accounts.limits import quotas
from accounts.limits.quotas import OrderSummary
from accounts.models import Scope
from artgen.api.operations import operation
from artgen.api.views import body_of
from generation.models import model_cache
from generation.models.model_cache import Catalog
from generation.protocols import model_names
from generation.protocols.a1111 import endpoint
from generation.protocols.a1111.endpoint import A1111Endpoint, caller_of
from generation.protocols.model_names import Wanted

CHECKPOINT = "sd_model_checkpoint"


class Options(A1111Endpoint):
    """The settings of a token's program, and what can be chosen."""

    @operation("GET options", url_name="a1111_options")
    def get_options(self, request: Request) -> dict[str, Any]:
        """Return the chosen model; there are no other settings."""
        chosen, user = endpoint.chosen_model(caller_of(request)), user_of(request)
        if chosen not in _catalog(request).models:
            chosen = model_names.offer_of("", user=user, wanted=Wanted()).slug
        return {CHECKPOINT: chosen}

    @operation("POST options", scope=Scope.CREATE)
    def set_options(self, request: Request) -> dict[str, Any]:
        """Choose the model of the token's later requests; other settings are ignored."""
        name = body_of(request).get(CHECKPOINT)
        if isinstance(name, str) and name:
            user = user_of(request)
            offer = model_names.offer_of(name, user=user, wanted=Wanted())
            if refusal := quotas.of(user).refusal(OrderSummary(1, {offer.slug: offer.name})):
                raise refusal
            endpoint.choose_model(caller_of(request), offer.slug)
        return {}

    @operation("GET sd-models", url_name="a1111_models")
    def list_models(self, request: Request) -> list[dict[str, Any]]:
        return [_model(offer.slug) for offer in model_names.drawing(_catalog(request))]

    @operation("GET samplers", url_name="a1111_samplers")
    def list_samplers(self, request: Request) -> list[dict[str, Any]]:
        return [{"name": "Automatic", "aliases": [], "options": {}}]

    @operation("GET schedulers", url_name="a1111_schedulers")
    def list_schedulers(self, request: Request) -> list[dict[str, Any]]:
        return [{"name": "automatic", "label": "Automatic"}]

    @operation("GET upscalers", url_name="a1111_upscalers")
    def list_upscalers(self, request: Request) -> list[dict[str, Any]]:
        return []

    @operation("GET latent-upscale-modes", url_name="a1111_upscale_modes")
    def list_upscale_modes(self, request: Request) -> list[dict[str, Any]]:
        return []

    @operation("GET sd-vae", url_name="a1111_vae")
    def list_vae(self, request: Request) -> list[dict[str, Any]]:
        return []


def _catalog(request: Request) -> Catalog:
    return model_names.allowed(model_cache.read(), user_of(request))


def _model(slug: str) -> dict[str, Any]:
    names = dict.fromkeys(("title", "model_name", "filename"), slug)
    return names | {"hash": "", "sha256": "", "config": None}
