"""`/healthz`: this process is alive. `/readyz`: what it needs can be reached, so it may be sent requests."""

import logging
import secrets
from collections.abc import Callable, Mapping

from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from artgen.celery import app

log = logging.getLogger(__name__)

BROKER_SECONDS = 2


def ask_database() -> None:
    """Run a query; raises what the database raises."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()


def ask_cache() -> None:
    """Write and read back; raises what the cache raises, and RuntimeError when it forgets."""
    key, word = f"readyz:{secrets.token_hex(4)}", secrets.token_hex(4)
    cache.set(key, word, 10)
    if cache.get(key) != word:
        raise RuntimeError("the cache does not keep what it is given")
    cache.delete(key)


def ask_broker() -> None:
    """Connect once; raises what the broker's client raises."""
    with app.connection_for_write() as broker:
        broker.ensure_connection(max_retries=1, interval_start=0, timeout=BROKER_SECONDS)


PARTS: Mapping[str, Callable[[], None]] = {
    "database": ask_database,
    "cache": ask_cache,
    "broker": ask_broker,
}


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """Answer 200: the process is alive, whatever may be wrong around it."""
    return JsonResponse({"ok": True})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Answer 200 when database, cache and broker can be reached, else 503: `{"ok", "checks": {part: bool}}`.

    Why not is in the log: the address is open to everybody.
    """
    reached = {name: _reached(name, ask) for name, ask in PARTS.items()}
    ok = all(reached.values())
    return JsonResponse({"ok": ok, "checks": reached}, status=200 if ok else 503)


def _reached(name: str, ask: Callable[[], None]) -> bool:
    try:
        ask()
    except Exception as error:  # noqa: BLE001 whatever a driver raises means the same here
        log.warning("%s cannot be reached", name, extra={"error": repr(error)})
        return False
    return True
