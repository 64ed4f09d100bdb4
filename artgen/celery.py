"""The Celery application; its settings are the CELERY_ names of `artgen.settings`."""

import logging
import os
from typing import Any

from celery import Celery, signals
from django.db import close_old_connections
from kombu.transport import TRANSPORT_ALIASES

from artgen.observability import celery_health

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "artgen.settings")

log = logging.getLogger(__name__)

TRANSPORT_ALIASES |= dict.fromkeys(("redis", "rediss"), "artgen.celery_transport:Transport")

app = Celery("artgen")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
celery_health.watch(os.environ.get("ALIVE_FILE", ""))


def send_message(name: str, *arguments: str, expires: int = 60) -> bool:
    """Send a task's message. If the broker is down, log that and return False: the row stays due.

    A request that sends a message must not fail with the broker, so nothing is raised.
    """
    try:
        app.send_task(name, args=arguments, retry=False, ignore_result=True, expires=expires)
    except Exception as error:  # noqa: BLE001 each broker's client has exceptions of its own
        log.warning(
            "message not sent", extra={"task": name, "arguments": arguments, "error": str(error)}
        )
        return False
    return True


# Celery closes Django's connections around every task unless CELERY_DB_REUSE_MAX is set. Keep one
# per thread for CONN_MAX_AGE and close only connections that are broken or too old.
@signals.task_prerun.connect
@signals.task_postrun.connect
def drop_stale_connections(**_: Any) -> None:
    """Close database connections that are broken or past CONN_MAX_AGE."""
    close_old_connections()
