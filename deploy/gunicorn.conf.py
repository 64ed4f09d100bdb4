"""gunicorn: pages, API, admin and webhooks. Every value can be set by the environment (deploy/env.example).

https://gunicorn.org/reference/settings/
"""

import gc
import importlib
import os
from pathlib import Path

from gunicorn.arbiter import Arbiter
from gunicorn.http.message import Request
from gunicorn.workers.base import Worker

from artgen import connection_budget

_capacity = connection_budget.read()
gc.disable()  # while the application is loaded: there is no garbage, and looking for it takes a tenth of the start


def _number(name: str, default: int) -> int:
    return int(os.environ.get(name) or default)


wsgi_app = "artgen.wsgi:application"
bind = (os.environ.get("GUNICORN_BIND") or "127.0.0.1:8000").split(",")

# 8 processes, or one for each core where there are fewer: on two cores eight lose a quarter of the throughput.
workers = _capacity.web_workers
worker_class = "gthread"
threads = _capacity.web_threads
worker_connections = _number("GUNICORN_WORKER_CONNECTIONS", 1000)

timeout = _number("GUNICORN_TIMEOUT", 180)
graceful_timeout = _number("GUNICORN_GRACEFUL_TIMEOUT", 30)
# nginx closes its idle connections after 4 s (nginx.conf), before gunicorn does: none is closed while being used again.
keepalive = _number("GUNICORN_KEEPALIVE", 5)

# Loaded once, before the processes are forked: they share its memory. A HUP therefore starts them with the same code;
# new code gets a new gunicorn (deploy/upgrade.sh).
preload_app = True

# gunicorn 27 opens a control socket of its own; who may restart it is decided by what started it.
control_socket_disable = True
# Heartbeats of the processes are touched files: in memory, or a slow disk kills workers that are well.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 their names are random

# nginx writes the access log, with the time that gunicorn took.
accesslog = None
logconfig_dict = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "text": {"()": "artgen.observability.logging.TextFormatter"},
        "json": {"()": "artgen.observability.logging.JsonFormatter"},
    },
    "handlers": {
        "error_console": {
            "class": "logging.StreamHandler",
            "formatter": os.environ.get("LOG_FORMAT") or "text",
        },
    },
    "root": {"level": "WARNING", "handlers": []},
    "loggers": {
        "gunicorn.error": {
            "level": "INFO",
            "handlers": ["error_console"],
            "propagate": False,
            "qualname": "gunicorn",
        },
    },
}

_draining = [
    Path(address[5:]).with_suffix(".draining") for address in bind if address.startswith("unix:")
]


def when_ready(server: Arbiter) -> None:
    """Load what the first requests would load in each process, and close whatever was connected on the way."""
    # Only here: its imports need the application, which is loaded by now.
    preloading = importlib.import_module("artgen.preloading")
    preloading.load_templates()
    preloading.load()


def post_fork(server: Arbiter, worker: Worker) -> None:
    """Collect garbage from now on."""
    gc.enable()


def pre_request(worker: Worker, req: Request) -> None:
    """Close each connection behind its answer while another gunicorn takes over (deploy/handover.sh drain).

    Otherwise nginx could send a request over a kept connection in the moment in which this process closes it, and a
    POST would be lost.
    """
    if any(file.exists() for file in _draining):
        req.force_close()
