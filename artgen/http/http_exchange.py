"""One HTTP request and its reply, with one deadline for everything and a limit for the body.

The deadline includes the name, all addresses of a host, TLS, and headers that arrive byte by byte.
No redirect is followed and no proxy is used.
"""

import contextlib
import http.client
import math
import socket
import urllib.parse
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from artgen.http import name_lookup
from artgen.http.deadlines import TimedSocket, seconds_left, tls_context
from artgen.http.name_lookup import SocketAddress

CONNECT_SECONDS = 5.0  # for each address of a host
CHUNK_BYTES = 65_536


class TooLarge(OSError):
    """The body has more bytes than the limit."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request goes. `path` is quoted and has the query string."""

    https: bool
    host: str  # as `plain_host` returns it
    port: int
    path: str

    @property
    def authority(self) -> str:
        """The Host header, with the port if it is not the default one."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _default_port(self.https) else f"{host}:{self.port}"


def parse(address: str) -> Target:
    """Return the target of an address without a user. Raises ValueError."""
    parts = urllib.parse.urlsplit(address)
    host, port = plain_host(parts.hostname or ""), parts.port
    if parts.scheme not in ("https", "http") or not host:
        raise ValueError("the address must begin with https:// or http://")
    if parts.username is not None or parts.password is not None:
        raise ValueError("the address has a user or a password")
    https = parts.scheme == "https"
    path = urllib.parse.quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    if parts.query:
        path += "?" + urllib.parse.quote(parts.query, safe="/%:@!$&'()*+,;=?~-._")
    return Target(https, host, _default_port(https) if port is None else port, path)


def _default_port(https: bool) -> int:
    return 443 if https else 80


def plain_host(host: str) -> str:
    """Return a host in lower case and ASCII, without the trailing dot. Raises ValueError."""
    host = host.rstrip(".").lower()
    return host if host.isascii() else host.encode("idna").decode()


@contextlib.contextmanager
def exchange(
    target: Target,
    *,
    headers: Mapping[str, str],
    body: bytes | None = None,
    deadline: float,
    silence: float = math.inf,
    check_address: Callable[[str], None] = lambda _address: None,
) -> Iterator[http.client.HTTPResponse]:
    """Send a request and yield the reply, whose body `read` returns.

    Args:
        target: from `parse`.
        headers: further ones than Host, Connection, Accept-Encoding and Content-Length.
        body: of a POST; None for a GET.
        deadline: a time of `time.monotonic`.
        silence: seconds without data after which a connected server has failed.
        check_address: raises for an IP address that must not be used. All addresses of the host
            are checked before the first connection, and the name is not resolved again (DNS
            rebinding).

    Raises OSError or `http.client.HTTPException`.
    """
    method = "GET" if body is None else "POST"
    lines = {
        "Host": target.authority,
        **headers,
        **({} if body is None else {"Content-Length": str(len(body))}),
        "Accept-Encoding": "identity",
        "Connection": "close",
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    sock = _connect(target, deadline, silence, check_address)
    try:
        sock.settimeout(min(seconds_left(deadline), silence))
        sock.sendall(f"{method} {target.path} HTTP/1.1\r\n{head}\r\n".encode() + (body or b""))
        response = http.client.HTTPResponse(TimedSocket(sock, deadline, silence), method=method)  # type: ignore[arg-type]
        with contextlib.closing(response):
            response.begin()
            yield response
    finally:
        sock.close()


def read(response: http.client.HTTPResponse, *, deadline: float, max_bytes: int) -> bytes:
    """Return the body. Raises TooLarge, or OSError if it is cut off or takes too long."""
    promised = response.length
    if promised is not None and promised > max_bytes:
        raise TooLarge(f"{promised} bytes are more than {max_bytes}")
    body = bytearray()
    while chunk := response.read1(CHUNK_BYTES):
        body += chunk
        if len(body) > max_bytes:
            raise TooLarge(f"more than {max_bytes} bytes")
        seconds_left(deadline)
    if promised is not None and len(body) < promised:
        raise OSError(f"{len(body)} of {promised} bytes arrived")
    return bytes(body)


def _connect(
    target: Target, deadline: float, silence: float, check_address: Callable[[str], None]
) -> socket.socket:
    addresses = name_lookup.addresses(target.host, target.port, deadline=deadline)
    for _, where in addresses:
        check_address(str(where[0]))
    failure = OSError(f"{target.host} has no address")
    for family, where in addresses:
        try:
            return _connect_to(family, where, target, deadline, silence)
        except OSError as error:
            failure = error
    raise failure


def _connect_to(
    family: int, where: SocketAddress, target: Target, deadline: float, silence: float
) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.settimeout(min(CONNECT_SECONDS, seconds_left(deadline)))
        sock.connect(where)
        if target.https:
            sock.settimeout(min(seconds_left(deadline), silence))
            return tls_context().wrap_socket(sock, server_hostname=target.host)
    except BaseException:
        sock.close()
        raise
    return sock
