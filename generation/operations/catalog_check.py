"""Compare the models' endpoints with what their providers offer now: ids, fields, prices."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from django.db import transaction

from artgen.database import pooling
from generation.catalog import model_validation
from generation.catalog.offers import InvalidParameters
from generation.jobs import clients
from generation.jobs.budgets import budget_changes
from generation.models import Endpoint, ImageModel, ProviderName
from generation.operations.doctor.check import error_text
from generation.providers.call_errors import CallFailed, EndpointMissing, Gone, ProviderError
from generation.providers.payloads import PayloadError
from generation.providers.wavespeed.provider import OfferedModel

UNFIT = ("requires, but not sent", "sent, but not taken")
INPUT_REFUSED = frozenset({400, 422})
"""Statuses of a reply that concern one model; after any other error its provider is given up."""


@dataclass(frozen=True)
class EndpointCheck:
    """What a provider says of one endpoint. Costs are dollars of an image of the usual size."""

    endpoint: Endpoint
    notes: tuple[str, ...] = ()
    expected: Decimal | None = None
    price: Decimal | None = None
    """None: not known, or the provider does not say it."""
    fits: bool = False
    """Whether the provider has it and takes its requests, as far as it says."""

    @property
    def can_be_switched_on(self) -> bool:
        return self.fits and not (self.endpoint.enabled and self.endpoint.model.enabled)

    @property
    def has_new_price(self) -> bool:
        """Whether `take_price` can write it: the cost is per image, and differs."""
        is_per_image = set(_cost_of(self.endpoint)) <= {"per_image"}
        return self.price not in (None, self.expected) and is_per_image


@dataclass(frozen=True)
class CatalogCheck:
    endpoints: list[EndpointCheck]
    failures: list[str]
    """Why a provider or one of its prices could not be read, a sentence each."""


def check() -> CatalogCheck:
    """Ask the providers that have a key about all endpoints there, disabled ones too."""
    rows = Endpoint.objects.select_related("model")
    endpoints = list(rows.order_by("model__position", "model__slug", "preference", "id"))
    pooling.give_back()  # this may take minutes
    report = CatalogCheck([], [])
    for provider, of_provider in (
        (ProviderName.WAVESPEED, _wavespeed),
        (ProviderName.RUNPOD, _runpod),
        (ProviderName.YANDEX, _image_server),
        (ProviderName.IMAGE_SERVER, _image_server),
    ):
        here = [endpoint for endpoint in endpoints if endpoint.provider == provider]
        if not here or not clients.is_set_up(provider):
            continue
        try:
            for checked in of_provider(here, report.failures):
                report.endpoints.append(checked)
        except (ProviderError, ValueError) as error:  # ValueError: a key that no header can hold
            report.failures.append(f"{error_text(error)}. Not all of its endpoints were checked.")
    return report


def take_price(checked: EndpointCheck) -> None:
    """Write the price as the expected cost: of the model, unless it has other endpoints, too."""
    endpoint = checked.endpoint
    has_others = endpoint.model_id in Endpoint.objects.models_with_several()
    owner = endpoint if endpoint.expected_cost or has_others else endpoint.model
    owner.expected_cost = {"per_image": float(checked.price or 0)}
    with transaction.atomic():
        owner.save(update_fields=["expected_cost"])
        budget_changes.reconsider(too_dear_at=endpoint.model)


def switch_on(checked: EndpointCheck) -> None:
    endpoint = checked.endpoint
    with transaction.atomic():
        Endpoint.objects.filter(pk=endpoint.pk).update(enabled=True)
        ImageModel.objects.filter(pk=endpoint.model_id).update(enabled=True)


def _cost_of(endpoint: Endpoint) -> Mapping[str, object]:
    return endpoint.expected_cost or endpoint.model.expected_cost or {}


def _wavespeed(endpoints: list[Endpoint], failures: list[str]) -> Iterator[EndpointCheck]:
    client = clients.wavespeed()
    offered = client.offered()
    for endpoint in endpoints:
        model, model_id = endpoint.model, endpoint.endpoint_id
        if model_id not in offered:
            yield EndpointCheck(endpoint, ("WaveSpeed does not have it",))
            continue
        source = model.format_source(endpoint)
        offer = replace(model.offer, dialect=source.dialect, request_format=source.request_format)
        try:
            least = model_validation.rehearse(offer, workflow=source.workflow)
            most = model_validation.rehearse_all(offer, workflow=source.workflow)
        except (InvalidParameters, PayloadError) as error:
            yield EndpointCheck(endpoint, (f"its request cannot be built: {error}",))
            continue
        width, height = model_validation.usual_size(offer)
        cost = endpoint.own_cost or model.cost
        checked = EndpointCheck(
            endpoint,
            tuple(_differences(offered[model_id], {*least}, {*least, *most})),
            cost.of(images=1, pixels=width * height) if cost else None,
        )
        try:
            price = client.price(model_id, least)
            fits = not any(note.startswith(UNFIT) for note in checked.notes)
            checked = replace(checked, price=price, fits=fits)
        except CallFailed as error:
            if error.status not in INPUT_REFUSED:
                yield checked
                raise
            failures.append(f"The price of {model_id} is unknown: {error.full_text}.")
        yield checked


def _differences(offered: OfferedModel, least: set[str], most: set[str]) -> Iterator[str]:
    if not offered.properties:
        yield "WaveSpeed does not list its fields"
        return
    for text, names in (
        (UNFIT[0], offered.required - least),
        (UNFIT[1], most - offered.properties),
        ("also takes", offered.properties - offered.required - most),
    ):
        if names:
            yield f"{text}: {', '.join(sorted(names))}"


def _runpod(endpoints: list[Endpoint], failures: list[str]) -> Iterator[EndpointCheck]:
    client = clients.runpod()
    for endpoint in endpoints:
        try:
            health = client.health(endpoint.endpoint_id)
        except EndpointMissing:
            yield EndpointCheck(endpoint, ("RunPod does not have it",))
            continue
        states = ", ".join(f"{count} {state}" for state, count in health.workers.items() if count)
        queued = f"{health.in_queue} waiting, {health.in_progress} running"
        yield EndpointCheck(endpoint, (f"workers: {states or 'none'}; {queued}",), fits=True)


def _image_server(endpoints: list[Endpoint], failures: list[str]) -> Iterator[EndpointCheck]:
    for endpoint in endpoints:
        answer = clients.of(endpoint.provider).probe(endpoint.endpoint_id)
        if isinstance(answer, EndpointMissing | Gone):
            yield EndpointCheck(endpoint, (str(answer),), fits=isinstance(answer, Gone))
        elif answer:
            raise answer
