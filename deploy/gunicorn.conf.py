"""gunicorn: pages, API, admin and webhooks. The environment sets the values (deploy/env.example).

https://gunicorn.org/reference/settings/
"""

import gc
import importlib
import os
import threading
import time
from pathlib import Path

from gunicorn.arbiter import Arbiter
from gunicorn.glogging import Logger
from gunicorn.http.message import Request
from gunicorn.workers.base import Worker

from artgen.database import connection_budget

_capacity = connection_budget.read()
gc.disable()  # until the fork: loading creates no garbage, and collecting takes 10 % of the start


def _number(name: str, default: int) -> int:
    return int(os.environ.get(name) or default)


wsgi_app = "artgen.processes.wsgi:application"
bind = (os.environ.get("GUNICORN_BIND") or "127.0.0.1:8000").split(",")

# 8 processes, or one per core if there are fewer: eight on two cores lose 25 % of the throughput.
workers = _capacity.web_workers
worker_class = "gthread"
threads = _capacity.web_threads
# nginx opens a connection for each request, and a process accepts as many as it has threads: others
# wait for the process that is free first. Kept connections gave one of two a third of the work, and
# a killed one lost up to 36 requests of 40 instead of 4.
worker_connections = _number("GUNICORN_WORKER_CONNECTIONS", threads)
keepalive = _number("GUNICORN_KEEPALIVE", 0)

timeout = _number("GUNICORN_TIMEOUT", 180)
graceful_timeout = _number("GUNICORN_GRACEFUL_TIMEOUT", 30)

# The application is loaded once before the fork, so that processes share its memory. HUP therefore
# keeps the code; new code needs a new gunicorn (deploy/upgrade.sh).
preload_app = True

# nginx limits address and headers, and refuses in the format of the API. gunicorn would answer what
# nginx lets pass with a page of its own. 0 means unlimited for the line, but 8190 for a field.
limit_request_line = 0
limit_request_fields = 32768
limit_request_field_size = 64 * 1024

# gunicorn 27 opens a control socket; processes are managed from outside.
control_socket_disable = True
# Heartbeats are touched files. In memory, because a slow disk would get healthy workers killed.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 their names are random


class _Logger(Logger):
    def access(self, *_: object) -> None:
        """Write nothing: nginx has the access log, with the time that gunicorn took.

        gunicorn would put each line together, even without a place to write it to.
        """


logger_class = _Logger
logconfig_dict = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "text": {"()": "artgen.logs.logging.TextFormatter"},
        "json": {"()": "artgen.logs.logging.JsonFormatter"},
    },
    "handlers": {
        "error_console": {
            "class": "logging.StreamHandler",
            "formatter": os.environ.get("LOG_FORMAT") or "text",
            "stream": "ext://sys.__stderr__",
        }
    },
    "root": {"level": "WARNING", "handlers": []},
    "loggers": {
        "gunicorn.error": {
            "level": os.environ.get("LOG_LEVEL") or "INFO",
            "handlers": ["error_console"],
            "propagate": False,
            "qualname": "gunicorn",
        }
    },
}


def when_ready(server: Arbiter) -> None:
    """Load what the first requests would load in each process, and close its connections."""
    # Not at the top: its imports need the application, which is loaded only now.
    preloading = importlib.import_module("artgen.processes.preloading")
    preloading.load_templates()
    preloading.load()


_started: dict[int, float] = {}
"""When each thread that handles a request began with it."""


def post_fork(server: Arbiter, worker: Worker) -> None:
    """Collect garbage from now on, and watch the threads."""
    gc.enable()
    threading.Thread(target=_watch, name="watch", daemon=True).start()


def _watch() -> None:
    # gunicorn's own timeout acts when its main thread hangs, not when all others do.
    while True:
        time.sleep(1)
        started = list(_started.values())
        if len(started) >= threads and max(started) < time.monotonic() - timeout:
            os._exit(1)  # gunicorn starts another process


def post_request(worker: Worker, req: Request, environ: object, resp: object) -> None:
    """Note that this thread is free."""
    _started.pop(threading.get_ident(), None)


def pre_request(worker: Worker, req: Request) -> None:
    """Note since when this thread is busy."""
    _started[threading.get_ident()] = time.monotonic()
