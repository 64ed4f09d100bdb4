"""RunPod: is the key good, do the endpoints have workers, and can RunPod reach us?"""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import requests
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone

from generation.jobs import clients, reachability
from generation.models import ImageModel, ProviderOutage
from generation.operations.doctor.check import Check, words_of
from generation.runpod.health import Health
from generation.runpod.payloads import is_public
from generation.runpod.verdicts import EndpointMissing, Gone, KeyRefused, RunPodError

NO_SUCH_JOB = "artgen-doctor"
KEY = "runpod_key"
AT_ONCE = 8
PROBE_SECONDS = 5
KEY_HINT = "Make a key at runpod.io, Settings, API Keys, and put it into RUNPOD_API_KEY."


def models() -> Check:
    """Look whether there is something on offer, and whether all of it could be driven."""
    enabled = list(ImageModel.objects.enabled().order_by("position", "slug"))
    if not enabled:
        hint = "Run `python manage.py load_catalog`, or switch a model on: `set_model SLUG enabled=true`."
        return Check("models", False, "no model is on offer", hint)
    broken = []
    for model in enabled:
        try:
            model.clean()
        except ValidationError as error:
            broken.append(f"{model.slug}: {'; '.join(error.messages)}")
    if broken:
        return Check(
            "models", False, " ".join(broken), "Correct them in the admin, Models on offer."
        )
    return Check("models", True, f"{len(enabled)} on offer")


def key_and_endpoints() -> Iterator[Check]:
    """Check the key, then the endpoint of every model on offer, several at once."""
    offered = list(ImageModel.objects.enabled().order_by("position", "slug"))
    if not settings.RUNPOD_API_KEY:
        yield Check(KEY, False, "RUNPOD_API_KEY is not set", KEY_HINT)
        return
    try:
        clients.client()
    except ValueError as error:
        yield Check(KEY, False, words_of(error), KEY_HINT)
        return
    endpoints = list(dict.fromkeys(model.endpoint_id for model in offered))
    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        answers = dict(zip(endpoints, pool.map(_probe, endpoints), strict=True))
        key = _key(answers)
        yield key
        if key.ok:
            healths = dict(zip(endpoints, pool.map(_health, endpoints), strict=True))
            yield from (
                _endpoint(one, answers[one.endpoint_id], healths[one.endpoint_id])
                for one in offered
            )


def _probe(endpoint_id: str) -> RunPodError | None:
    """Ask for a job that cannot exist, which costs nothing.

    RunPod answers 404 `job not found` when the key is good and the endpoint exists, 404 `endpoint not found` when it
    does not, and 401 for a wrong key.
    """
    try:
        clients.client().status(endpoint_id, NO_SUCH_JOB)
    except RunPodError as error:
        return error
    return None


def _health(endpoint_id: str) -> Health | RunPodError:
    try:
        return clients.client().health(endpoint_id)
    except RunPodError as error:
        return error


def _key(answers: Mapping[str, RunPodError | None]) -> Check:
    if not answers:
        return Check(
            KEY,
            True,
            "set, but there is no model on offer to try it with",
            "Load the catalog first.",
        )
    where = urlsplit(settings.RUNPOD_BASE_URL).netloc
    for error in answers.values():
        if isinstance(error, KeyRefused):
            return Check(
                KEY, False, f"RunPod refuses the key ({error.status}): {_said(error)}", KEY_HINT
            )
    if any(_proves_key(error) for error in answers.values()):
        return Check(KEY, True, f"accepted by {where}")
    if all(isinstance(error, EndpointMissing) for error in answers.values()):
        hint = "No endpoint on offer exists, so nothing could be asked with the key. Correct the endpoints first."
        return Check(KEY, True, f"not proved: {where} knows none of the endpoints", hint)
    error = next(error for error in answers.values() if not isinstance(error, EndpointMissing))
    hint = "Look at RUNPOD_BASE_URL, at this machine's way out, and at status.runpod.io."
    return Check(
        KEY, False, f"not proved: {_said(error) if error else 'an unexpected reply'}", hint
    )


def _proves_key(error: RunPodError | None) -> bool:
    return isinstance(error, Gone) and "job" in error.detail.lower()


def _endpoint(model: ImageModel, answer: RunPodError | None, health: Health | RunPodError) -> Check:
    name, endpoint = f"endpoint:{model.slug}", model.endpoint_id
    public = is_public(model.dialect)
    edit = f"Correct it: `python manage.py set_model {model.slug} endpoint_id=…`."
    if isinstance(answer, EndpointMissing):
        hint = (
            f"RunPod has retired it: switch the model off, `set_model {model.slug} enabled=false`."
            if public
            else edit
        )
        return Check(name, False, f"RunPod has no endpoint {endpoint}", hint)
    if public and not _proves_key(answer):
        seen = _said(answer) if answer else "an unexpected reply"
        return Check(
            name,
            True,
            f"{endpoint}: not proved to exist: {seen}",
            "Try again; see status.runpod.io.",
        )
    if isinstance(health, RunPodError):
        if public:  # RunPod documents /health for endpoints of one's own
            return Check(name, True, f"{endpoint}: exists; public, tells nothing of its workers")
        return Check(
            name, False, f"{endpoint}: {_said(health)}", "Try again; see status.runpod.io."
        )
    return _workers(name, endpoint, health, public=public)


def _workers(name: str, endpoint: str, health: Health, *, public: bool) -> Check:
    workers = ", ".join(
        f"{count} {state}" for state, count in sorted(health.workers.items()) if count
    )
    seen = f"{endpoint}: {workers or 'no workers'}; {health.in_queue} waiting, {health.in_progress} running"
    if health.workers_total == 0:
        hint = "Its max workers seem to be 0: raise them at runpod.io (RunPod cuts idle endpoints to 0 after 7 days)."
        if public:
            hint = "RunPod runs this one itself: see status.runpod.io, or switch the model off."
        return Check(name, False, seen, hint)
    if health.workers.get("unhealthy", 0) >= health.workers_total:
        return Check(
            name, False, seen, "All of its workers are unhealthy: see their logs at runpod.io."
        )
    if health.workers.get("throttled", 0) >= health.workers_total:
        return Check(
            name, True, seen, "RunPod has no free GPU of this kind: allow more kinds, or wait."
        )
    return Check(name, True, seen)


def _said(error: RunPodError) -> str:
    return f"{words_of(error)} {error.detail}".strip()


def outages() -> Check:
    """Tell what RunPod refuses at the moment: submissions wait for it."""
    name = "runpod_outages"
    found = [
        f"{outage.get_kind_display()} ({outage.endpoint_id}) since {outage.since:%Y-%m-%d %H:%M} UTC: {outage.detail}"
        for outage in ProviderOutage.objects.all()
    ]
    if found:
        hint = "Set a good RUNPOD_API_KEY and restart, or correct the endpoint: all waiting jobs then continue."
        return Check(name, False, "; ".join(found), hint)
    paused = [
        f"{model.slug} until {model.submit_after:%H:%M:%S} UTC"
        for model in ImageModel.objects.filter(
            submit_failures__gt=0, submit_after__gt=timezone.now()
        )
    ]
    if paused:
        hint = "RunPod answered 429 or 5xx, or not at all; tried again by itself."
        return Check(name, True, f"paused: {', '.join(paused)}", hint)
    return Check(name, True, "RunPod refuses nothing")


def webhook() -> Check:
    """Look at the address that RunPod rings, and whether ArtGen answers there."""
    name, url = "webhook", settings.PUBLIC_URL
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        hint = "Set PUBLIC_URL to the address under which the internet reaches ArtGen, such as https://art.example.org."
        return Check(name, False, f"PUBLIC_URL is not absolute: {url!r}", hint)
    answer = _answer(url)
    if not reachability.from_outside(url):
        hint = (
            "RunPod cannot reach this address, so ArtGen asks for the state of jobs every few seconds. Fine for a "
            "try; in production set PUBLIC_URL to an address that the internet reaches."
        )
        return Check(name, True, f"{url}: {answer or 'answers'}", hint)
    if answer:
        hint = "From here ArtGen does not answer there. If it does from outside, all is well; else correct PUBLIC_URL."
        return Check(name, True, f"{url}: {answer}", hint)
    seen = f"{url}: answers from here; whether it does from outside is not known"
    if parts.scheme == "http":
        return Check(
            name, True, seen, "Use https: sessions and tokens travel in the clear otherwise."
        )
    return Check(name, True, seen)


def _answer(url: str) -> str:
    """Return "" when ArtGen answers at this address, else what was there instead."""
    try:
        reply = requests.get(f"{url}/healthz", timeout=PROBE_SECONDS, allow_redirects=False)
    except requests.RequestException as error:
        return f"does not answer ({type(error).__name__})"
    try:
        alive = reply.status_code == 200 and reply.json() == {"ok": True}
    except ValueError:
        alive = False
    return "" if alive else f"somebody else answers ({reply.status_code})"
