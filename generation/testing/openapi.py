"""The operations of the REST API, and its document."""

from functools import cache
from typing import Any

from drf_spectacular.generators import SchemaGenerator

PUBLIC = {"get /api/v1/status/"}
"""Operations that need no token."""


@cache
def document() -> dict[str, Any]:
    """Return the document, generated once for a process: it takes two seconds. Nobody changes it."""
    generated: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return generated
