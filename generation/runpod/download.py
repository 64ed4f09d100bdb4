"""Download a finished image from the address that a worker returned, without SSRF.

The address comes from outside, so it is not trusted: only allowed hosts or, for RunPod's public
endpoints, any public host; https only; no address in a private network, also after a redirect and
after DNS resolution; limited bytes and seconds. Proxies and the API key are not used.
"""

import http.client
import ipaddress
import socket
import time
import urllib.parse
from collections.abc import Collection
from dataclasses import dataclass

from .deadlines import TimedSocket, seconds_left, tls_context

MAX_BYTES = 40 * 1024 * 1024
MAX_REDIRECTS = 3
CONNECT_SECONDS = 5.0
_HEADERS = (
    "User-Agent: ArtGen\r\n"
    "Accept: image/png, image/webp, image/jpeg\r\n"
    "Accept-Encoding: identity\r\n"
    "Connection: close\r\n"
)
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
# Statuses that may be temporary: the file is not replicated yet, or its server is overloaded.
_TEMPORARY = frozenset({403, 404, 408, 425, 429})


class DownloadRefused(Exception):
    """The address is not allowed, or the file is too large."""


class DownloadFailed(Exception):
    """The download failed. Try again."""


@dataclass(frozen=True, slots=True)
class _Target:
    https: bool
    host: str
    port: int
    path: str  # with the query string
    trusted: bool  # allowed with its port: http and private addresses are accepted

    @property
    def authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.https else 80) else f"{host}:{self.port}"


def fetch_image(
    url: str,
    *,
    allowed_hosts: Collection[str],
    any_public: bool = False,
    max_bytes: int = MAX_BYTES,
    total_seconds: float = 60,
) -> bytes:
    """Return the bytes at an address. `image.check_image` tells whether they are an image.

    Args:
        url: from a worker's output.
        allowed_hosts: `host` for https on port 443, or `host:port`, which also allows http and
            private addresses: the operator named this server, such as the emulator's
            127.0.0.1:8010.
        any_public: also allow https on any port of any host with a public address. RunPod's public
            endpoints return addresses of several content delivery networks, which change.
        max_bytes: limit, whatever Content-Length says.
        total_seconds: limit for everything, redirects included.

    Raises:
        DownloadRefused: the address or the file is not acceptable.
        DownloadFailed: try again.
    """
    deadline = time.monotonic() + total_seconds
    for _ in range(MAX_REDIRECTS + 1):
        target = _checked(url, allowed_hosts, any_public)
        try:
            answer = _get(target, deadline, max_bytes)
        except (OSError, http.client.HTTPException) as error:
            raise DownloadFailed(
                f"{target.authority}: {type(error).__name__}: {error}"[:300]
            ) from error
        if isinstance(answer, bytes):
            return answer
        url = urllib.parse.urljoin(url, answer)
    raise DownloadRefused(f"more than {MAX_REDIRECTS} redirects")


def _checked(url: str, allowed_hosts: Collection[str], any_public: bool) -> _Target:
    """Return the parsed address if it is allowed. Raises DownloadRefused."""
    try:
        parts = urllib.parse.urlsplit(url)
        host = _plain(parts.hostname or "")
        port = parts.port
    except ValueError as error:
        raise DownloadRefused(f"invalid address: {error}") from error
    if parts.scheme not in ("https", "http") or not host:
        raise DownloadRefused(f"neither https nor http: {url[:100]!r}")
    if parts.username is not None or parts.password is not None:
        raise DownloadRefused("an address with a user or password")
    https = parts.scheme == "https"
    port = port if port is not None else (443 if https else 80)
    bare, named = _allowed(allowed_hosts)
    trusted = (host, port) in named
    if not trusted and not (https and (any_public or (port == 443 and host in bare))):
        raise DownloadRefused(f"{parts.scheme}://{host}:{port} is not among the allowed hosts")
    path = urllib.parse.quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    if parts.query:
        path += "?" + urllib.parse.quote(parts.query, safe="/%:@!$&'()*+,;=?~-._")
    return _Target(https, host, port, path, trusted)


def _allowed(allowed_hosts: Collection[str]) -> tuple[set[str], set[tuple[str, int]]]:
    bare: set[str] = set()
    named: set[tuple[str, int]] = set()
    for entry in allowed_hosts:
        try:
            parts = urllib.parse.urlsplit(f"//{entry.strip()}")
            host, port = _plain(parts.hostname or ""), parts.port
        except ValueError:
            continue  # an invalid entry allows nothing
        if host and port is None:
            bare.add(host)
        elif host and port is not None:
            named.add((host, port))
    return bare, named


def _plain(host: str) -> str:
    """Return a host normalized: lower case, ASCII, without the trailing dot."""
    host = host.rstrip(".").lower()
    return host if host.isascii() else host.encode("idna").decode()


def _get(target: _Target, deadline: float, max_bytes: int) -> bytes | str:
    """Return the body of one GET, or the address of its redirect."""
    sock = _connect(target, deadline)
    try:
        sock.settimeout(seconds_left(deadline))
        head = f"GET {target.path} HTTP/1.1\r\nHost: {target.authority}\r\n{_HEADERS}\r\n"
        sock.sendall(head.encode())
        response = http.client.HTTPResponse(TimedSocket(sock, deadline), method="GET")  # type: ignore[arg-type]
        response.begin()
        if response.status in _REDIRECTS:
            location = response.getheader("Location")
            if not location:
                raise DownloadFailed(f"{target.authority}: a redirect without an address")
            return location
        if response.status != 200:
            temporary = response.status in _TEMPORARY or response.status >= 500
            kind = DownloadFailed if temporary else DownloadRefused
            raise kind(f"{target.authority} replied with {response.status}")
        return _body(response, target, deadline, max_bytes)
    finally:
        sock.close()


def _body(
    response: http.client.HTTPResponse, target: _Target, deadline: float, max_bytes: int
) -> bytes:
    promised = response.length
    if promised is not None and promised > max_bytes:
        raise DownloadRefused(f"{target.authority}: {promised} bytes are more than {max_bytes}")
    body = bytearray()
    while chunk := response.read1(65_536):
        body += chunk
        if len(body) > max_bytes:
            raise DownloadRefused(f"{target.authority}: more than {max_bytes} bytes")
        seconds_left(deadline)
    if promised is not None and len(body) < promised:
        raise DownloadFailed(f"{target.authority}: {len(body)} of {promised} bytes arrived")
    if not body:
        # Also the result of headers that were cut off.
        raise DownloadFailed(f"{target.authority}: an empty reply")
    return bytes(body)


def _connect(target: _Target, deadline: float) -> socket.socket:
    """Return a socket to an address that was checked.

    The name is resolved once, so that a second DNS reply cannot differ (DNS rebinding).
    """
    found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys((family, where) for family, _, _, _, where in found))
    for _, where in addresses:
        if not target.trusted and not is_public(str(where[0])):
            raise DownloadRefused(f"{target.host} is at {where[0]}, which is not a public address")
    failure: OSError = OSError(f"{target.host} has no address")
    for family, where in addresses:
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.settimeout(min(CONNECT_SECONDS, seconds_left(deadline)))
            sock.connect(where)
            if not target.https:
                return sock
            sock.settimeout(seconds_left(deadline))
            return tls_context().wrap_socket(sock, server_hostname=target.host)
        except OSError as error:
            sock.close()
            failure = error
    raise failure


def is_public(address: str) -> bool:
    """Tell whether an IP address is public, also one that is embedded in an IPv6 address.

    Source: https://www.iana.org/assignments/iana-ipv4-special-registry and
    iana-ipv6-special-registry.
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is None and ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF)
        if inner is not None:
            return is_public(str(inner))
    return ip.is_global and not ip.is_multicast and not ip.is_reserved and not ip.is_unspecified


_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
