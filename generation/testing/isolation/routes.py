"""All routes of the site and of the socket server, read from their configuration."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import get_resolver
from django.urls.resolvers import RoutePattern, URLPattern, URLResolver
from django.utils.regex_helper import normalize

from generation.jobs.live.routing import websocket_urlpatterns
from generation.testing import openapi

CONVERTER = re.compile(r"<(?:[^>:]+:)?(\w+)>")


@dataclass(frozen=True)
class Route:
    """One address of the site: its name with namespaces, or its path where it has no name."""

    name: str
    path: str  # with {argument} in place of the converters

    @property
    def arguments(self) -> list[str]:
        """The names of what varies in the address."""
        return re.findall(r"{(\w+)}", self.path)

    @property
    def is_api(self) -> bool:
        """Whether programs use it: tokens count, and refusals are no pages."""
        is_of_program = (
            self.path.startswith(("/v1/", "/sdapi/", "/mcp")) and "{rest}" not in self.path
        )
        return self.is_described or is_of_program

    @property
    def is_described(self) -> bool:
        """Whether it belongs to our own REST API, which the OpenAPI document describes."""
        return self.path.startswith("/api/v1/")

    @property
    def is_admin(self) -> bool:
        """Whether it belongs to the admin, which has a sign-in page of its own."""
        return self.path.startswith("/admin/")

    def address(self, examples: Mapping[str, Any]) -> str:
        """Return the path with these values; raise KeyError for an argument without one."""
        return self.path.format_map(examples)


def site_routes() -> list[Route]:
    """Return the route of every path in the URL configuration, in its order."""
    found: dict[str, Route] = {}
    for path, name in _walk(get_resolver(), "/", []):
        found.setdefault(path, Route(name or path.lstrip("/"), path))  # the first one answers
    return list(found.values())


def socket_routes() -> list[str]:
    return [f"/{_path_of(pattern)}" for pattern in websocket_urlpatterns]


def api_methods() -> dict[str, set[str]]:
    """Return the methods that the OpenAPI document describes for each path."""
    return {
        path: {method.upper() for method in operations}
        for path, operations in openapi.document()["paths"].items()
    }


def _walk(resolver: URLResolver, prefix: str, spaces: Sequence[str]) -> Iterator[tuple[str, str]]:
    for pattern in resolver.url_patterns:
        path = prefix + _path_of(pattern)
        if isinstance(pattern, URLResolver):
            inner = [*spaces, pattern.namespace] if pattern.namespace else spaces
            yield from _walk(pattern, path, inner)
        else:
            yield path, ":".join([*spaces, pattern.name]) if pattern.name else ""


def _path_of(pattern: URLPattern | URLResolver) -> str:
    if isinstance(pattern.pattern, RoutePattern):
        return CONVERTER.sub(r"{\1}", str(pattern.pattern))
    # A regular expression: Django's own reverse() normalizes it in the same way.
    text, _names = normalize(str(pattern.pattern))[0]
    return re.sub(r"%\((\w+)\)s", r"{\1}", text)
