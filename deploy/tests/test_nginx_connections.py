"""Connections of nginx to gunicorn: one for each request, or kept as GUNICORN_KEEPALIVE says."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests

from generation.testing.servers.nginx import nginx

pytestmark = pytest.mark.nginx


@pytest.mark.parametrize(("keepalive", "opened"), [("0", 3), ("5", 1)])
def test_it_keeps_connections_if_gunicorn_does(keepalive: str, opened: int) -> None:
    clients = set()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            clients.add(self.client_address)
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        address = f"127.0.0.1:{server.server_port}"
        with nginx(NGINX_WEB=address, GUNICORN_KEEPALIVE=keepalive) as front:
            for _ in range(3):
                assert requests.get(f"{front.url}/", timeout=60).status_code == 204
        server.shutdown()
    assert len(clients) == opened
