"""Models and styles that a job can use."""

from typing import Annotated, Any, TypedDict

from django.utils.translation import gettext as _
from rest_framework.request import Request

from accounts.access.request_user import user_of
from artgen.api.inputs import Query
from artgen.api.json_types import Slug
from artgen.api.operations import operation
from artgen.api.problems import invalid
from artgen.api.views import ApiView
from generation.catalog.offers import ParameterJson
from generation.catalog.prices import PriceJson
from generation.catalog.source_roles import SourceRole
from generation.models import ImageModel
from generation.studio.presets import composer_choices


class ModelJson(TypedDict):
    """A model. If it has the parameter `size`, width and height are one of its choices."""

    slug: Slug
    name: str
    description: str
    parameters: Annotated[
        dict[str, ParameterJson],
        "What it takes, by name. Without `seed` it gets none, and its images always differ.",
    ]
    min_source_images: int
    max_source_images: int
    source_roles: Annotated[
        list[Annotated[str, SourceRole]],
        "What its source images can be for; empty if it accepts none.",
    ]
    languages: Annotated[
        list[str],
        "Languages of prompts as ISO 639-1 codes, the preferred one first; empty if not known.",
    ]
    licence: Annotated[str, "What its licence allows."]
    examples: Annotated[list[str], "Prompts that show what it is good at."]
    price: PriceJson
    background_discount: Annotated[
        int | None,
        "Percent that a job with `background` costs less; null: the model has no such jobs.",
    ]
    enabled: bool


class StyleJson(TypedDict):
    """A style preset: text added around the prompt."""

    slug: Slug
    name: str
    is_own: Annotated[bool, "Whether you have written it yourself."]


class Models(ApiView):
    """`/api/v1/models/`."""

    @operation("GET models/", query=Query, is_revalidated=True)
    def list_models(self, request: Request) -> list[ModelJson]:
        """List models.

        On one page, disabled ones included.
        """
        return [_model_json(model) for model in ImageModel.objects.order_by("position", "slug")]


class Styles(ApiView):
    """`/api/v1/styles/`."""

    tag = "models"

    @operation("GET styles/", query=Query, is_revalidated=True)
    def list_styles(self, request: Request) -> list[StyleJson]:
        """List styles.

        The enabled ones, and your own after them.
        """
        return [
            {"slug": style.slug, "name": style.name, "is_own": style.is_own}
            for style in composer_choices.of_user(user_of(request)).styles
        ]


def check_model(fields: dict[str, Any]) -> ImageModel | None:
    """Return the model of the field `model`, None if not given; raise Problem if unknown."""
    slug = fields.get("model")
    if slug is None:
        return None
    model = ImageModel.objects.filter(slug=slug).first()
    if model is None:
        raise invalid("model", "does_not_exist", _("Model not found."))
    return model


def _model_json(model: ImageModel) -> ModelJson:
    offer = model.offer
    return {
        "slug": offer.slug,
        "name": offer.name,
        "description": model.description,
        "parameters": {name: parameter.as_json() for name, parameter in offer.parameters.items()},
        "min_source_images": offer.min_source_images,
        "max_source_images": offer.max_source_images,
        "source_roles": offer.source_roles,
        "languages": list(offer.languages),
        "licence": model.licence_note,
        "examples": model.examples.splitlines(),
        "price": offer.price.as_json(),
        "background_discount": offer.background_discount,
        "enabled": offer.enabled,
    }
