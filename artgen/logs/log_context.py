"""Fields of every log line: the request, message or command that this thread or task handles."""

from collections.abc import Mapping
from contextvars import ContextVar

_fields: ContextVar[Mapping[str, str] | None] = ContextVar("log_fields", default=None)


def fields() -> Mapping[str, str]:
    return _fields.get() or {}


def set_fields(**values: str) -> None:
    """Replace all fields; empty values are left out."""
    _fields.set({name: value for name, value in values.items() if value})


def clear() -> None:
    _fields.set(None)
