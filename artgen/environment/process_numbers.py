"""How many processes run by default: gunicorn's workers, and those of the lane that stores."""

import os


def cores() -> int:
    """Return the number of cores that this process can use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def worker_children() -> int:
    """Return the default of CELERY_CONCURRENCY: the processes that encode images."""
    return min(12, 2 * cores())


def web_workers() -> int:
    """Return the default of GUNICORN_WORKERS."""
    return min(8, cores())
