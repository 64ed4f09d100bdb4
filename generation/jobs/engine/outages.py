"""Outages that an operator must resolve: a refused API key, a missing endpoint, unread replies.

The first blocks all endpoints of the provider, the others this endpoint.

During an outage no job is submitted and none fails. A free probe checks repeatedly. Once it
succeeds, the row is deleted, deadlines are extended by the lost time, and submissions continue.
An outage by unread replies is over once staff have changed the request format, or resume it.
"""

import logging
from datetime import timedelta

from django.db.models import F
from django.utils import timezone

from generation.jobs import clients
from generation.jobs.engine import dispatch, lifecycle
from generation.models import Endpoint, Job, OutageKind, Place, ProviderOutage, Status, UnreadReply
from generation.providers.access import address_of
from generation.providers.call_errors import EndpointMissing, Gone, KeyRefused
from generation.providers.payloads import OutputError

log = logging.getLogger(__name__)

PROBE_INTERVAL = timedelta(seconds=5)  # doubled with every probe
MAX_PROBE_INTERVAL = timedelta(seconds=60)
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


def start_for_unread(place: Place, error: OutputError) -> None:
    """Block submissions to this endpoint because its replies are paid for and cannot be read."""
    detail = f"{error.code}: {error.detail}"
    _insert(OutageKind.REPLIES_UNREAD, place, error=error.code, detail=detail)


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
            "probe_at": now + PROBE_INTERVAL,
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
    for outage in ProviderOutage.objects.filter(probe_at__lte=now).order_by("probe_at", "id"):
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


def _is_over(outage: ProviderOutage) -> bool:
    if outage.kind == OutageKind.REPLIES_UNREAD:
        replies = UnreadReply.objects.filter(endpoint_id=outage.endpoint_id, is_open=True)
        newest = replies.select_related("job__endpoint", "job__model").order_by("-at").first()
        if newest is None:
            return True
        model = newest.job.model
        current = model.format_source(newest.job.endpoint or model.endpoint)
        return newest.request_format != current.request_format
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
