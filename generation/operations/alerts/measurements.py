"""Which conditions of alerts are true now."""

import contextlib
import logging
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import requests
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Count, Min, Q
from django.utils import timezone

from accounts.emails import outbox
from artgen.database import connection_budget
from artgen.database.ids import first_id
from artgen.observability import disks, health, resources
from artgen.observability.certificate import certificate
from artgen.processes import sockets_heartbeat
from artgen.web import formatting
from generation.jobs.budgets import budget_state
from generation.jobs.engine import heartbeat
from generation.models import (
    STUCK_AFTER,
    BackupRecord,
    GenerationSwitch,
    Job,
    ProviderOutage,
    Status,
)
from generation.operations import eta_report, monitor
from generation.operations.alerts.conditions import CONDITIONS, HOUR, variant

log = logging.getLogger(__name__)

Values = Mapping[str, Any]
"""For the text of a condition that is true; JSON."""

MIN_FAILED = 5
CERTIFICATE_CHECKED = timedelta(hours=1)
SITE_SECONDS = 10
PROMISES_MEASURED = timedelta(minutes=1)
PROMISES_PERIOD = timedelta(hours=24)
RECENT = timedelta(hours=1)
MIN_PROMISES = 20


@dataclass
class Findings:
    """The conditions that are true, with their values, and those that cannot be checked now."""

    wrong: dict[str, Values] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)


class Measurements:
    """Measures repeatedly, and keeps the values that the next measurement is compared with."""

    def __init__(self) -> None:
        self._processor = resources.processor()
        self._has_reached_site = False
        self._certificate: dict[str, Values] = {}
        self._certificate_after = 0.0
        self._promises: dict[str, Values] = {}
        self._promises_after = 0.0

    def take(self) -> Findings:
        """Measure everything. Raises OperationalError or InterfaceError if the database is away."""
        found = Findings()
        for names, part in self._parts():
            try:
                found.wrong.update(part())
            except (OperationalError, InterfaceError):
                raise
            except Exception as error:  # noqa: BLE001 drivers raise anything; the others go on
                log.warning("%s cannot be measured", names[0], extra={"error": repr(error)})
                found.unknown.update(names)
        return found

    def _parts(self) -> Sequence[tuple[Sequence[str], Callable[[], dict[str, Values]]]]:
        return (
            (["JobsOverdue", "JobsStuck", "ImagesNotStored", "JobsFail", "QueueLong"], _jobs),
            (["ProviderOutage", "CreatingOff"], _switches),
            (["PromisesBroken"], self._kept_promises),
            (["BudgetNear", "BudgetReached"], _budgets),
            (["DatabaseConnections", "ConnectionBudget"], _connections),
            (["EmailsLate", "EmailsFail"], _emails),
            (["DiskFull"], _disks),
            (["BackupOld", "BackupMissing"], _backup),
            (["RedisDown", "NoTicks", "SocketsDown", "RedisFull"], _redis),
            (["Errors", "ApiSlow"], _requests),
            (["CeleryQueue"], _queue),
            (["Processor", "Memory"], self._machine),
            (["CertificateEnds", "CertificateRefused"], self._checked_certificate),
            (["Down"], self._site),
        )

    def _machine(self) -> dict[str, Values]:
        found: dict[str, Values] = {}
        now, memory = resources.processor(), resources.memory()
        shares = {
            "Processor": now.share_since(self._processor) if now and self._processor else 0.0,
            "Memory": memory.share if memory else 0.0,
        }
        self._processor = now
        for name, share in shares.items():
            if share * 100 >= CONDITIONS[name].limit:
                found[name] = {"machine": socket.gethostname(), "percent": round(share * 100)}
        return found

    def _checked_certificate(self) -> dict[str, Values]:
        if time.monotonic() < self._certificate_after:
            return self._certificate
        with contextlib.suppress(OSError):  # not reachable from here: `Down` reports it
            self._certificate = _certificate()
            self._certificate_after = time.monotonic() + CERTIFICATE_CHECKED.total_seconds()
        return self._certificate

    def _kept_promises(self) -> dict[str, Values]:
        """Measure at intervals: a day has many jobs."""
        if time.monotonic() >= self._promises_after:
            self._promises = _promises()
            self._promises_after = time.monotonic() + PROMISES_MEASURED.total_seconds()
        return self._promises

    def _site(self) -> dict[str, Values]:
        """Request /healthz at PUBLIC_URL; report nothing if it was never reached from here."""
        try:
            requests.get(
                f"{settings.PUBLIC_URL}/healthz", timeout=SITE_SECONDS, allow_redirects=False
            ).raise_for_status()
        except requests.RequestException:
            return {"Down": {"address": settings.PUBLIC_URL}} if self._has_reached_site else {}
        self._has_reached_site = True
        return {}


def _jobs() -> dict[str, Values]:
    return dict(_jobs_found())


def _jobs_found() -> Iterator[tuple[str, Values]]:
    now = timezone.now()
    active = Job.objects.active()
    late = active.exclude(status=Status.QUEUED).filter(due_at__lt=now - STUCK_AFTER)
    overdue = late.aggregate(count=Count("id"), oldest=Min("due_at"))
    if overdue["count"]:
        seconds = round((now - overdue["oldest"]).total_seconds())
        yield "JobsOverdue", {"count": overdue["count"], "seconds": seconds}
    if stuck := Job.objects.stuck().count():
        yield "JobsStuck", {"count": stuck}
    if not_stored := Job.objects.not_stored().count():
        yield "ImagesNotStored", {"count": not_stored}
    since = now - RECENT
    jobs = Job.objects.of_users().filter(created_at__gte=since, id__gte=first_id(since))
    recent = jobs.order_by()
    counts = recent.aggregate(all=Count("id"), failed=Count("id", Q(status=Status.FAILED)))
    if counts["failed"] >= max(MIN_FAILED, CONDITIONS["JobsFail"].limit / 100 * counts["all"]):
        yield "JobsFail", counts
    queued = active.filter(status=Status.QUEUED).aggregate(oldest=Min("due_at"))["oldest"]
    if queued and (waited := (now - queued).total_seconds()) > CONDITIONS["QueueLong"].limit:
        yield "QueueLong", {"minutes": round(waited / 60)}


def _switches() -> dict[str, Values]:
    found: dict[str, Values] = {}
    if problems := [f"{one.kind} {one.endpoint_id}" for one in ProviderOutage.objects.all()]:
        found["ProviderOutage"] = {"problems": "; ".join(problems)}
    if GenerationSwitch.objects.filter(on=False).exists():
        found["CreatingOff"] = {}
    return found


def _budgets() -> dict[str, Values]:
    """Return an alert for each budget: each is reported when it is near its limit."""
    host = settings.PUBLIC_URL.partition("://")[2]
    states = budget_state.states()
    stopped = {
        state.budget.pk
        for state in states
        if state.is_reached or budget_state.waiting_for(state).exists()
    }
    return {
        variant("BudgetReached" if state.budget.pk in stopped else "BudgetNear", state.budget.pk): {
            "budget": str(state.budget.group or state.budget.model or host),
            "used": f"{state.used:.2f}",
            "limit": f"{state.limit:.2f}",
            "ends": f"{timezone.localtime(state.ends_at):%Y-%m-%d %H:%M}",
        }
        for state in states
        if state.is_near or state.budget.pk in stopped
    }


def _promises() -> dict[str, Values]:
    """Return an alert if far fewer than nine in ten images were ready by the promised p90."""
    late = [
        f"{one.slug} {one.p90_share:.0%}"
        for one in eta_report.kept_since(timezone.now() - PROMISES_PERIOD)
        if one.jobs >= MIN_PROMISES
        and one.p90_share is not None
        and one.p90_share * 100 < CONDITIONS["PromisesBroken"].limit
    ]
    return {"PromisesBroken": {"models": ", ".join(late)}} if late else {}


def _connections() -> dict[str, Values]:
    found: dict[str, Values] = {}
    planned, used = connection_budget.read(), resources.connections()
    if used.used >= planned.limit:
        found["DatabaseConnections"] = {"used": used.used, "limit": planned.limit}
    if planned.excess:
        found["ConnectionBudget"] = {"planned": planned.connections, "limit": planned.limit}
    return found


def _emails() -> dict[str, Values]:
    found: dict[str, Values] = {}
    emails, now = outbox.totals(), timezone.now()
    late = (now - emails.due_since).total_seconds() if emails.due_since else 0
    if late > CONDITIONS["EmailsLate"].limit:
        found["EmailsLate"] = {"minutes": round(late / 60)}
    if failing := emails.by_state[outbox.EmailState.FAILING]:
        found["EmailsFail"] = {"count": failing}
    return found


def _backup() -> dict[str, Values]:
    newest = BackupRecord.objects.complete().first()
    if newest is None:
        migrations = MigrationRecorder(connection).migration_qs
        age = timezone.now() - migrations.aggregate(first=Min("applied"))["first"]
        is_missing = age.total_seconds() > CONDITIONS["BackupMissing"].limit
        return {"BackupMissing": {}} if is_missing else {}
    seconds = newest.age.total_seconds()
    if seconds <= CONDITIONS["BackupOld"].limit:
        return {}
    return {"BackupOld": {"hours": round(seconds / HOUR)}}


def _disks() -> dict[str, Values]:
    fullest = min(disks.disks(), key=lambda disk: disk.free / disk.total, default=None)
    if (
        fullest is None
        or (percent := fullest.free / fullest.total * 100) >= CONDITIONS["DiskFull"].limit
    ):
        return {}
    return {
        "DiskFull": {
            "contents": ", ".join(fullest.contents),
            "free": formatting.file_size(fullest.free),
            "percent": round(percent),
        }
    }


def _redis() -> dict[str, Values]:
    found: dict[str, Values] = {}
    try:
        health.check_cache()
    except Exception:  # noqa: BLE001 each client has exceptions of its own
        return {"RedisDown": {}}
    last = heartbeat.last()
    if last is not None and heartbeat.is_late():
        found["NoTicks"] = {"seconds": round((timezone.now() - last).total_seconds())}
    if sockets_heartbeat.is_alive() is False:
        found["SocketsDown"] = {}
    memory = resources.redis_memory()
    percent = memory.used / memory.max * 100 if memory.max else 0
    if percent > CONDITIONS["RedisFull"].limit:
        found["RedisFull"] = {"percent": round(percent)}
    return found


def _requests() -> dict[str, Values]:
    found: dict[str, Values] = {}
    percent, milliseconds = monitor.error_rate()[0], monitor.api_p95()[0]
    if percent is not None and percent >= CONDITIONS["Errors"].limit:
        found["Errors"] = {"percent": round(percent, 1)}
    if milliseconds is not None and milliseconds >= CONDITIONS["ApiSlow"].limit:
        found["ApiSlow"] = {"milliseconds": round(milliseconds)}
    return found


def _queue() -> dict[str, Values]:
    length = resources.queue_length()
    if length < CONDITIONS["CeleryQueue"].limit:
        return {}
    return {"CeleryQueue": {"count": length}}


def _certificate() -> dict[str, Values]:
    host = settings.PUBLIC_URL.partition("://")[2]
    try:
        found = certificate()
    except ssl.SSLCertVerificationError as error:
        return {"CertificateRefused": {"host": host, "reason": error.verify_message}}
    limit = timedelta(seconds=CONDITIONS["CertificateEnds"].limit)
    if found is None or found.remaining >= min(limit, found.lifetime / 4):
        return {}
    return {"CertificateEnds": {"host": host, "days": max(0, found.remaining.days)}}
