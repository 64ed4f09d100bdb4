"""Sentry and OpenTelemetry, if the environment names their servers (deploy/env.example).

Otherwise nothing of them is imported. Their packages are the dependency group `telemetry`.
"""

import importlib
import importlib.util
import logging
from types import ModuleType

from django.conf import settings

log = logging.getLogger(__name__)

SENTRY, OPENTELEMETRY = "SENTRY_DSN", "OTEL_EXPORTER_OTLP_ENDPOINT"
PARTS = {
    SENTRY: ("artgen.observability.error_reports", "sentry_sdk"),
    OPENTELEMETRY: ("artgen.observability.tracing", "opentelemetry.exporter.otlp.proto.http"),
}
"""By setting: the module that uses the package, and what is installed with it."""

_running: list[ModuleType] = []


def start() -> None:
    """Start what the environment names. Safe before a fork: no thread, no connection."""
    for setting, (module, _) in PARTS.items():
        if not getattr(settings, setting):
            continue
        if is_missing(setting):
            log.error("%s is set, but its package is not installed", setting)
            continue
        part = importlib.import_module(module)
        part.start()
        _running.append(part)


def is_missing(setting: str) -> bool:
    """Return whether the setting needs a package that is not installed."""
    if not getattr(settings, setting):
        return False
    try:
        return importlib.util.find_spec(PARTS[setting][1]) is None
    except ModuleNotFoundError:  # a parent package is missing
        return True


def flush() -> None:
    """Send what waits, for a few seconds at most: the process ends without `atexit`."""
    for part in _running:
        part.flush()
