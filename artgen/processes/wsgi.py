"""WSGI entry point for gunicorn: pages, API, admin, webhooks."""

import os
from collections.abc import Iterable, Iterator
from typing import Any

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "artgen.settings")

PIECE = 64 * 1024  # bytes

_django = get_wsgi_application()


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Handle a request that nginx passed on, with the client address that nginx saw (X-Real-IP).

    Only nginx can reach gunicorn, over a Unix socket or a private network, and it overwrites the
    header.
    """
    if address := environ.get("HTTP_X_REAL_IP"):
        environ["REMOTE_ADDR"] = address
    elif not environ["REMOTE_ADDR"]:  # a Unix socket without nginx: `make run`
        environ["REMOTE_ADDR"] = "127.0.0.1"
    response = _django(environ, start_response)
    _read_rest(environ["wsgi.input"])
    return _WithoutBody(response) if environ["REQUEST_METHOD"] == "HEAD" else response


def _read_rest(body: Any) -> None:
    """Read what a refused request has left of its body, which nginx limits and has received.

    gunicorn closes a connection with an unread body, and nginx would lose the reply: 502.
    """
    while body.read(PIECE):
        pass


class _WithoutBody:
    """The response to HEAD. Django returns the body, of which gunicorn would warn."""

    def __init__(self, response: Iterable[bytes]) -> None:
        self.response = response

    def __iter__(self) -> Iterator[bytes]:
        return iter(())

    def close(self) -> None:
        """Free what the response holds, such as files and database connections."""
        if close := getattr(self.response, "close", None):
            close()
