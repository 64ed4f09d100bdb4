"""Download a finished image from the address that a worker returned, without SSRF.

The address comes from outside, so it is not trusted: only allowed hosts or, for RunPod's public
endpoints, any public host; https only; no address in a private network, also after a redirect and
after DNS resolution; limited bytes and seconds. Proxies and the API key are not used.
"""

import http.client
import math
import time
import urllib.parse
from collections.abc import Collection

from artgen.http import http_exchange
from artgen.http.http_exchange import Target, TooLarge
from artgen.http.public_addresses import is_public

MAX_BYTES = 40 * 1024 * 1024
MAX_REDIRECTS = 3
_HEADERS = {"User-Agent": "ArtGen", "Accept": "image/png, image/webp, image/jpeg"}
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
# Statuses that may be temporary: the file is not replicated yet, or there were too many requests.
_TEMPORARY = frozenset({403, 404, 408, 425, 429})


class DownloadRefused(Exception):
    """The address is not allowed, or the file is too large."""


class DownloadFailed(Exception):
    """The download failed. Try again."""


class HostFailed(DownloadFailed):
    """The host cannot be reached, does not reply, or replied with 5xx."""

    def __init__(self, target: Target, detail: str) -> None:
        super().__init__(f"{target.authority}: {detail}"[:300])


def fetch_image(
    url: str,
    *,
    allowed_hosts: Collection[str],
    any_public: bool = False,
    max_bytes: int = MAX_BYTES,
    total_seconds: float = 60,
    silence: float = math.inf,
) -> bytes:
    """Return the bytes at an address. `image_decoding.decode` finds out whether they are an image.

    Args:
        url: from a worker's output.
        allowed_hosts: `host` for https on port 443, or `host:port`, which also allows http and
            private addresses: the operator named this server, such as the emulator's
            127.0.0.1:8010.
        any_public: also allow https on any port of any host with a public address. RunPod's public
            endpoints return addresses of several content delivery networks, which change.
        max_bytes: limit, whatever Content-Length says.
        total_seconds: limit for everything, redirects included.
        silence: seconds without data after which the host has failed.

    Raises:
        DownloadRefused: the address or the file is not acceptable.
        HostFailed: the trouble of the host, also one that was redirected to. Try again.
        DownloadFailed: the trouble of this file. Try again.
    """
    deadline = time.monotonic() + total_seconds
    for _ in range(MAX_REDIRECTS + 1):
        target, trusted = _checked(url, allowed_hosts, any_public)
        try:
            answer = _get(target, deadline, max_bytes, silence, trusted=trusted)
        except TooLarge as error:
            raise DownloadRefused(f"{target.authority}: {error}") from error
        except (OSError, http.client.HTTPException) as error:
            raise HostFailed(target, f"{type(error).__name__}: {error}") from error
        if isinstance(answer, bytes):
            return answer
        url = urllib.parse.urljoin(url, answer)
    raise DownloadRefused(f"more than {MAX_REDIRECTS} redirects")


def _checked(url: str, allowed_hosts: Collection[str], any_public: bool) -> tuple[Target, bool]:
    """Return the target if it is allowed, and whether also at a private address.

    Raises DownloadRefused.
    """
    try:
        target = http_exchange.parse(url)
    except ValueError as error:
        raise DownloadRefused(f"invalid address: {error}: {url[:100]!r}") from error
    bare, named = _allowed(allowed_hosts)
    place = (target.host, target.port)
    trusted = place in named  # allowed with its port: http and private addresses are accepted
    public = target.https and (any_public or (target.port == 443 and target.host in bare))
    if not (trusted or public):
        scheme = "https" if target.https else "http"
        raise DownloadRefused(f"{scheme}://{place[0]}:{place[1]} is not among the allowed hosts")
    return target, trusted


def _allowed(allowed_hosts: Collection[str]) -> tuple[set[str], set[tuple[str, int]]]:
    bare: set[str] = set()
    named: set[tuple[str, int]] = set()
    for entry in allowed_hosts:
        try:
            parts = urllib.parse.urlsplit(f"//{entry.strip()}")
            host, port = http_exchange.plain_host(parts.hostname or ""), parts.port
        except ValueError:
            continue  # an invalid entry allows nothing
        if host and port is None:
            bare.add(host)
        elif host and port is not None:
            named.add((host, port))
    return bare, named


def _get(
    target: Target, deadline: float, max_bytes: int, silence: float, *, trusted: bool
) -> bytes | str:
    """Return the body of one GET, or the address of its redirect."""

    def check_address(address: str) -> None:
        if not trusted and not is_public(address):
            raise DownloadRefused(f"{target.host} is at {address}, which is not a public address")

    with http_exchange.exchange(
        target,
        headers=_HEADERS,
        deadline=deadline,
        silence=silence,
        check_address=check_address,
    ) as response:
        if response.status in _REDIRECTS:
            location = response.getheader("Location")
            if not location:
                raise DownloadFailed(f"{target.authority}: a redirect without an address")
            return location
        if response.status >= 500:
            raise HostFailed(target, f"replied with {response.status}")
        if response.status != 200:
            kind = DownloadFailed if response.status in _TEMPORARY else DownloadRefused
            raise kind(f"{target.authority} replied with {response.status}")
        body = http_exchange.read(response, deadline=deadline, max_bytes=max_bytes)
    if not body:
        # Also the result of headers that were cut off.
        raise DownloadFailed(f"{target.authority}: an empty reply")
    return body
