"""What a method of an endpoint says of itself, besides its name, annotations and docstring.

The OpenAPI document is made from all of these (`artgen.api.openapi`), and the serializers that are
named here read the request (`ApiView.query`, `ApiView.read_body`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, Generic, TypeVar

from django.http.response import HttpResponseBase
from rest_framework.request import Request
from rest_framework.response import Response

from artgen.api.inputs import read_query

Result = TypeVar("Result")

BODY_PROBLEMS = ("csrf_failed", "invalid", "malformed", "too_large", "unsupported_media_type")
"""Codes that every request with a body may get."""


@dataclass(frozen=True, kw_only=True)
class Operation:
    method: str
    address: str
    """Its route, below /api/v1/."""
    url_name: str | None = None
    body: Any = None
    """The serializer of its body."""
    query: Any = None
    """The serializer of its query parameters; None: they are ignored."""
    scope: str = ""
    """The scope that a token needs; "": `read` for GET, else `manage`."""
    is_revalidated: bool = False
    """Whether a client may ask for it again with If-None-Match (304)."""
    headers: Sequence[Any] = ()
    content_type: str = "application/json"
    """Of its answer."""
    status: int
    also: Mapping[int, str] = field(default_factory=dict)
    """Other statuses of the same answer, and when it has them."""
    problems: Sequence[str] = ()
    """The codes that do not follow from its address, body and query."""
    bodies: Mapping[str, Any] = field(default_factory=dict)
    """Examples of its body by name."""

    @property
    def codes(self) -> list[str]:
        """Return the codes of all its problems, those of every operation aside."""
        codes = [
            *(["csrf_failed"] if self.method != "GET" else []),
            *(["invalid"] if self.query else []),
            *(BODY_PROBLEMS if self.body else []),
            *(["not_found"] if "<" in self.address else []),
            *self.problems,
        ]
        return list(dict.fromkeys(codes))


class Answer(Generic[Result], Response):  # noqa: UP046 `Response[…]` must not come first
    """The answer of a method that chooses among statuses, or sets headers."""

    def __init__(
        self, data: Result, *, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(data, status=status, headers=headers)


def operation(
    route: str, *, status: int = 200, **options: Any
) -> Callable[[Callable[..., Any]], Callable[..., HttpResponseBase]]:
    """Return the decorator of a method that returns its JSON, an `Answer`, or a whole response.

    `route` is such as "GET jobs/<uuid:job_id>/".
    """
    method, _separator, address = route.partition(" ")

    def decorate(handler: Callable[..., Any]) -> Callable[..., HttpResponseBase]:
        code = 204 if handler.__annotations__["return"] is None else status
        described = Operation(method=method, address=address, status=code, **options)

        @wraps(handler)
        def respond(view: Any, request: Request, **arguments: Any) -> HttpResponseBase:
            if described.query:
                view.query = read_query(described.query, request)
            result = handler(view, request, **arguments)
            return result if isinstance(result, HttpResponseBase) else Response(result, code)

        respond.operation = described  # type: ignore[attr-defined]
        return respond

    return decorate
