"""Endpoints: where the images of a model are made."""

from typing import Any, NamedTuple

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from generation.providers import provider


class ProviderName(models.TextChoices):
    RUNPOD = provider.RUNPOD, "RunPod"


class Place(NamedTuple):
    """An endpoint by its name at its provider."""

    provider: str
    endpoint_id: str


class EndpointQuerySet(models.QuerySet["Endpoint"]):
    def enabled(self) -> "EndpointQuerySet":
        return self.filter(enabled=True)


class Endpoint(models.Model):
    """An endpoint of a provider that makes the images of one model.

    The model has the format of its requests. `jobs.engine.submission_pauses` writes `submit_after`
    and `submit_failures`.
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
    endpoint_id = models.CharField(_("RunPod endpoint id"), max_length=100)
    enabled = models.BooleanField(_("enabled"), default=True)
    preference = models.PositiveSmallIntegerField(_("order"), default=0)
    max_in_flight = models.PositiveIntegerField(
        _("jobs at RunPod at once"), default=4, validators=[MinValueValidator(1)]
    )
    submit_after = models.DateTimeField(
        _("paused until"),
        null=True,
        blank=True,
        editable=False,
        help_text=_("Set when RunPod replies with 429 or 5xx, or can’t be reached."),
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


SETTINGS = ("endpoint_id", "max_in_flight")
"""Fields of a model's first endpoint that are set together with those of the model."""


def settings_fields() -> "list[models.Field[Any, Any]]":
    return [field for field in Endpoint._meta.concrete_fields if field.name in SETTINGS]
