"""Log formats: lines of text for people, one JSON object per line for collectors.

Both redact secrets in paths, and query strings.
"""

import json
import logging
from datetime import UTC, datetime
from http import HTTPStatus

from artgen.logs import log_context
from artgen.logs.redaction import redact

_PLAIN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class TextFormatter(logging.Formatter):
    """Format a record as `time level logger message key=value…`."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s", "%H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        extra = " ".join(f"{key}={value}" for key, value in _extra(record).items())
        line = super().format(record)
        return redact(f"{line} {extra}" if extra and "\n" not in line else line)


class JsonFormatter(logging.Formatter):
    """Format a record as JSON: time (ISO 8601 UTC), level, logger, message and `extra`."""

    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **_extra(record),
        }
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return redact(json.dumps(entry, default=str, ensure_ascii=False))


def _extra(record: logging.LogRecord) -> dict[str, object]:
    """Return the fields of what this thread or task handles, and those of the record."""
    own = {key: value for key, value in vars(record).items() if key not in _PLAIN}
    return {**log_context.fields(), **own}


class LowerUnavailable(logging.Filter):
    """Log Django's lines about 503 as INFO: the code that returns it has logged the reason."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Lower the level of such a record, and keep all records."""
        if getattr(record, "status_code", None) == HTTPStatus.SERVICE_UNAVAILABLE:
            record.levelno, record.levelname = logging.INFO, "INFO"
        return True


class ShortOutages(logging.Filter):
    """Log one line, without a traceback, where PostgreSQL or Redis does not respond."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Shorten such a record, and keep all records."""
        error = record.exc_info[1] if record.exc_info else None
        if error is not None and _is_outage(error):
            record.msg, record.args = record.getMessage().partition("\n")[0], None
            record.exc_info = record.exc_text = record.stack_info = None
            record.error = str(error).partition("\n")[0]
            vars(record).pop("data", None)  # Celery's, with the traceback as text
        return True


_AWAY_STATES = ("08", "57P")  # connection exceptions; the server is stopping or starting


def _is_outage(error: BaseException) -> bool:
    # By names: the processes that log need not have loaded these packages.
    names = {f"{base.__module__.partition('.')[0]}.{base.__name__}" for base in type(error).__mro__}
    state = getattr(error, "sqlstate", None) or _AWAY_STATES[0]
    if "psycopg.OperationalError" in names and state.startswith(_AWAY_STATES):
        return True
    if names & {"redis.ConnectionError", "redis.TimeoutError"}:
        return True
    # Celery's error of beat does not name its cause.
    cause = error.__context__ if "celery.SchedulingError" in names else error.__cause__
    return cause is not None and _is_outage(cause)
