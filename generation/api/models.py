"""Models and styles that a job can use."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.requests import user_of
from artgen.api.problems import invalid
from artgen.api.views import Endpoint, query_of
from generation.api import docs_models
from generation.api.shapes_models import StyleShape
from generation.models import ImageModel
from generation.presets import choices


class Models(Endpoint):
    """`/api/v1/models/`."""

    is_revalidated = True

    @extend_schema(**docs_models.LIST_MODELS)
    def get(self, request: Request) -> Response:
        """Return all models, disabled ones included."""
        query_of(request)
        return Response(
            [model_json(model) for model in ImageModel.objects.order_by("position", "slug")]
        )


class Styles(Endpoint):
    """`/api/v1/styles/`."""

    is_revalidated = True

    @extend_schema(**docs_models.LIST_STYLES)
    def get(self, request: Request) -> Response:
        """Return all enabled styles, and the user's own ones after them."""
        query_of(request)
        return Response(StyleShape(choices.of_user(user_of(request)).styles, many=True).data)


def check_model(query: dict[str, str]) -> ImageModel | None:
    """Return the model of the parameter `model`, None if not given; raise Problem if unknown."""
    slug = query.get("model")
    if slug is None:
        return None
    model = ImageModel.objects.filter(slug=slug).first()
    if model is None:
        raise invalid("model", "does_not_exist", _("Model not found."))
    return model


def model_json(model: ImageModel) -> dict[str, Any]:
    """Return the Model JSON, faster than its serializer does; a test compares them."""
    offer = model.offer
    return {
        "slug": offer.slug,
        "name": offer.name,
        "description": model.description,
        "parameters": {name: parameter.as_json() for name, parameter in offer.parameters.items()},
        "min_source_images": offer.min_source_images,
        "max_source_images": offer.max_source_images,
        "languages": list(offer.languages),
        "price": offer.price.as_json(),
        "enabled": offer.enabled,
    }
