"""Logs, alerts and error reports."""

from artgen.environment.env import env

# Checked here: Python's own error about LOGGING does not name them.
LOG_LEVEL = env.word("LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"), default="INFO")
LOG_FORMAT = env.word("LOG_FORMAT", ("json", "text"), default="text")
# What a worker runs beside its lanes: it notifies operators of problems.
WATCH = "generation.operations.alerts.watching.run"
ALERT_EMAILS = env.list("ALERT_EMAILS", default=[])
ALERT_WEBHOOK_URL = env.str("ALERT_WEBHOOK_URL", default="")
# Empty: its package is not imported (artgen.logs.telemetry).
SENTRY_DSN = env.str("SENTRY_DSN", default="")
SENTRY_ENVIRONMENT = env.str("SENTRY_ENVIRONMENT", default="production")
REFUSED_REQUESTS = ("DisallowedHost", "RequestDataTooBig", "TooManyFieldsSent", "TooManyFilesSent")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "text": {"()": "artgen.logs.logging.TextFormatter"},
        "json": {"()": "artgen.logs.logging.JsonFormatter"},
    },
    "filters": {
        "lower_unavailable": {"()": "artgen.logs.logging.LowerUnavailable"},
        "short_outages": {"()": "artgen.logs.logging.ShortOutages"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": LOG_FORMAT,
            "filters": ["short_outages"],
            # The process's own: Celery replaces sys.stderr.
            "stream": "ext://sys.__stderr__",
        }
    },
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        "django.request": {"filters": ["lower_unavailable"]},
        # Refused requests of strangers, with a traceback each; the log of requests has their 400.
        **{f"django.security.{refused}": {"level": "CRITICAL"} for refused in REFUSED_REQUESTS},
        "django.server": {"handlers": ["console"], "level": "WARNING", "propagate": False},
        "daphne": {"level": "WARNING"},
        "psycopg.pool": {"level": "ERROR"},  # a line per attempt to connect
        "mcp": {"level": "WARNING"},  # a line for each message
        "celery.app.trace": {"level": "WARNING"},
        "celery.beat": {"level": "WARNING"},
        "celery.worker.strategy": {"level": "WARNING"},  # one line per tick
    },
}
