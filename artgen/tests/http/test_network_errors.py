"""What staff and operators read about a connection that fails."""

import socket
from collections.abc import Iterator

import pytest
import requests
import urllib3
import urllib3.connection
import urllib3.exceptions

from artgen.http.network_errors import reason_of
from generation.testing.services import free_port


def reason(address: str) -> str:
    """Ask an address that does not answer, and return why."""
    with pytest.raises(requests.RequestException) as failed:
        requests.get(address, timeout=0.5)
    return reason_of(failed.value)


@pytest.fixture
def silent() -> Iterator[int]:
    """Give the port of a server that accepts connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_it_is_short_where_nothing_listens() -> None:
    said = reason(f"http://127.0.0.1:{free_port()}/")
    assert said == "Failed to establish a new connection: [Errno 111] Connection refused"


def test_it_names_a_host_that_is_unknown() -> None:
    connection = urllib3.connection.HTTPSConnection("runpod.invalid", 443)
    unknown = urllib3.exceptions.NameResolutionError(
        "runpod.invalid", connection, socket.gaierror(-2, "Name or service not known")
    )
    pool = urllib3.HTTPSConnectionPool("runpod.invalid", 443)
    given_up = urllib3.exceptions.MaxRetryError(pool, "/v2/", unknown)
    assert reason_of(requests.ConnectionError(given_up)) == (
        "Failed to resolve 'runpod.invalid' ([Errno -2] Name or service not known)"
    )


def test_it_says_that_a_server_is_silent(silent: int) -> None:
    assert reason(f"http://127.0.0.1:{silent}/") == "Read timed out. (read timeout=0.5)"


def test_it_finds_the_innermost_of_a_closed_connection() -> None:
    closed = urllib3.exceptions.ProtocolError(
        "Connection aborted.", ConnectionResetError(104, "Connection reset by peer")
    )
    assert reason_of(requests.ConnectionError(closed)) == "[Errno 104] Connection reset by peer"
