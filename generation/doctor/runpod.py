"""RunPod: is the key good, do the endpoints have workers, and can RunPod reach us?"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import requests
from django.conf import settings
from django.core.exceptions import ValidationError

from generation import provider, reachability
from generation.doctor.check import Check, words_of
from generation.models import ImageModel
from generation.runpod.payloads import DIALECTS
from generation.runpod.verdicts import Gone, RunPodError

NO_SUCH_JOB = "artgen-doctor"
UNAUTHORIZED = (401, 403)
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
        return Check("models", False, " ".join(broken), "Correct them in the admin, Models on offer.")
    return Check("models", True, f"{len(enabled)} on offer")


def key_and_endpoints() -> Iterator[Check]:
    """Check the key, then every endpoint that a model on offer uses, several at once."""
    offered: dict[str, ImageModel] = {}
    for model in ImageModel.objects.enabled().order_by("position", "slug"):
        offered.setdefault(model.endpoint_id, model)
    key = _key(list(offered))
    yield key
    if key.ok:
        with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
            yield from pool.map(_endpoint, offered.values())


def _key(endpoints: list[str]) -> Check:
    """Ask for a job that cannot exist, which costs nothing: 404 says that the key was good."""
    name = "runpod_key"
    if not settings.RUNPOD_API_KEY:
        return Check(name, False, "RUNPOD_API_KEY is not set", KEY_HINT)
    try:
        client = provider.client()
    except ValueError as error:
        return Check(name, False, words_of(error), KEY_HINT)
    if not endpoints:
        return Check(name, True, "set, but there is no model on offer to try it with", "Load the catalog first.")
    try:
        client.status(endpoints[0], NO_SUCH_JOB)
    except Gone:
        pass
    except RunPodError as error:
        if error.status in UNAUTHORIZED:
            return Check(name, False, f"RunPod refuses the key ({error.status}): {words_of(error)}", KEY_HINT)
        if error.status is None or error.status >= 500:
            hint = "Look at RUNPOD_BASE_URL, at this machine's way out, and at status.runpod.io."
            return Check(name, False, f"{words_of(error)} {error.detail}".strip(), hint)
    return Check(name, True, f"accepted by {urlsplit(settings.RUNPOD_BASE_URL).netloc}")


def _endpoint(model: ImageModel) -> Check:
    # RunPod documents /health for endpoints of one's own; of its public ones, which belong to RunPod, it promises none.
    name, endpoint = f"endpoint:{model.slug}", model.endpoint_id
    dialect = DIALECTS.get(model.dialect)
    public = dialect is not None and endpoint in dialect.endpoints
    edit = f"Correct it: `python manage.py set_model {model.slug} endpoint_id=…`."
    try:
        health = provider.client().health(endpoint)
    except Gone:
        if public:
            return Check(name, True, f"{endpoint}: public, tells nothing of its workers")
        return Check(name, False, f"RunPod has no endpoint {endpoint}", edit)
    except RunPodError as error:
        if public and error.status is not None and error.status < 500:
            return Check(name, True, f"{endpoint}: public, tells nothing of its workers")
        hint = edit if error.status in UNAUTHORIZED else "Try again; see status.runpod.io."
        return Check(name, False, f"{endpoint}: {words_of(error)}", hint)
    workers = ", ".join(f"{count} {state}" for state, count in sorted(health.workers.items()) if count)
    seen = f"{endpoint}: {workers or 'no workers'}; {health.in_queue} waiting, {health.in_progress} running"
    if health.workers_total == 0:
        hint = "Its max workers seem to be 0: raise them at runpod.io (RunPod cuts idle endpoints to 0 after 7 days)."
        if public:
            hint = "RunPod runs this one itself: see status.runpod.io, or switch the model off."
        return Check(name, False, seen, hint)
    if health.workers.get("unhealthy", 0) >= health.workers_total:
        return Check(name, False, seen, "All of its workers are unhealthy: see their logs at runpod.io.")
    if health.workers.get("throttled", 0) >= health.workers_total:
        return Check(name, True, seen, "RunPod has no free GPU of this kind: allow more kinds, or wait.")
    return Check(name, True, seen)


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
    if parts.scheme == "http":
        return Check(name, True, f"{url}: answers", "Use https: sessions and tokens travel in the clear otherwise.")
    return Check(name, True, f"{url}: answers")


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
