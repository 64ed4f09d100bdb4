"""Celery: messages are hints, the database is the source of truth."""

import re
from datetime import timedelta

from celery.schedules import crontab, schedule
from kombu.entity import Exchange, Queue

from artgen.database.connection_budget import LANES
from artgen.environment.env import env
from artgen.environment.process_numbers import store_children
from artgen.redis import redis_clients
from artgen.settings.redis import REDIS_URL

CELERY_BROKER_URL = env.str(
    "CELERY_BROKER_URL", default=re.sub("^unix:", "redis+socket:", REDIS_URL)
)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # for as long as it takes
# Without max_retries a request waits 6 s for each message while the broker is down. With the
# interval a worker notices within 5 s that its connection is dead, otherwise within 51. What an
# outage has left of kept connections is replaced by the command that finds it dead.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    **redis_clients.TIMEOUTS,
    "max_retries": 0,
    "health_check_interval": 2,
    "retry_on_timeout": True,
}
CELERY_TASK_PUBLISH_RETRY = False  # the next tick comes sooner than the last retry
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
# Seconds, longer than every lease, of a task in a process: one that hangs is killed, and the tick
# finds its job again. In threads each call has a deadline of its own.
CELERY_TASK_TIME_LIMIT = 600
CELERY_TASK_STORE_ERRORS_EVEN_IF_IGNORED = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 4
CELERY_WORKER_CONCURRENCY = env.int("CELERY_CONCURRENCY", default=store_children())
# At most: a machine may be down, run other lanes, or not have been added by an autoscaler yet.
STORE_WORKERS = env.int("WORKER_MACHINES", default=1) * env.int("WORKER_CONTAINERS", default=1)
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_DB_REUSE_MAX = 10**9
CELERY_IMPORTS = ("artgen.processes.worker_signals",)
CELERY_TASK_QUEUES = [Queue(name, Exchange(name), routing_key=name) for name in LANES]
CELERY_TASK_DEFAULT_QUEUE = "drive"  # short tasks: submit, check, stop, probe, tick
CELERY_TASK_ROUTES = {
    "generation.store": {"queue": "store"},  # downloads, encoding
    "generation.make": {"queue": "slow"},  # calls that take as long as an image
    "generation.export": {"queue": "slow"},  # takes minutes
    "generation.clean_up": {"queue": "slow"},
    "generation.release_prompt_calls": {"queue": "slow"},
    "generation.send_webhooks": {"queue": "slow"},
    "accounts.send_emails": {"queue": "slow"},  # a mail server may take seconds for each email
}
CELERY_BEAT_SCHEDULE = {
    "tick": {
        "task": "generation.tick",
        "schedule": schedule(timedelta(seconds=2)),
        "options": {"expires": 10},
    },
    # Crontab, not an interval: intervals restart whenever its worker does.
    "sweep": {
        "task": "generation.clean_up",
        "schedule": crontab(minute="17"),
        "options": {"expires": 600},
    },
    # Credits of calls whose process was killed.
    "prompt_calls": {
        "task": "generation.release_prompt_calls",
        "schedule": crontab(),
        "options": {"expires": 60},
    },
    # New emails have their own message. This one is for retries and lost messages.
    "emails": {"task": "accounts.send_emails", "schedule": crontab(), "options": {"expires": 60}},
}
