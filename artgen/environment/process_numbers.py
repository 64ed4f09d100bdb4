"""How many run by default: gunicorn's workers, and the children of the lane that stores."""

import os


def cores() -> int:
    """Return the number of cores that this process can use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def store_children() -> int:
    """Return the default of CELERY_CONCURRENCY: images that are stored at the same time."""
    return min(12, 2 * cores())


def web_workers() -> int:
    """Return the default of GUNICORN_WORKERS."""
    return min(8, cores())
