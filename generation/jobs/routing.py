"""Socket addresses. A session cookie needs an allowed Origin, a Bearer token does not."""

from typing import Any

from channels.routing import URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.urls import path

from generation.jobs.consumers import JobsConsumer, bearer_token

websocket_urlpatterns = [path("ws/jobs/", JobsConsumer.as_asgi())]
_sockets = URLRouter(websocket_urlpatterns)
_with_cookie = AllowedHostsOriginValidator(_sockets)


async def websocket(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Route one socket; the Origin is checked only if a cookie authenticates it."""
    with_cookie = bearer_token(scope) is None and any(
        name == b"cookie" for name, _ in scope["headers"]
    )
    await (_with_cookie if with_cookie else _sockets)(scope, receive, send)
