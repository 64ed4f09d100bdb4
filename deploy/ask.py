"""`python deploy/ask.py SOCKET|URL PATH`: exit 0 when the address answers 200. SOCKET is the path of a Unix socket."""

import http.client
import socket
import ssl
import sys
from urllib.parse import urlsplit

SECONDS = 10


def ask(where: str, path: str) -> int:
    """Return the status of a GET, 0 when nobody answers."""
    try:
        connection = _connection(where)
        connection.request("GET", path, headers={"Host": "127.0.0.1"})
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0


def _connection(where: str) -> http.client.HTTPConnection:
    if where.startswith("http"):
        address = urlsplit(where)
        host, port = address.hostname or "127.0.0.1", address.port
        if (
            address.scheme == "https"
        ):  # of this machine itself, whose name the certificate does not bear
            context = ssl._create_unverified_context()  # noqa: S323
            return http.client.HTTPSConnection(host, port, timeout=SECONDS, context=context)
        return http.client.HTTPConnection(host, port, timeout=SECONDS)
    connection = http.client.HTTPConnection("127.0.0.1", timeout=SECONDS)
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.settimeout(SECONDS)
    connection.sock.connect(where)
    return connection


if __name__ == "__main__":
    sys.exit(ask(*sys.argv[1:]) != http.client.OK)
