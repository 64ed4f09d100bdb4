"""Errors to Sentry, if SENTRY_DSN names its server: log lines of level ERROR or above.

Without what people wrote: only the log is connected, not Django or Celery, whose integrations
collect requests. An event has the kind of the error, where in the code it happened, and the ids of
the log lines about it. The message of an exception may quote a prompt or an address; it stays in
the log. Without SENTRY_DSN the package is not imported.
"""

import logging
import os
import sys
from typing import Any

from django.conf import settings

from artgen.logs import log_context
from artgen.logs.redaction import redact

FLUSH_SECONDS = 2
KEPT = frozenset(
    {
        *("event_id", "timestamp", "platform", "level", "logger", "release", "environment"),
        *("server_name", "sdk", "exception", "logentry", "extra", "tags"),
    }
)
"""Of an event."""
KEPT_EXTRA = frozenset({"job", "attempt", "runpod_id", "placed_by_request", "lane"})
"""Of the fields of a log line."""
KEPT_FRAME = frozenset(
    {
        *("filename", "abs_path", "module", "function", "lineno", "in_app"),
        *("context_line", "pre_context", "post_context"),
    }
)


def start() -> None:
    """Start it, in this process and in each of its forks; before a fork, without a thread."""
    if settings.SENTRY_DSN:
        _initialize()
        os.register_at_fork(after_in_child=_initialize)


def flush() -> None:
    """Send what waits, for a few seconds at most: the process ends without `atexit`."""
    if sentry_sdk := sys.modules.get("sentry_sdk"):
        sentry_sdk.flush(timeout=FLUSH_SECONDS)


def _initialize() -> None:
    """Create a client, which starts its thread with its first event.

    A fork needs a client of its own: the thread of the parent may hold the lock of its queue at
    the moment of the fork, and what waits in that queue is sent by the parent.
    """
    import sentry_sdk
    from sentry_sdk.integrations.atexit import AtexitIntegration
    from sentry_sdk.integrations.excepthook import ExcepthookIntegration
    from sentry_sdk.integrations.logging import LoggingIntegration

    sentry_sdk.init(
        dsn=settings.SENTRY_DSN,
        release=f"artgen@{settings.VERSION}",
        environment=settings.SENTRY_ENVIRONMENT,
        default_integrations=False,
        auto_enabling_integrations=False,
        integrations=[
            LoggingIntegration(level=None, event_level=logging.ERROR, sentry_logs_level=None),
            ExcepthookIntegration(),
            AtexitIntegration(callback=lambda pending, timeout: None),
        ],
        before_send=cleaned,
        send_default_pii=False,
        include_local_variables=False,
        max_breadcrumbs=0,
        max_request_body_size="never",
        auto_session_tracking=False,
        shutdown_timeout=FLUSH_SECONDS,
    )


def cleaned(event: Any, hint: object = None) -> Any:
    """Return the event with nothing but what is known to be harmless."""
    kept: dict[str, Any] = {name: value for name, value in event.items() if name in KEPT}
    if "logentry" in kept:
        kept["logentry"] = {"message": redact(str(event["logentry"].get("message", "")))}
    if "exception" in kept:
        kept["exception"] = {
            "values": [_exception(exception) for exception in event["exception"].get("values", ())]
        }
    extra = event.get("extra", {})
    kept["extra"] = {name: extra[name] for name in KEPT_EXTRA & extra.keys()}
    kept["tags"] = dict(log_context.fields())
    return kept


def _exception(value: dict[str, Any]) -> dict[str, Any]:
    frames = (value.get("stacktrace") or {}).get("frames", ())
    return {
        "type": value.get("type"),
        "module": value.get("module"),
        "mechanism": {"type": "generic", "handled": True},
        "stacktrace": {
            "frames": [
                {name: frame[name] for name in KEPT_FRAME & frame.keys()} for frame in frames
            ]
        },
    }
