"""The request of one job, validated against the models on offer."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast
from uuid import UUID

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.fields import empty

from accounts.credits.ledger import MAX_CREDITS
from accounts.limits import quotas
from accounts.models import User
from accounts.webhooks import addresses
from artgen.api.inputs import Body, Number
from artgen.database.raw_sql import Condition
from artgen.refusals import FieldError
from generation.catalog.job_parameters import (
    JOB_PARAMETERS,
    MAX_EXTENSION,
    SIDES,
    JobParameter,
    Kind,
)
from generation.catalog.offers import InvalidParameters, Offer
from generation.catalog.source_roles import SourceRole
from generation.models import Image, ImageModel, Job, Style
from generation.models.model_cache import Catalog
from generation.studio.presets import own_styles
from generation.studio.presets.own_styles import StyleText

OF_ONE_MODEL = frozenset({"max_length", "not_supported", "choices", "min_value", "max_value"})
"""Codes of limits that another model may not have."""


@dataclass(frozen=True)
class UserCatalog:
    """The models and styles that a user can order from, own styles included."""

    catalog: Catalog
    user: User
    kept_style: StyleText | None = None
    """The own style of a job that is placed again, as it was then."""

    def model(self, slug: object) -> ImageModel:
        """Return the enabled model; raise InvalidParameters."""
        if isinstance(slug, str) and (model := self.catalog.models.get(slug)):
            return model
        if slug:
            raise InvalidParameters([FieldError("model", "does_not_exist", _("Model not found."))])
        raise InvalidParameters([FieldError("model", "required", _("Choose a model."))])

    def offer(self, model: ImageModel) -> Offer:
        return self.catalog.offers[model.slug]

    def cleaned(self, offer: Offer, request: Mapping[str, Any]) -> dict[str, Any]:
        """Return `offer.clean(request)`; a limit that refuses it names a model that accepts it."""
        try:
            return offer.clean(request)
        except InvalidParameters as refused:
            first, *others = refused.errors
            raise InvalidParameters([self.with_nearest(first, request), *others]) from refused

    def with_nearest(self, error: FieldError, request: Mapping[str, Any]) -> FieldError:
        """Return the error with the name of a model that accepts the request, if there is one."""
        nearest = self._nearest(request) if error.code in OF_ONE_MODEL else None
        if nearest is None:
            return error
        texts = {"limit": error.detail, "model": nearest.name}
        return replace(error, detail=_("%(limit)s %(model)s accepts this.") % texts)

    def _nearest(self, request: Mapping[str, Any]) -> Offer | None:
        """Return the cheapest model that accepts the request and that the user may order."""
        offers = self.catalog.offers.values()
        able = [offer for offer in offers if not offer.is_tool and offer.accepts(request)]
        if not able:
            return None
        allowed = quotas.of(self.user)
        return min(
            (offer for offer in able if allowed.allows_model(offer.slug)),
            key=lambda offer: offer.price_of(request),
            default=None,
        )

    def style(self, slug: str) -> Style | StyleText:
        """Return the style; raise InvalidParameters."""
        style: Style | StyleText | None = self.catalog.styles.get(slug)
        if not style and self.kept_style and self.kept_style.slug == slug:
            style = self.kept_style
        if style := style or own_styles.find(self.user, slug):
            return style
        raise InvalidParameters([FieldError("style", "does_not_exist", _("Style not found."))])

    def too_long(
        self, error: tuple[str, str], request: Mapping[str, Any], *, offer: Offer
    ) -> InvalidParameters:
        """Return the refusal of a prompt that is too long with its style and roles."""
        code, detail = error  # others of a comparison may take more
        refused = FieldError("prompt", code, f"{offer.name}: {detail}")
        parameters = {name: value for name, value in request.items() if name != "model"}
        refused = self.with_nearest(refused, parameters)
        return InvalidParameters([refused])

    def unknown(self, jobs: Sequence[Job], *, is_listed: bool) -> list[FieldError]:
        """Return an error for each finished image and each webhook that is not the user's."""
        errors = []
        for name, own, detail in (
            ("draft", _own_images, _("Image not found.")),
            ("webhook", addresses.known, _("Webhook not found.")),
        ):
            named = {value for job in jobs if (value := getattr(job, name))}
            known = {str(id) for id in own(self.user, named)} if named else set()
            errors += [
                FieldError(f"jobs[{index}].{name}" if is_listed else name, "does_not_exist", detail)
                for index, job in enumerate(jobs)
                if (value := getattr(job, name)) and value not in known
            ]
        return errors

    def unchanged(self, jobs: Sequence[Job]) -> Condition:
        """Return the SQL condition, and its values, that models and styles are still the same."""
        # Own styles are read for each order.
        built_in = {job.style for job in jobs if job.style and not job.has_own_style}
        models = {job.model.slug for job in jobs}
        unchanged, versions = self.catalog.unchanged(models=models, styles=built_in)
        return (unchanged, *versions)


def _own_images(user: User, ids: Collection[str]) -> Iterable[UUID]:
    return Image.objects.of(user).present().filter(id__in=ids).values_list("id", flat=True)


class MaxCreditsBody(Body):
    """What may be charged."""

    max_credits = Number(
        required=False,
        allow_null=True,
        min_value=0,
        max_value=MAX_CREDITS,
        help_text="A higher price is refused with 402. Any price if not given.",
    )


class CancelBody(Body):
    """What the cancellation may cost."""

    max_credits = Number(
        required=False,
        min_value=0,
        max_value=MAX_CREDITS,
        help_text="A higher price is refused with 402. 0 if not given.",
    )


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
        parameters = {item.name: request_field(item) for item in JOB_PARAMETERS}
        fields = super().get_fields()
        return {"model": fields.pop("model"), **parameters, **fields}

    def run_validation(self, data: Any = empty) -> dict[str, Any]:
        """Return all of JOB_FIELDS with defaults, and the rows of `model` and `style` (or None).

        `context` has "catalog", a `UserCatalog`. Without it the object is returned as it is, to be
        validated when it is placed. Limits are those of the requested model, so its offer validates
        the parameters. The fields above, from the same declaration, state the types of the OpenAPI
        document; a test compares both.

        Raises:
            InvalidParameters: fields are unknown, of a wrong type or outside the model's limits.
        """
        if data is empty or data is None:
            return cast(dict[str, Any], super().run_validation(data))  # required, or skipped
        if not isinstance(data, dict):
            return cast(dict[str, Any], super().run_validation(data))  # refused
        catalog: UserCatalog | None = self.context.get("catalog")
        if catalog is None:
            return data
        model = catalog.model(data.get("model"))
        parameters = {name: value for name, value in data.items() if name != "model"}
        request = catalog.cleaned(catalog.offer(model), parameters)
        style = catalog.style(request["style"]) if request["style"] else None
        return {**request, "model": model, "style": style}


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
        case Kind.ROLES:
            choice = serializers.ChoiceField(SourceRole.values)
            return serializers.ListField(child=choice, **options)
        case Kind.BOOLEAN:
            return serializers.BooleanField(**options)
        case Kind.MASK | Kind.IMAGE | Kind.WEBHOOK:
            return serializers.UUIDField(**options)
        case Kind.SIDES:
            return OutpaintBody(**options)
        case Kind.HTTPS_URL:
            options["max_length"] = parameter.max_length
    return serializers.CharField(allow_blank=not is_needed, **options)
