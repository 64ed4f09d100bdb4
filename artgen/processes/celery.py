"""The Celery application; its settings are the CELERY_ names of `artgen.settings`."""

import logging
import os
from typing import Any

from celery import Celery, signals
from django.db import close_old_connections
from kombu.transport import TRANSPORT_ALIASES

from artgen.logs import log_context

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "artgen.settings")

log = logging.getLogger(__name__)

TRANSPORT_ALIASES |= dict.fromkeys(("redis", "rediss"), "artgen.redis.celery_transport:Transport")

app = Celery("artgen", amqp="artgen.redis.celery_transport:AMQP")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


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


REQUEST_ID = "request_id"
"""Header of a message: the request that sent it."""


@signals.setup_logging.connect
def keep_logging(**_: object) -> None:
    """Keep Celery from adding handlers, and from redirecting prints: Django has set up logging."""


@signals.before_task_publish.connect
def pass_request_id(headers: dict[str, Any], **_: object) -> None:
    if request_id := log_context.fields().get(REQUEST_ID):
        headers[REQUEST_ID] = request_id


@signals.task_prerun.connect
def name_message(task_id: str, task: Any, **_: object) -> None:
    """Log with the message's id, its task, and the id of the request that sent it, if one did."""
    log_context.set_fields(
        message_id=task_id, task=task.name, request_id=getattr(task.request, REQUEST_ID, "") or ""
    )


@signals.task_postrun.connect
def forget_message(**_: object) -> None:
    log_context.clear()


# Celery closes Django's connections around every task unless CELERY_DB_REUSE_MAX is set. Keep one
# per thread for CONN_MAX_AGE and close only connections that are broken or too old.
@signals.task_prerun.connect
@signals.task_postrun.connect
def drop_stale_connections(**_: object) -> None:
    """Close database connections that are broken or past CONN_MAX_AGE."""
    close_old_connections()
