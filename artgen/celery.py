"""The Celery application; its settings are the CELERY_ names of `artgen.settings`."""

import os
from typing import Any

from celery import Celery, signals
from django.db import close_old_connections
from kombu.transport import TRANSPORT_ALIASES

from artgen.observability import celery_health

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "artgen.settings")

TRANSPORT_ALIASES |= dict.fromkeys(("redis", "rediss"), "artgen.celery_transport:Transport")

app = Celery("artgen")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
celery_health.watch(os.environ.get("ALIVE_FILE", ""))


# Celery closes Django's connections around every task unless CELERY_DB_REUSE_MAX says otherwise; we keep one a child
# for CONN_MAX_AGE and only drop what is broken or too old.
@signals.task_prerun.connect
@signals.task_postrun.connect
def drop_stale_connections(**_: Any) -> None:
    """Close database connections that are broken or past CONN_MAX_AGE."""
    close_old_connections()
