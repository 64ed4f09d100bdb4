"""Socket addresses. A session cookie needs the Origin of PUBLIC_URL, a Bearer token does not."""

from typing import Any

from channels.routing import URLRouter
from channels.security.websocket import OriginValidator
from django.conf import settings
from django.urls import path

from generation.jobs.live.consumers import JobsConsumer, bearer_token

websocket_urlpatterns = [path("ws/jobs/", JobsConsumer.as_asgi())]
_sockets = URLRouter(websocket_urlpatterns)
_with_cookie = OriginValidator(_sockets, [settings.PUBLIC_URL])


async def websocket(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Route one socket; the Origin is checked only if a cookie authenticates it."""
    with_cookie = bearer_token(scope) is None and any(
        name == b"cookie" for name, _ in scope["headers"]
    )
    await (_with_cookie if with_cookie else _sockets)(scope, receive, send)
