"""Models on offer and styles: what a job may ask for."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from artgen.api.problems import invalid
from artgen.api.views import Endpoint, query_of
from generation.api import docs
from generation.models import ImageModel, Style


class Models(Endpoint):
    """`/api/v1/models/`."""

    is_revalidated = True

    @extend_schema(**docs.LIST_MODELS)
    def get(self, request: Request) -> Response:
        """Return all models, those switched off included."""
        query_of(request)
        return Response(
            [_model_json(model) for model in ImageModel.objects.order_by("position", "slug")]
        )


class Styles(Endpoint):
    """`/api/v1/styles/`."""

    is_revalidated = True

    @extend_schema(**docs.LIST_STYLES)
    def get(self, request: Request) -> Response:
        """Return all styles that may be asked for."""
        query_of(request)
        styles = Style.objects.filter(enabled=True).order_by("position", "slug")
        return Response([{"slug": style.slug, "name": style.name} for style in styles])


def check_model(query: dict[str, str]) -> ImageModel | None:
    """Return the model of the parameter `model`, None where it is not given; raises Problem for an unknown one."""
    slug = query.get("model")
    if slug is None:
        return None
    model = ImageModel.objects.filter(slug=slug).first()
    if model is None:
        raise invalid("model", "does_not_exist", _("There is no such model."))
    return model


def _model_json(model: ImageModel) -> dict[str, Any]:
    offer = model.offer
    return {
        "slug": offer.slug,
        "name": offer.name,
        "description": model.description,
        "parameters": {name: parameter.as_json() for name, parameter in offer.parameters.items()},
        "min_source_images": offer.min_source_images,
        "max_source_images": offer.max_source_images,
        "price": offer.price.as_json(),
        "enabled": offer.enabled,
    }
