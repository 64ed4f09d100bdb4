"""Addresses of sockets and streams.

For a socket a session cookie needs the Origin of PUBLIC_URL, a Bearer token does not. Browsers keep
streams from pages of other origins.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from channels.routing import URLRouter
from channels.security.websocket import OriginValidator
from django.conf import settings
from django.urls import path

from generation.jobs.live.consumers import JobsConsumer, bearer_token
from generation.jobs.live.event_stream import PATHS, EventStream

App = Callable[[dict[str, Any], Any, Any], Awaitable[None]]

websocket_urlpatterns = [path("ws/jobs/", JobsConsumer.as_asgi())]
_sockets = URLRouter(websocket_urlpatterns)
_with_cookie = OriginValidator(_sockets, [settings.PUBLIC_URL])


async def websocket(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Route one socket; the Origin is checked only if a cookie authenticates it."""
    with_cookie = bearer_token(scope) is None and any(
        name == b"cookie" for name, _ in scope["headers"]
    )
    await (_with_cookie if with_cookie else _sockets)(scope, receive, send)


def http(other: App) -> App:
    """Return the application for HTTP: streams of events, and `other` for what is none."""
    stream = EventStream.as_asgi()

    async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
        await (stream if scope["path"] in PATHS else other)(scope, receive, send)

    return app
