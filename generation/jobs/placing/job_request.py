"""The request of one job, validated against the models on offer."""

from typing import Any, cast

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.fields import empty

from accounts.models import User
from artgen.api.inputs import Body
from artgen.refusals import FieldError
from generation.catalog.offers import InvalidParameters
from generation.catalog.parameters import (
    JOB_PARAMETERS,
    MAX_EXTENSION,
    SIDES,
    JobParameter,
    Kind,
)
from generation.jobs.queue.model_cache import Catalog
from generation.models import Style
from generation.studio.presets import own_styles
from generation.studio.presets.own_styles import StyleText


class OutpaintBody(Body):
    """Percent of the image by which each side is extended."""

    def get_fields(self) -> dict[str, Any]:
        return {
            side: serializers.IntegerField(
                required=False, min_value=0, max_value=MAX_EXTENSION, help_text="0 if not given."
            )
            for side in SIDES
        }


class JobOrderBody(Body):
    """A job to create. Which fields a model supports, and their limits: `GET /api/v1/models/`."""

    model = serializers.SlugField(help_text="The slug of an enabled model.")

    def get_fields(self) -> dict[str, Any]:
        """Add the job's parameters."""
        parameters = {one.name: request_field(one) for one in JOB_PARAMETERS}
        fields = super().get_fields()
        return {"model": fields.pop("model"), **parameters, **fields}

    def run_validation(self, data: Any = empty) -> dict[str, Any]:
        """Return all of JOB_FIELDS with defaults, and the rows of `model` and `style` (or None).

        `context` has "catalog", a `model_cache.Catalog`, and "user", whose own styles count, too.
        Without them the object is returned as it is, to be validated when it is placed.
        "kept_style" is the own style of a job that is placed again, or None. Limits are those of
        the requested model, so its offer validates the parameters. The fields above, from the same
        declaration, state the types of the OpenAPI document; a test compares both.

        Raises:
            InvalidParameters: fields are unknown, of a wrong type or outside the model's limits.
        """
        if data is empty or data is None:
            return cast(dict[str, Any], super().run_validation(data))  # required, or skipped
        if not isinstance(data, dict):
            return cast(dict[str, Any], super().run_validation(data))  # refused
        catalog: Catalog | None = self.context.get("catalog")
        if catalog is None:
            return data
        slug = data.get("model")
        model = catalog.models.get(slug) if isinstance(slug, str) else None
        if model is None:
            raise _no_model(slug)
        parameters = {name: value for name, value in data.items() if name != "model"}
        request = catalog.offers[model.slug].clean(parameters)
        style = self._style(request["style"], catalog) if request["style"] else None
        if request["style"] and style is None:
            raise InvalidParameters([FieldError("style", "does_not_exist", _("Style not found."))])
        return {**request, "model": model, "style": style}

    def _style(self, slug: str, catalog: Catalog) -> Style | StyleText | None:
        if built_in := catalog.styles.get(slug):
            return built_in
        kept: StyleText | None = self.context.get("kept_style")
        if kept and kept.slug == slug:
            return kept
        user: User | None = self.context.get("user")
        return own_styles.find(user, slug) if user else None


def request_field(parameter: JobParameter) -> serializers.Field[Any, Any, Any, Any]:
    options: dict[str, Any] = {"help_text": parameter.request_help}
    is_needed = parameter.required and not parameter.is_kept_by_edits
    if not is_needed:
        options |= {"required": False, "allow_null": True}
    match parameter.kind:
        case Kind.INTEGER | Kind.SEED:
            return serializers.IntegerField(**options)
        case Kind.FLOAT:
            return serializers.FloatField(**options)
        case Kind.SOURCES:
            return serializers.ListField(child=serializers.UUIDField(), **options)
        case Kind.BOOLEAN:
            return serializers.BooleanField(**options)
        case Kind.MASK:
            return serializers.UUIDField(**options)
        case Kind.SIDES:
            return OutpaintBody(**options)
        case Kind.HTTPS_URL:
            options["max_length"] = parameter.max_length
    return serializers.CharField(allow_blank=not is_needed, **options)


def _no_model(slug: Any) -> InvalidParameters:
    if slug:
        return InvalidParameters([FieldError("model", "does_not_exist", _("Model not found."))])
    return InvalidParameters([FieldError("model", "required", _("Choose a model."))])
