"""Exit 0 when a Unix socket answers 200: `python deploy/ask_socket.py SOCKET PATH`."""

import http.client
import socket
import sys

SECONDS = 10


def ask(where: str, path: str) -> int:
    """Return the status of a GET, 0 without an answer."""
    connection = http.client.HTTPConnection("127.0.0.1", timeout=SECONDS)
    try:
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.settimeout(SECONDS)
        connection.sock.connect(where)
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0


if __name__ == "__main__":
    sys.exit(ask(*sys.argv[1:]) != http.client.OK)
