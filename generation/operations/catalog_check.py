"""Compare the models' endpoints with what their providers offer now: ids, fields, prices."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

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
        return self.price not in (None, self.expected)


@dataclass(frozen=True)
class CatalogCheck:
    endpoints: list[EndpointCheck]
    failures: list[str]
    """Why a provider or one of its prices could not be read, a sentence each."""


def check(providers: Iterable[str] | None = None) -> CatalogCheck:
    """Ask these or all providers that have a key about their endpoints, disabled ones too."""
    rows = Endpoint.objects.select_related("model")
    endpoints = list(rows.order_by("model__position", "model__slug", "preference", "id"))
    pooling.give_back()  # this may take minutes
    report = CatalogCheck([], [])
    for provider in CHECKS if providers is None else providers:
        here = [endpoint for endpoint in endpoints if endpoint.provider == provider]
        if not here or not clients.is_set_up(provider):
            continue
        try:
            for checked in CHECKS[provider](here, report.failures):
                report.endpoints.append(checked)
        except (ProviderError, ValueError) as error:  # ValueError: a key that no header can hold
            text = _("%(problem)s. Not all of its endpoints were checked.")
            report.failures.append(text % {"problem": error_text(error)})
    return report


def take_price(checked: EndpointCheck) -> None:
    """Write the price as the expected cost: of the model, unless it has other endpoints, too.

    A cost by size changes as much as that of the usual size.
    """
    endpoint, price = checked.endpoint, checked.price or Decimal(0)
    has_others = endpoint.model_id in Endpoint.objects.models_with_several()
    owner = endpoint if endpoint.expected_cost or has_others else endpoint.model
    amounts = _cost_of(endpoint) or {"per_image": price}
    old = checked.expected or price
    owner.expected_cost = {
        name: float(Decimal(str(amount)) * price / old) for name, amount in amounts.items()
    }
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
            yield EndpointCheck(endpoint, (_missing(endpoint),))
            continue
        source = model.format_source(endpoint)
        offer = replace(model.offer, dialect=source.dialect, request_format=source.request_format)
        try:
            least = model_validation.rehearse(offer, workflow=source.workflow)
            most = model_validation.rehearse_all(offer, workflow=source.workflow)
        except (InvalidParameters, PayloadError) as error:
            text = _("its request cannot be built: %(problem)s") % {"problem": error}
            yield EndpointCheck(endpoint, (text,))
            continue
        width, height = model_validation.usual_size(offer)
        cost = endpoint.own_cost or model.cost
        unfit = tuple(_unfit(offered[model_id], {*least}, {*least, *most}))
        checked = EndpointCheck(
            endpoint,
            (*unfit, *_further(offered[model_id], {*least, *most})),
            cost.of(images=1, pixels=width * height) if cost else None,
        )
        try:
            price = client.price(model_id, least)
            checked = replace(checked, price=price, fits=not unfit)
        except CallFailed as error:
            if error.status not in INPUT_REFUSED:
                yield checked
                raise
            text = _("The price of %(endpoint)s is unknown: %(problem)s.")
            failures.append(text % {"endpoint": model_id, "problem": error.full_text})
        yield checked


def _unfit(offered: OfferedModel, least: set[str], most: set[str]) -> Iterator[str]:
    """Return why it would refuse our requests."""
    if not offered.properties:
        return
    if missing := offered.required - least:
        yield _("requires, but not sent: %(names)s") % {"names": _listed(missing)}
    if unknown := most - offered.properties:
        yield _("sent, but not taken: %(names)s") % {"names": _listed(unknown)}


def _further(offered: OfferedModel, sent: set[str]) -> Iterator[str]:
    if not offered.properties:
        yield _("WaveSpeed does not list its fields")
    if further := offered.properties - offered.required - sent:
        yield _("also takes: %(names)s") % {"names": _listed(further)}


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


def _missing(endpoint: Endpoint) -> str:
    return _("%(provider)s does not have it") % {"provider": endpoint.get_provider_display()}


def _runpod(endpoints: list[Endpoint], failures: list[str]) -> Iterator[EndpointCheck]:
    client = clients.runpod()
    for endpoint in endpoints:
        try:
            health = client.health(endpoint.endpoint_id)
        except EndpointMissing:
            yield EndpointCheck(endpoint, (_missing(endpoint),))
            continue
        states = ", ".join(f"{count} {state}" for state, count in health.workers.items() if count)
        text = _("workers: %(states)s; %(waiting)d waiting, %(running)d running") % {
            "states": states or _("none"),
            "waiting": health.in_queue,
            "running": health.in_progress,
        }
        yield EndpointCheck(endpoint, (text,), fits=True)


def _image_server(endpoints: list[Endpoint], failures: list[str]) -> Iterator[EndpointCheck]:
    for endpoint in endpoints:
        answer = clients.of(endpoint.provider).probe(endpoint.endpoint_id)
        if isinstance(answer, EndpointMissing | Gone):
            yield EndpointCheck(endpoint, (str(answer),), fits=isinstance(answer, Gone))
        elif answer:
            raise answer


CHECKS: Mapping[str, Callable[[list[Endpoint], list[str]], Iterator[EndpointCheck]]] = {
    ProviderName.WAVESPEED: _wavespeed,
    ProviderName.RUNPOD: _runpod,
    ProviderName.YANDEX: _image_server,
    ProviderName.IMAGE_SERVER: _image_server,
}
