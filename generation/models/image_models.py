"""Image models: what staff offer, made at one or more endpoints."""

import json
from collections.abc import Iterable
from functools import cached_property
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models, transaction
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from generation.catalog import languages, licences, model_purposes, model_validation, source_roles
from generation.catalog.offers import Offer, parameter_from
from generation.catalog.prices import Cost, Price, cost_from, price_from
from generation.models import endpoints
from generation.models.endpoints import Endpoint


class ImageModelQuerySet(models.QuerySet["ImageModel"]):
    def enabled(self) -> "ImageModelQuerySet":
        return self.filter(enabled=True)


class ImageModel(models.Model):
    """An image model: format of requests, limits and a price; `endpoints` make its images."""

    slug = models.SlugField(_("slug"), unique=True)
    name = models.CharField(_("name"), max_length=80)
    description_en = models.CharField(_("description (English)"), max_length=300, blank=True)
    description_ru = models.CharField(_("description (Russian)"), max_length=300, blank=True)
    dialect = models.CharField(
        _("dialect"), max_length=40, help_text=_("Input and output format of its worker.")
    )
    workflow = models.JSONField(
        _("workflow"),
        null=True,
        blank=True,
        help_text=_(
            "ComfyUI only: the graph in API format, "
            "with slots such as {{prompt}}, {{seed}}, {{image_1}}, {{mask}}, {{scale}}."
        ),
    )
    # NULL if the dialect is code, and in rows of the previous version until they are filled.
    request_format = models.JSONField(
        _("request format"),
        null=True,
        blank=True,
        help_text=_("Public endpoints only: the endpoint’s names of the parameters."),
    )
    parameters = models.JSONField(_("parameters"), default=dict, blank=True)
    min_source_images = models.PositiveSmallIntegerField(_("minimum source images"), default=0)
    max_source_images = models.PositiveSmallIntegerField(_("maximum source images"), default=0)
    roles = models.JSONField(
        _("roles of source images"),
        default=dict,
        db_default={},
        blank=True,
        help_text=_(
            "What source images can be besides edited: subject, style, composition. "
            "{} adds the usual sentence to the prompt."
        ),
    )
    expected_cost = models.JSONField(
        _("expected cost, $"),
        null=True,
        blank=True,
        help_text=_(
            "What the provider charges for an image: per_image and per_megapixel, in dollars."
        ),
    )
    price = models.JSONField(
        _("price rule"),
        default=dict,
        blank=True,
        help_text=_("Empty: the price follows from the expected cost."),
    )
    typical_seconds = models.PositiveIntegerField(_("typical seconds per image"), default=20)
    enabled = models.BooleanField(_("enabled"), default=True)
    # ISO 639-1 codes separated by spaces; "": not known, and nothing is suggested.
    languages = models.CharField(
        _("prompt languages"),
        max_length=100,
        blank=True,
        default="",
        db_default="",
        help_text=_("Codes such as en zh, the preferred one first; empty: unknown."),
    )
    purposes = models.CharField(
        _("good at"),
        max_length=60,
        blank=True,
        default="",
        db_default="",
        help_text=_(
            "Any of: fast photo text best. Users filter the list of models by them. Those "
            "with best are offered first for a new image from the same prompt."
        ),
    )
    licence = models.CharField(
        _("licence"),
        max_length=200,
        blank=True,
        default="",
        db_default="",
        help_text=_("A note for users, or one of: apache flux openrail stability bsd hosted own."),
    )
    examples = models.TextField(
        _("example prompts"),
        max_length=2000,
        blank=True,
        default="",
        db_default="",
        help_text=_("One a line; two are shown while the prompt is empty."),
    )
    position = models.PositiveIntegerField(_("position"), default=0)
    max_usd = models.DecimalField(
        _("price ceiling, $"),
        max_digits=10,
        decimal_places=5,
        null=True,
        blank=True,
        help_text=_("No endpoint that costs more for an image gets its jobs. Empty: no ceiling."),
    )
    charges_canceled = models.BooleanField(
        _("charge canceled images"),
        default=True,
        db_default=True,
        help_text=_(
            "If the provider can’t stop a running job, canceling it costs its user the price. "
            "Otherwise the service pays."
        ),
    )
    background_discount = models.PositiveSmallIntegerField(
        _("discount when there is room, %"),
        null=True,
        blank=True,
        validators=[MaxValueValidator(100)],
        help_text=_(
            "For images that wait until nothing else of the model does. Empty: not offered."
        ),
    )
    cheapest_first = models.BooleanField(
        _("cheapest endpoint first"),
        default=False,
        db_default=False,
        help_text=_("Otherwise in the order of the endpoints."),
    )
    rent_after_seconds = models.PositiveIntegerField(
        _("longest wait before renting, seconds"),
        null=True,
        blank=True,
        help_text=_(
            "ComfyUI and image servers get jobs first, others if the wait is longer or these are "
            "away. Empty: all are equal."
        ),
    )

    objects = ImageModelQuerySet.as_manager()

    class Meta:
        verbose_name = _("image model")
        verbose_name_plural = _("image models")
        ordering = ["position", "slug"]

    def __str__(self) -> str:
        return self.name

    @property
    def description(self) -> str:
        return (
            self.description_ru if (get_language() or "").startswith("ru") else self.description_en
        )

    @property
    def licence_note(self) -> str:
        return str(licences.NAMES.get(self.licence, self.licence))

    @cached_property
    def endpoint(self) -> Endpoint:
        """The first of its endpoints, for which jobs are placed; a new model has an empty one."""
        return (self.endpoints.first() if self.pk else None) or Endpoint(model=self)

    def format_source(self, endpoint: Endpoint) -> "ImageModel | Endpoint":
        """Return which has the endpoint's dialect, request format and workflow: it or the model."""
        return endpoint if endpoint.dialect else self

    def settings_at(self, endpoint: Endpoint) -> dict[str, Any]:
        """Return what a job's snapshot keeps of its endpoint, for all calls about its attempt."""
        source = self.format_source(endpoint)
        return {
            **endpoint.place._asdict(),
            "dialect": source.dialect,
            "request_format": source.request_format,
            "workflow": source.workflow,
        }

    def owner_of(self, name: str) -> "ImageModel | Endpoint":
        """Return which has the field: the model, or of `endpoints.SETTINGS` its endpoint."""
        return self.endpoint if name in endpoints.SETTINGS else self

    def save(self, *args: Any, **kwargs: Any) -> None:
        vars(self).pop("offer", None)  # of the fields as they were
        super().save(*args, **kwargs)

    def save_values(self, names: Iterable[str]) -> None:
        """Save these fields of the model and `endpoints.SETTINGS`."""
        with transaction.atomic():
            self.save(update_fields={*names}.difference(endpoints.SETTINGS))
            self.save_endpoint()

    def save_endpoint(self) -> None:
        """Save the `endpoints.SETTINGS`, not what the engine writes meanwhile."""
        self.endpoint.save(update_fields=endpoints.SETTINGS if self.endpoint.pk else None)

    @property
    def cost(self) -> Cost | None:
        """What the provider is expected to charge; None if unknown."""
        return cost_from(self.expected_cost) if self.expected_cost else None

    @property
    def price_rule(self) -> Price:
        """The price set by staff, else the one that follows from the expected cost."""
        cost = self.cost
        if self.price or cost is None:
            return price_from(self.price or {})
        return cost.price(credit_usd=settings.CREDIT_USD, margin=settings.PRICE_MARGIN)

    @property
    def is_tool(self) -> bool:
        """Whether it only works on an existing image, as `Offer.is_tool` says."""
        return "scale" in self.parameters or (
            "mask" in self.parameters and self.dialect == "comfyui"
        )

    @property
    def is_composable(self) -> bool:
        """Whether Create and Compare offer it: it is enabled and more than a tool."""
        return self.enabled and not self.is_tool

    @cached_property
    def offer(self) -> Offer:
        """The model as plain data, from the fields as they are when this is first read."""
        return Offer(
            slug=self.slug,
            name=self.name,
            dialect=self.dialect,
            description_en=self.description_en,
            description_ru=self.description_ru,
            parameters={name: parameter_from(raw) for name, raw in self.parameters.items()},
            min_source_images=self.min_source_images,
            max_source_images=self.max_source_images,
            roles=source_roles.formats_from(self.roles),
            languages=tuple(languages.codes(self.languages)),
            request_format=self.request_format,
            price=self.price_rule,
            background_discount=self.background_discount,
            typical_seconds=self.typical_seconds,
            enabled=self.enabled,
        )

    def clean(self) -> None:
        """Validate dialect, request format, parameters, price and workflow; build sample inputs.

        And the endpoint that is set together with the model.
        """
        vars(self).pop("offer", None)  # of the fields as they were
        errors: dict[str, Any] = {}
        try:
            self.endpoint.clean_fields(exclude=["model"])
        except ValidationError as error:
            errors |= error.error_dict
        errors |= model_validation.format_problems(
            self.dialect, self.request_format, workflow=self.workflow
        )
        if problem := self._parameters_problem():
            errors["parameters"] = problem
        for name, read in (
            ("price", price_from),
            ("expected_cost", cost_from),
            ("roles", source_roles.formats_from),
        ):
            try:
                if getattr(self, name):
                    read(getattr(self, name))
            except (AttributeError, ArithmeticError, TypeError, ValueError) as error:
                errors[name] = str(error)
        if not self.price and not self.expected_cost:
            errors["price"] = _("Enter a price, or the expected cost to derive it from.")
        for name, codes, names in (
            ("languages", languages.codes(self.languages), languages.NAMES),
            ("purposes", self.purposes.split(), model_purposes.NAMES),
        ):
            if unknown := [code for code in codes if code not in names]:
                texts = {"codes": ", ".join(unknown), "known": ", ".join(names)}
                errors[name] = _("Unknown: %(codes)s. Known codes: %(known)s.") % texts
        if self.min_source_images > self.max_source_images:
            errors["min_source_images"] = _("Minimum exceeds maximum.")
        if not errors:
            errors = dict(model_validation.problems(self.offer, workflow=self.workflow))
        if errors:
            raise ValidationError(errors)

    def _parameters_problem(self) -> Any:
        example = {"default": 4, "min": 1, "max": 8}
        try:
            for raw in self.parameters.values():
                if not isinstance(raw, dict):
                    return _("Each setting must be an object such as %(example)s.") % {
                        "example": json.dumps(example)
                    }
                parameter_from(raw)
            has_size = "size" in self.parameters or {"width", "height"} <= set(self.parameters)
        except (AttributeError, TypeError, ValueError) as error:
            return str(error)
        if not has_size and not self.min_source_images:
            return _("Enter width and height, or size with choices.")
        return ""
