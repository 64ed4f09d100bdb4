"""The Celery application; its settings are the CELERY_ names of `artgen.settings`."""

import logging
import os
from contextlib import suppress
from functools import partial
from typing import Any

from celery import Celery, Task, signals
from celery.app.amqp import AMQP
from django.conf import settings
from django.core.cache import cache
from django.db import close_old_connections, transaction
from django.utils.log import configure_logging
from kombu.connection import Connection

from artgen.logs import log_context
from artgen.redis import redis_clients
from artgen.redis.cache import CacheAway

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "artgen.settings")

log = logging.getLogger(__name__)

EXPIRES = 60  # seconds; the tick sends again what is still due
RETRIES = {"interval_start": 1, "interval_step": 0}  # seconds
LOST_AFTER = 5  # seconds: a message that has not begun until then no longer keeps others back


class HintedTask(Task[Any, Any]):
    """A task of which at most one message with the same arguments waits (`send`)."""

    def __call__(self, *arguments: str) -> Any:
        """Run it. What becomes due from now on is sent again."""
        _forget(self.name, *arguments)
        return self.run(*arguments)


class BrokerConnection(Connection):
    """Connects again every second after an outage; kombu waits up to 30 s between two tries."""

    def ensure_connection(self, *args: Any, **options: Any) -> Any:
        return super().ensure_connection(*args, **RETRIES | options)  # type: ignore[no-untyped-call]


class Broker(AMQP):
    Connection = BrokerConnection


app = Celery("artgen", amqp=Broker, task_cls=HintedTask)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


def send(name: str, *arguments: str) -> None:
    """Send a task's message after the commit, unless one waits; never raise.

    Messages are hints, which may be lost: rows say what is due, and the tick sends it again.
    """
    transaction.on_commit(partial(_send, name, *arguments), robust=True)


def _send(name: str, *arguments: str) -> None:
    with suppress(CacheAway):
        if not cache.add(_mark(name, *arguments), 1, timeout=LOST_AFTER):
            return
    breaker = redis_clients.breaker(app.conf.broker_url)
    if breaker.is_open:
        _forget(name, *arguments)
        return
    try:
        app.send_task(name, args=arguments, expires=EXPIRES)
    except Exception as error:  # noqa: BLE001 kombu and redis-py have exceptions of their own
        breaker.open(error)
        _forget(name, *arguments)


def _forget(name: str, *arguments: str) -> None:
    """Let the next message be sent."""
    with suppress(CacheAway):
        cache.delete(_mark(name, *arguments))


def _mark(*words: str) -> str:
    return "message:" + ":".join(words)


REQUEST_ID = "request_id"
"""Header of a message: the request that sent it."""


@signals.setup_logging.connect
def keep_logging(**_: object) -> None:
    """Log as Django does, without further handlers and redirected prints."""
    configure_logging(settings.LOGGING_CONFIG, settings.LOGGING)


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
