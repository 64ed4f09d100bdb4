"""Check the providers beside RunPod: their keys, and the endpoints of models there."""

from collections.abc import Iterator

from artgen.environment import installation
from generation.jobs import clients
from generation.models import Endpoint, ProviderName
from generation.operations.doctor.check import Check, error_text
from generation.providers.call_errors import EndpointMissing, Gone, KeyRefused, ProviderError
from generation.providers.provider import ADDRESSED


def other_providers() -> Iterator[Check]:
    """Yield a check for each provider that models use, and for each of its endpoints."""
    used = Endpoint.objects.enabled().filter(model__enabled=True)
    for provider in ProviderName:
        endpoints = used.filter(provider=provider).select_related("model")
        if provider is ProviderName.RUNPOD or not endpoints:
            continue
        missing = () if provider in ADDRESSED else clients.missing_settings(provider)
        if missing:
            hint = f"Set {missing[0]}. {installation.current().settings}"
            yield Check(f"{provider}_key", False, f"{missing[0]} is not set", hint)
            continue
        for endpoint in endpoints.order_by("model__position", "model__slug", "id"):
            yield _endpoint(endpoint, f"{provider.name}_API_KEY")


def _endpoint(endpoint: Endpoint, setting: str) -> Check:
    name = f"endpoint:{endpoint.model.slug}:{endpoint.provider}"
    error = clients.of(endpoint.provider).probe(endpoint.endpoint_id)
    if isinstance(error, Gone) and endpoint.provider == ProviderName.COMFYUI:
        return _graph(endpoint, name, str(error))
    if isinstance(error, Gone):
        return Check(name, True, f"{endpoint.endpoint_id}: exists")
    detail = error_text(error) if error else "an unexpected reply"
    if isinstance(error, KeyRefused):
        hint = f"Set a valid {setting}. {installation.current().settings}"
    elif isinstance(error, EndpointMissing):
        hint = "Correct it on the page of its model in the admin, or disable it there."
    else:
        hint = "Check outgoing connections of this machine, and try again."
    return Check(name, False, f"{endpoint.endpoint_id}: {detail}", hint)


def _graph(endpoint: Endpoint, name: str, machine: str) -> Check:
    """Check that a ComfyUI has the nodes and files of the endpoint's graph."""
    workflow = endpoint.model.format_source(endpoint).workflow or {}
    try:
        lacks = clients.comfyui().lacking(endpoint.endpoint_id, workflow)
    except ProviderError as error:
        lacks = [error_text(error)]
    detail = f"{endpoint.endpoint_id}: {machine}"
    if not lacks:
        return Check(name, True, detail)
    hint = "Install there what the graph uses, or change the workflow in the admin."
    return Check(name, False, f"{detail}; not there: {', '.join(lacks)}", hint)
