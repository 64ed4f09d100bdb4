"""Check the processes: workers, beat, sockets."""

import requests
from django.conf import settings
from django.utils import timezone

from artgen.database import connection_budget
from artgen.environment import installation
from artgen.processes import sockets_heartbeat
from artgen.processes.celery import app
from generation.jobs.engine import heartbeat
from generation.operations.doctor import webhook
from generation.operations.doctor.check import Check

PING_SECONDS = 3
HANDSHAKE = {  # https://www.rfc-editor.org/rfc/rfc6455#section-1.3
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}
SWITCHING_PROTOCOLS = 101


def workers() -> Check:
    budget = connection_budget.read()
    expected = len(budget.worker_lanes) * budget.worker_machines
    answers = app.control.inspect(timeout=PING_SECONDS, limit=expected).ping() or {}
    lanes = {lane for name in answers for lane in name.partition("@")[0].split(",")}
    if missing := [lane for lane in connection_budget.LANES if lane not in lanes]:
        detail = f"no worker for: {', '.join(missing)}"
        return Check("workers", False, detail, installation.current().started(*missing))
    names = ", ".join(sorted(answers))
    if len(answers) < expected:
        hint = (
            "A machine or container is away, or fewer run than WORKER_MACHINES and "
            f"WORKER_CONTAINERS say. {installation.current().started(*connection_budget.LANES)}"
        )
        detail = f"{len(answers)} of {expected} lanes responded: {names}"
        return Check("workers", True, detail, hint)
    return Check("workers", True, f"{len(answers)} responded: {names}")


def beat() -> Check:
    last = heartbeat.last()
    hint = (
        "Without ticks, lost messages are never repeated. "
        f"{installation.current().started('slow', 'drive')}"
    )
    if last is None:
        return Check("beat", False, "no tick recorded", hint)
    detail = f"last tick {(timezone.now() - last).total_seconds():.0f} s ago"
    is_late = heartbeat.is_late()
    return Check("beat", not is_late, detail, hint if is_late else "")


def sockets() -> Check:
    """Check the sign of life of a socket process, then open a socket at PUBLIC_URL."""
    alive = sockets_heartbeat.is_alive()
    if not alive:
        ago = f"for {sockets_heartbeat.EXPIRES_SECONDS} s"
        since = "since Redis was started" if alive is None else ago
        hint = f"Until then pages poll for changes. {installation.current().started('sockets')}"
        return Check("sockets", False, f"no socket process has reported {since}", hint)
    if webhook.problem():
        return Check("sockets", True, "a socket process runs; PUBLIC_URL not reachable from here")
    status = _handshake()
    if status != SWITCHING_PROTOCOLS:
        hint = (
            "The proxy at PUBLIC_URL must pass WebSockets on for /ws/: HTTP/1.1 with the headers "
            "Upgrade and Connection. Until then pages poll for changes."
        )
        detail = f"a socket process runs, but {settings.PUBLIC_URL}/ws/jobs/ answered {status}"
        return Check("sockets", False, detail, hint)
    return Check("sockets", True, "a socket process runs, PUBLIC_URL opens sockets")


def _handshake() -> int | str:
    """Return the HTTP status of a socket's opening, or why there was none."""
    try:
        with webhook.request("/ws/jobs/", headers=HANDSHAKE, stream=True) as reply:
            return reply.status_code
    except requests.RequestException as error:
        return type(error).__name__
