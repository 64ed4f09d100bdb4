"""Endpoints: where the images of a model are made."""

import logging
import urllib.parse
from dataclasses import replace
from typing import Any, NamedTuple

from cryptography.fernet import InvalidToken
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.sessions import encryption
from generation.catalog import model_validation
from generation.catalog.prices import Cost, cost_from
from generation.providers import provider
from generation.providers.access import OwnKey, address_of
from generation.providers.payloads.comfyui import DIALECT as COMFYUI

log = logging.getLogger(__name__)

is_header = RegexValidator(r"\A[A-Za-z0-9-]+\Z")


class ProviderName(models.TextChoices):
    RUNPOD = provider.RUNPOD, "RunPod"
    WAVESPEED = provider.WAVESPEED, "WaveSpeed"
    YANDEX = provider.YANDEX, "Yandex AI Studio"
    IMAGE_SERVER = provider.IMAGE_SERVER, _("Image server")
    COMFYUI = provider.COMFYUI, "ComfyUI"


class Place(NamedTuple):
    """An endpoint as its provider knows it. Jobs keep it in `snapshot`, by these names."""

    provider: str
    endpoint_id: str


class EndpointQuerySet(models.QuerySet["Endpoint"]):
    def enabled(self) -> "EndpointQuerySet":
        return self.filter(enabled=True)

    def own_keys(self) -> dict[str, OwnKey]:
        """Return the keys of these endpoints that have one of their own, by their ids."""
        rows = self.exclude(key_encrypted="").order_by("id")
        return {row.endpoint_id: OwnKey(row.key_header, key) for row in rows if (key := row.key)}

    def models_with_several(self) -> set[int]:
        """Return the ids of models with several of these endpoints."""
        counts = self.values("model").order_by().annotate(count=models.Count("pk"))
        return set(counts.filter(count__gt=1).values_list("model", flat=True))


class Endpoint(models.Model):
    """An endpoint of a provider that makes the images of one model.

    It takes requests in the model's format and costs what the model is expected to cost, unless it
    has its own. `jobs.engine.submission_pauses` writes `submit_after` and `submit_failures`.
    """

    model = models.ForeignKey(
        "generation.ImageModel",
        on_delete=models.CASCADE,
        related_name="endpoints",
        verbose_name=_("model"),
    )
    provider = models.CharField(
        _("provider"), max_length=20, choices=ProviderName.choices, default=ProviderName.RUNPOD
    )
    endpoint_id = models.CharField(_("endpoint id"), max_length=100)
    # Of the server at its address, stored by `store_key`. No header: a bearer token.
    key_header = models.CharField(
        _("header of its key"),
        max_length=60,
        blank=True,
        default="",
        db_default="",
        validators=[is_header],
    )
    key_encrypted = models.TextField(blank=True, default="", db_default="", editable=False)
    enabled = models.BooleanField(_("enabled"), default=True)
    preference = models.PositiveSmallIntegerField(_("order"), default=0)
    max_in_flight = models.PositiveIntegerField(
        _("jobs at the endpoint at once"), default=4, validators=[MinValueValidator(1)]
    )
    # Of its own, else "" and NULL: as the model has.
    dialect = models.CharField(_("dialect"), max_length=40, blank=True, default="", db_default="")
    request_format = models.JSONField(_("request format"), null=True, blank=True)
    workflow = models.JSONField(_("workflow"), null=True, blank=True)
    expected_cost = models.JSONField(_("expected cost, $"), null=True, blank=True)
    submit_after = models.DateTimeField(
        _("paused until"),
        null=True,
        blank=True,
        editable=False,
        help_text=_("Set when the provider replies with 429 or 5xx, or can’t be reached."),
    )
    # Failed submissions in a row. Unless it is 0, one job at a time is submitted.
    submit_failures = models.PositiveSmallIntegerField(default=0, editable=False)

    objects = EndpointQuerySet.as_manager()

    class Meta:
        verbose_name = _("endpoint")
        verbose_name_plural = _("endpoints")
        ordering = ["preference", "id"]

    def __str__(self) -> str:
        return f"{self.get_provider_display()} {self.endpoint_id}"

    @property
    def place(self) -> Place:
        return Place(self.provider, self.endpoint_id)

    def clean(self) -> None:
        """Validate what is its own, and build sample requests with it."""
        errors: dict[str, Any] = {}
        same = Endpoint.objects.filter(
            model=self.model_id, provider=self.provider, endpoint_id=self.endpoint_id
        )
        if same.exclude(pk=self.pk).exists():
            errors["endpoint_id"] = _("The model has this endpoint already.")
        if not self._is_address_valid():
            errors["endpoint_id"] = _(
                "An address of its own is like http://10.0.0.5:8188, of an image server like "
                "http://10.0.0.5:8020/v1#MODEL."
            )
        try:
            if self.expected_cost:
                cost_from(self.expected_cost)
        except (AttributeError, ArithmeticError, TypeError, ValueError) as error:
            errors["expected_cost"] = str(error)
        if self.provider == ProviderName.COMFYUI and COMFYUI.name != (
            self.dialect or self.model.dialect
        ):
            errors["provider"] = _("ComfyUI needs the dialect comfyui and a workflow.")
        if self.dialect:
            errors |= self._format_problems()
        elif self.request_format or self.workflow:
            errors["dialect"] = _("Choose the dialect of its request format or workflow.")
        if errors:
            raise ValidationError(errors)

    def _format_problems(self) -> dict[str, Any]:
        """Return why requests in its own format would fail."""
        dialect, request_format = self.dialect, self.request_format
        if wrong := model_validation.format_problems(
            dialect, request_format, workflow=self.workflow
        ):
            return wrong
        offer = replace(self.model.offer, dialect=dialect, request_format=request_format)
        texts = model_validation.problems(offer, workflow=self.workflow).values()
        return {"dialect": [text for of_field in texts for text in of_field]} if texts else {}

    @property
    def key(self) -> str:
        """Its own key; "" if it was typed for another address, or SECRET_KEY has changed."""
        if not self.key_encrypted:
            return ""
        try:
            return encryption.decrypt(self.key_encrypted, purpose=self._purpose)
        except InvalidToken:
            log.warning("an endpoint's key cannot be read", extra={"endpoint": self.endpoint_id})
            return ""

    def store_key(self, key: str) -> None:
        """Store the key, also of other models' endpoints at this address; "" removes it."""
        encrypted = encryption.encrypt(key, purpose=self._purpose) if key else ""
        same = Endpoint.objects.filter(provider=self.provider, endpoint_id=self.endpoint_id)
        same.update(key_encrypted=encrypted, key_header=self.key_header)

    @property
    def _purpose(self) -> str:
        """A part of the cipher's key, so that no other address can get what is encrypted."""
        return f"generation.endpoints:{self.provider}:{self.endpoint_id}"

    def _is_address_valid(self) -> bool:
        if not (self.provider in provider.ADDRESSED and address_of(self.endpoint_id)):
            return True
        url = urllib.parse.urlsplit(self.endpoint_id)
        has_model = self.provider == ProviderName.IMAGE_SERVER
        return (
            bool(url.hostname)
            and not (url.username or url.query)
            and (bool(url.fragment) == has_model)
        )

    @property
    def is_own(self) -> bool:
        """Whether its server is known by an address that staff typed, not rented."""
        return self.provider in provider.ADDRESSED

    @property
    def own_cost(self) -> Cost | None:
        return cost_from(self.expected_cost) if self.expected_cost else None


SETTINGS = ("provider", "endpoint_id", "max_in_flight")
"""Fields of a model's first endpoint that are set together with those of the model."""


def settings_fields() -> "list[models.Field[Any, Any]]":
    return [field for field in Endpoint._meta.concrete_fields if field.name in SETTINGS]
