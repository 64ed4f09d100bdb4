"""Check RunPod: the key, the endpoints and their workers."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import override

from artgen.environment import installation
from generation.catalog.catalog_file import CATALOG_FILE, read_catalog
from generation.jobs import clients
from generation.models import Endpoint, ImageModel, ProviderName
from generation.operations.doctor.check import Check, error_text
from generation.providers.call_errors import EndpointMissing, Gone, KeyRefused, ProviderError
from generation.providers.payloads import is_public
from generation.providers.runpod.health import Health

KEY = "runpod_key"
AT_ONCE = 8


@dataclass(frozen=True)
class OfferedEndpoint:
    """A model on offer: its slug, endpoint, and whether the endpoint is public."""

    slug: str
    endpoint_id: str
    is_public: bool


def offers() -> list[OfferedEndpoint]:
    enabled = (
        Endpoint.objects.enabled()
        .filter(model__enabled=True, provider=ProviderName.RUNPOD)
        .select_related("model")
    )
    return [
        OfferedEndpoint(
            row.model.slug, row.endpoint_id, is_public(row.model.format_source(row).dialect)
        )
        for row in enabled.order_by("model__position", "model__slug", "preference", "id")
    ]


def offers_of_catalog() -> list[OfferedEndpoint]:
    """Return the models that `release` will load, while there is no database."""
    return [
        OfferedEndpoint(model["slug"], model["endpoint_id"], is_public(model["dialect"]))
        for model in read_catalog(CATALOG_FILE)["models"]
        if model.get("enabled", True) and "provider" not in model
    ]


def models() -> Check:
    enabled = list(ImageModel.objects.enabled().order_by("position", "slug"))
    if not enabled:
        here = installation.current()
        hint = (
            f"Run {here.command('load_catalog')}, with the key of a provider "
            f"{here.command('check_catalog --switch-on')}."
        )
        return Check("models", False, "no model is enabled", hint)
    broken = []
    for model in enabled:
        try:
            model.clean()
        except ValidationError as error:
            with override("en"):  # like all that doctor says
                broken.append(f"{model.slug}: {'; '.join(error.messages)}")
    if broken:
        return Check("models", False, " ".join(broken), "Correct them in the admin, Models.")
    return Check("models", True, f"{len(enabled)} enabled")


def key_and_endpoints(offered: list[OfferedEndpoint]) -> Iterator[Check]:
    """Check the key, then the endpoint of every model on offer, in parallel."""
    if not settings.RUNPOD_API_KEY:
        yield _missing_key()
        return
    endpoints = list(dict.fromkeys(model.endpoint_id for model in offered))
    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        answers = dict(zip(endpoints, pool.map(_probe, endpoints), strict=True))
        key = _key(answers)
        yield key
        if key.ok:
            missing = [
                endpoint
                for endpoint in offered
                if isinstance(answers[endpoint.endpoint_id], EndpointMissing)
            ]
            if len(missing) > 1:
                yield _missing_endpoints(missing)
                offered = [endpoint for endpoint in offered if endpoint not in missing]
                endpoints = list(dict.fromkeys(endpoint.endpoint_id for endpoint in offered))
            healths = dict(zip(endpoints, pool.map(_health, endpoints), strict=True))
            yield from (
                _endpoint(endpoint, answers[endpoint.endpoint_id], healths[endpoint.endpoint_id])
                for endpoint in offered
            )


def _missing_key() -> Check:
    if installation.current() is installation.DEMO:
        detail = "RUNPOD_API_KEY is not set: `make run` starts an emulator in place of RunPod"
        return Check(KEY, True, detail, f"In production: {_key_hint()}")
    return Check(KEY, False, "RUNPOD_API_KEY is not set", _key_hint())


def _key_hint() -> str:
    return (
        "Create a key at runpod.io (Settings, API Keys) and set RUNPOD_API_KEY. "
        f"{installation.current().settings}"
    )


def _probe(endpoint_id: str) -> ProviderError | None:
    """Request the status of a job that does not exist, which is free.

    RunPod returns 404 `job not found` for a valid key and an existing endpoint, 404 `endpoint not
    found` for a missing endpoint, and 401 for a wrong key.
    """
    return clients.runpod().probe(endpoint_id)


def _health(endpoint_id: str) -> Health | ProviderError:
    try:
        return clients.runpod().health(endpoint_id)
    except ProviderError as error:
        return error


def _key(answers: Mapping[str, ProviderError | None]) -> Check:
    if not answers:
        return Check(
            KEY, True, "set, but no model is enabled to test it with", "Load the catalog first."
        )
    where = urlsplit(settings.RUNPOD_BASE_URL).netloc
    for error in answers.values():
        if isinstance(error, KeyRefused):
            return Check(
                KEY,
                False,
                f"RunPod rejects the key ({error.status}): {_message(error)}",
                _key_hint(),
            )
    if any(_proves_key(error) for error in answers.values()):
        return Check(KEY, True, f"accepted by {where}")
    if all(isinstance(error, EndpointMissing) for error in answers.values()):
        hint = "No endpoint exists, so the key could not be tested. Correct the endpoints first."
        return Check(KEY, True, f"not tested: {where} has none of the endpoints", hint)
    error = next(error for error in answers.values() if not isinstance(error, EndpointMissing))
    hint = "Check RUNPOD_BASE_URL, outgoing connections of this machine, and status.runpod.io."
    return Check(
        KEY, False, f"not tested: {_message(error) if error else 'an unexpected reply'}", hint
    )


def _proves_key(error: ProviderError | None) -> bool:
    return isinstance(error, Gone) and "job" in error.detail.lower()


def _endpoint(
    model: OfferedEndpoint, answer: ProviderError | None, health: Health | ProviderError
) -> Check:
    name, endpoint = f"endpoint:{model.slug}", model.endpoint_id
    public, here = model.is_public, installation.current()
    edit = f"Correct it: {here.command(f'set_model {model.slug} endpoint_id=…')}."
    if isinstance(answer, EndpointMissing):
        hint = (
            "RunPod has retired it. Disable the model: "
            f"{here.command(f'set_model {model.slug} enabled=false')}."
            if public
            else edit
        )
        return Check(name, False, f"RunPod has no endpoint {endpoint}", hint)
    if public and not _proves_key(answer):
        detail = _message(answer) if answer else "an unexpected reply"
        return Check(
            name,
            True,
            f"{endpoint}: existence not confirmed: {detail}",
            "Try again; see status.runpod.io.",
        )
    if isinstance(health, ProviderError):
        if public:  # RunPod documents /health for private endpoints only
            return Check(name, True, f"{endpoint}: exists; public, workers unknown")
        return Check(
            name, False, f"{endpoint}: {_message(health)}", "Try again; see status.runpod.io."
        )
    return _workers(name, endpoint, health, public=public)


def _missing_endpoints(models: list[OfferedEndpoint]) -> Check:
    here = installation.current()
    return Check(
        "endpoints",
        False,
        f"RunPod has none of {len(models)} endpoints: "
        + ", ".join(f"{model.endpoint_id} ({model.slug})" for model in models),
        f"Correct each: {here.command('set_model SLUG endpoint_id=…')}, or disable its model: "
        f"{here.command('set_model SLUG enabled=false')}.",
    )


def _workers(name: str, endpoint: str, health: Health, *, public: bool) -> Check:
    workers = ", ".join(
        f"{count} {state}" for state, count in sorted(health.workers.items()) if count
    )
    detail = (
        f"{endpoint}: {workers or 'no workers'}; {health.in_queue} waiting, "
        f"{health.in_progress} running"
    )
    if health.workers_total == 0:
        hint = (
            "Max workers seems to be 0: increase it at runpod.io (RunPod sets idle endpoints to 0 "
            "after 7 days)."
        )
        if public:
            hint = "RunPod operates this endpoint: see status.runpod.io, or disable the model."
        return Check(name, False, detail, hint)
    if health.workers.get("unhealthy", 0) >= health.workers_total:
        return Check(name, False, detail, "All workers are unhealthy: see their logs at runpod.io.")
    if health.workers.get("throttled", 0) >= health.workers_total:
        return Check(
            name, True, detail, "RunPod has no free GPU of this type: allow more types, or wait."
        )
    return Check(name, True, detail)


def _message(error: ProviderError) -> str:
    return f"{error_text(error)}: {error.detail}" if error.detail else error_text(error)
