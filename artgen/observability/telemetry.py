"""Sentry, if the environment names its server (deploy/env.example).

Otherwise nothing of it is imported. Its package is the dependency group `telemetry`.
"""

import importlib
import importlib.util
import logging
from types import ModuleType

from django.conf import settings

log = logging.getLogger(__name__)

PACKAGE = "sentry_sdk"
_running: list[ModuleType] = []


def start() -> None:
    """Start it if the environment names its server; before a fork, without thread or connection."""
    if is_missing():
        log.error("SENTRY_DSN is set, but its package is not installed")
    elif settings.SENTRY_DSN:
        error_reports = importlib.import_module("artgen.observability.error_reports")
        error_reports.start()
        _running.append(error_reports)


def is_missing() -> bool:
    """Return whether SENTRY_DSN needs the package, which is not installed."""
    return bool(settings.SENTRY_DSN) and importlib.util.find_spec(PACKAGE) is None


def flush() -> None:
    """Send what waits, for a few seconds at most: the process ends without `atexit`."""
    for error_reports in _running:
        error_reports.flush()
