"""Celery beat: sends the messages of CELERY_BEAT_SCHEDULE, by the names of the tasks.

`python -m artgen.processes.beat`. It loads only the settings, not the models and tasks: that takes
less than half the time and half the memory of `celery --app artgen beat`.
"""

import gc
import logging.config
import os

from celery import Celery, signals
from django.conf import settings

from artgen.logs import telemetry
from artgen.processes import celery_health

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "artgen.settings")

app = Celery(
    "artgen", amqp="artgen.redis.celery_transport:AMQP", fixups=[]
)  # the default fixup for Django would load all models
app.config_from_object("django.conf:settings", namespace="CELERY")


@signals.setup_logging.connect
def set_up_logging(**_: object) -> None:
    """Configure logging, which Django's setup does in other processes."""
    logging.config.dictConfig(settings.LOGGING)


if __name__ == "__main__":
    celery_health.watch(os.environ.get("ALIVE_FILE", ""))
    telemetry.start()
    gc.freeze()  # loaded modules need not be searched for garbage
    app.Beat(scheduler="celery.beat:Scheduler", loglevel=settings.LOG_LEVEL, quiet=True).run()
