"""`/healthz`: the process is alive. `/readyz`: what it needs is reachable."""

import logging
import secrets
from collections.abc import Callable, Mapping

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from artgen.processes import sockets_heartbeat
from artgen.processes.celery import app

log = logging.getLogger(__name__)

BROKER_SECONDS = 2


def check_database() -> None:
    """Run a query; raises the database's exceptions."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()


def check_cache() -> None:
    """Write and read back; raises the cache's exceptions, and RuntimeError if the value is lost."""
    key, value = f"readyz:{secrets.token_hex(4)}", secrets.token_hex(4)
    cache.set(key, value, 10)
    if cache.get(key) != value:
        raise RuntimeError("the cache does not store values")
    cache.delete(key)


def check_broker() -> None:
    """Connect once; raises the exceptions of the broker's client."""
    with app.connection_for_write() as broker:
        broker.ensure_connection(max_retries=1, interval_start=0, timeout=BROKER_SECONDS)


def check_sockets() -> None:
    """Raise RuntimeError if a socket process has run and none does now."""
    if sockets_heartbeat.is_alive() is False:
        raise RuntimeError("no socket process has reported lately")


PARTS: Mapping[str, Callable[[], None]] = {
    "database": check_database,
    "cache": check_cache,
    "broker": check_broker,
    "sockets": check_sockets,
}


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"ok": True, "version": settings.VERSION})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Return 200 if database, cache and broker are reachable and sockets are served, else 503.

    The body is `{"ok", "checks": {part: bool}}`. The errors are logged: the URL is public.
    `?exclude=PART` leaves a part out: web processes must get requests although sockets are down.
    """
    excluded = request.GET.getlist("exclude")
    reachable = {
        name: _is_reachable(name, check) for name, check in PARTS.items() if name not in excluded
    }
    ok = all(reachable.values())
    return JsonResponse({"ok": ok, "checks": reachable}, status=200 if ok else 503)


def _is_reachable(name: str, check: Callable[[], None]) -> bool:
    try:
        check()
    except Exception as error:  # noqa: BLE001 each driver has exceptions of its own
        log.warning("%s cannot be reached", name, extra={"error": repr(error)})
        return False
    return True
