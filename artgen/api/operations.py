"""What a method of an endpoint says of itself, besides its annotations and its docstring.

The OpenAPI document is made from all three (`artgen.api.openapi`), and the method reads its request
with the serializers that it names here (`Endpoint.read_body`, `Endpoint.read_query`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, Generic, TypeVar

from rest_framework.response import Response

Result = TypeVar("Result")

BODY_PROBLEMS = ("csrf_failed", "invalid", "malformed", "too_large", "unsupported_media_type")
"""Codes that every request with a body may get."""


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One method of an endpoint."""

    name: str
    body: Any = None
    """The serializer of its body."""
    query: Any = None
    """The serializer of its query parameters; None: they are ignored."""
    headers: Sequence[Any] = ()
    status: int
    also: Mapping[int, str] = field(default_factory=dict)
    """Other statuses of the same answer, and when it has them."""
    problems: Sequence[str] = ()
    """The codes that do not follow from its address, body and query."""
    bodies: Mapping[str, Any] = field(default_factory=dict)
    """Examples of its body by name."""
    example: Any = None
    """An example of its answer."""

    def codes(self, *, method: str, path: str) -> list[str]:
        """Return the codes of all its problems, those of every operation aside."""
        codes = [
            *(["csrf_failed"] if method != "GET" else []),
            *(["invalid"] if self.query else []),
            *(BODY_PROBLEMS if self.body else []),
            *(["not_found"] if "{" in path else []),
            *self.problems,
        ]
        return list(dict.fromkeys(codes))


class Answer(Generic[Result], Response):
    """The answer of a method that chooses among statuses, or sets headers."""

    def __init__(
        self, data: Result, *, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(data, status=status, headers=headers)


def operation(
    name: str, *, status: int = 200, **options: Any
) -> Callable[[Callable[..., Any]], Callable[..., Response]]:
    """Return the decorator of a method that returns its JSON, or an `Answer`."""

    def decorate(method: Callable[..., Any]) -> Callable[..., Response]:
        is_empty = method.__annotations__["return"] is None
        code = 204 if is_empty else status

        @wraps(method)
        def respond(*args: Any, **kwargs: Any) -> Response:
            result = method(*args, **kwargs)
            return result if isinstance(result, Response) else Response(result, status=code)

        respond.operation = Operation(name=name, status=code, **options)  # type: ignore[attr-defined]
        return respond

    return decorate
