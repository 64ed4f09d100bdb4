"""Outages that stop submissions: a refused API key, a missing endpoint, unread replies.

The first blocks all endpoints of the provider, the others this endpoint. During an outage no job
is submitted and none fails. A probe checks repeatedly; once it succeeds, the row is deleted,
deadlines are extended by the lost time, and submissions continue.

The probe of a key or an endpoint is free. That of unread replies is one job, let through after
each pause: it ends the outage if its image is stored. So does any other stored image, a changed
request format, or staff.
"""

import logging
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F
from django.utils import timezone

from generation.jobs import clients
from generation.jobs.engine import dispatch, lifecycle
from generation.models import (
    Endpoint,
    Job,
    OutageKind,
    Place,
    ProviderOutage,
    ProviderOutageQuerySet,
    Status,
    UnreadReply,
)
from generation.providers.access import address_of
from generation.providers.call_errors import EndpointMissing, Gone, KeyRefused
from generation.providers.payloads import OutputError

log = logging.getLogger(__name__)

PROBE_INTERVAL = timedelta(seconds=5)  # doubled with every probe
MAX_PROBE_INTERVAL = timedelta(seconds=60)
FIRST_TRIAL = timedelta(minutes=10)  # after unread replies; doubled with every job let through
MAX_TRIAL_INTERVAL = timedelta(hours=6)
RECENT_IMAGES = 200  # jobs of a model among which a format is looked for that has been read
RECHECK_INTERVAL = timedelta(seconds=10)  # of a job that is affected
MAX_ENDPOINTS = 5  # in one probe of the key


def start(place: Place, error: KeyRefused | EndpointMissing) -> OutageKind:
    """Block submissions because the provider refuses the key or does not have this endpoint."""
    is_of_all = isinstance(error, KeyRefused) and not address_of(place.endpoint_id)
    kind = OutageKind.KEY_REFUSED if is_of_all else OutageKind.ENDPOINT_MISSING
    _insert(kind, place, error=str(error), detail=error.full_text)
    return kind


def try_out(place: Place) -> OutageKind | None:
    """Probe an endpoint before its jobs do; return why it is blocked, None if it seems usable."""
    if not clients.is_set_up(*place):
        return None
    error = clients.of(place.provider).probe(place.endpoint_id)
    return start(place, error) if isinstance(error, KeyRefused | EndpointMissing) else None


def count_unread(job: Job, error: OutputError) -> None:
    """Stop submissions if this unread reply is the second, and none of its format was ever read.

    Otherwise the format is known to be right, and the reply is a failure of its job alone.
    """
    current = format_of(job)
    open_replies = UnreadReply.objects.filter(endpoint_id=job.place.endpoint_id, is_open=True)
    others = open_replies.exclude(job=job).order_by("-at").values_list("request_format", flat=True)
    is_second = current["request_format"] in list(others[:RECENT_IMAGES])
    if is_second and not _was_read(job, current):
        detail = f"{error.code}: {error.detail}"
        _insert(OutageKind.REPLIES_UNREAD, job.place, error=error.code, detail=detail)


def lock_trial(place: Place) -> bool:
    """Lock the outage by unread replies, and return whether one job may be let through now."""
    return _unread(place).select_for_update().filter(probe_at__lte=timezone.now()).exists()


def begin_trial(place: Place) -> None:
    """Pause the endpoint again, for longer: the job that tells whether it is well is on its way."""
    for outage in _unread(place):
        pause = min(FIRST_TRIAL * 2 ** min(outage.probes + 1, 10), MAX_TRIAL_INTERVAL)
        outage.probe_at, outage.probes = timezone.now() + pause, outage.probes + 1
        outage.save(update_fields=["probe_at", "probes"])


def _unread(place: Place) -> ProviderOutageQuerySet:
    return ProviderOutage.objects.filter(kind=OutageKind.REPLIES_UNREAD, **place._asdict())


def _insert(kind: OutageKind, place: Place, *, error: str, detail: str) -> None:
    now = timezone.now()
    identity = {"kind": kind, "provider": place.provider}
    if kind != OutageKind.KEY_REFUSED:
        identity["endpoint_id"] = place.endpoint_id
    _, created = ProviderOutage.objects.get_or_create(
        **identity,
        defaults={
            "endpoint_id": place.endpoint_id,
            "detail": detail,
            "since": now,
            "probe_at": now
            + (FIRST_TRIAL if kind == OutageKind.REPLIES_UNREAD else PROBE_INTERVAL),
        },
    )
    if created:
        log.error(
            "submissions stopped: %s",
            kind.label,
            extra={"endpoint": place.endpoint_id, "error": error},
        )


def probe_due() -> None:
    """Probe every outage that is due, and resolve those that are over."""
    now = timezone.now()
    for outage in ProviderOutage.objects.due(now=now).order_by("probe_at", "id"):
        if outage.kind == OutageKind.REPLIES_UNREAD:
            if _is_read_again(outage):
                _resolve(outage)
            continue
        pause = min(PROBE_INTERVAL * 2 ** min(outage.probes, 10), MAX_PROBE_INTERVAL)
        row = ProviderOutage.objects.filter(pk=outage.pk, probe_at=outage.probe_at)
        if row.update(probe_at=now + pause, probes=F("probes") + 1) and _is_over(outage):
            _resolve(outage)


def request_probes(place: Place) -> None:
    ProviderOutage.objects.filter(**place._asdict()).update(probe_at=timezone.now())


def request_probe(outage: ProviderOutage) -> bool:
    """Make the next tick probe now; return False if the outage is already over."""
    return bool(ProviderOutage.objects.filter(pk=outage.pk).update(probe_at=timezone.now()))


def resume(outage: ProviderOutage) -> bool:
    """End an outage by unread replies; return False if it is over, or of another kind."""
    return outage.kind == OutageKind.REPLIES_UNREAD and _resolve(outage)


def _is_read_again(outage: ProviderOutage) -> bool:
    """Return whether the format was changed, or a reply of the endpoint read since."""
    replies = UnreadReply.objects.filter(endpoint_id=outage.endpoint_id, is_open=True)
    newest = replies.select_related("job__endpoint", "job__model").order_by("-at").first()
    if newest is None:
        return True
    current = format_of(newest.job)
    is_changed = newest.request_format != current["request_format"]
    return is_changed or _was_read(newest.job, current, since=outage.since)


def format_of(job: Job) -> dict[str, Any]:
    """Return its endpoint's format now, or that of the job if that is another endpoint now."""
    endpoint = job.endpoint or job.model.endpoint
    current = job.model.settings_at(endpoint)
    source = current if endpoint.place == job.place else job.snapshot
    return {name: source.get(name) for name in ("dialect", "request_format", "workflow")}


def _was_read(job: Job, current: dict[str, Any], *, since: datetime | None = None) -> bool:
    """Return whether an image of this format came from the job's endpoint, among recent ones."""
    stored = Job.objects.filter(model=job.model_id, status=Status.SUCCEEDED)
    if since is not None:
        stored = stored.filter(finished_at__gt=since)
    recent = stored.only("snapshot").order_by("-finished_at")[:RECENT_IMAGES]
    return any(
        other.place == job.place and {name: other.snapshot.get(name) for name in current} == current
        for other in recent
    )


def _is_over(outage: ProviderOutage) -> bool:
    provider = clients.of(outage.provider)
    if outage.kind == OutageKind.ENDPOINT_MISSING:
        named = Endpoint.objects.filter(provider=outage.provider, endpoint_id=outage.endpoint_id)
        return not named.exists() or isinstance(provider.probe(outage.endpoint_id), Gone)
    offered = (
        Endpoint.objects.enabled()
        .filter(provider=outage.provider, model__enabled=True)
        .order_by("model__position", "model__slug", "preference", "id")
        .values_list("endpoint_id", flat=True)
    )
    endpoints = dict.fromkeys([outage.endpoint_id, *offered])
    if outage.endpoint_id not in offered and len(endpoints) > 1:
        del endpoints[outage.endpoint_id]  # staff disabled it or its model
    for endpoint_id in list(endpoints)[:MAX_ENDPOINTS]:
        error = provider.probe(endpoint_id)
        if not isinstance(error, EndpointMissing):  # does not depend on the key
            return isinstance(error, Gone)
    return False


def _resolve(outage: ProviderOutage) -> bool:
    """End the outage; return False if it is already over."""
    if not ProviderOutage.objects.filter(pk=outage.pk).delete()[0]:
        return False
    lost = timezone.now() - outage.since
    endpoint_id = None if outage.kind == OutageKind.KEY_REFUSED else outage.endpoint_id
    lifecycle.extend_deadlines(by=lost, provider=outage.provider, endpoint_id=endpoint_id)
    if outage.kind == OutageKind.REPLIES_UNREAD:
        replies = UnreadReply.objects.filter(endpoint_id=endpoint_id, is_open=True)
        waiting = Job.objects.filter(unread_reply__in=replies, status=Status.STORING)
        lifecycle.postpone(list(waiting), until=timezone.now())
        replies.update(is_open=False)
        dispatch.store()
    log.warning(
        "submissions continue after %s",
        lost,
        extra={"kind": outage.kind, "endpoint": outage.endpoint_id},
    )
    endpoints = Endpoint.objects.filter(provider=outage.provider)
    if endpoint_id is not None:
        endpoints = endpoints.filter(endpoint_id=endpoint_id)
    for slug in endpoints.order_by().values_list("model__slug", flat=True).distinct():
        dispatch.check(slug)
        dispatch.submit(slug)
    return True
