"""Whether one machine can reach another's address, judged by the address only.

Names are not resolved: the answer must not depend on this machine's DNS server, nor wait for it.
"""

import socket
import urllib.parse
from functools import lru_cache

from artgen.http.public_addresses import is_public

# https://www.iana.org/assignments/special-use-domain-names, RFC 8375, and names that routers and
# companies use internally.
_INSIDE = (
    *("localhost", "local", "internal", "home.arpa", "test", "invalid", "onion", "alt"),
    *("lan", "home", "corp", "private", "intranet", "localdomain"),
)


@lru_cache
def is_public_host(host: str) -> bool:
    """Return whether a host (a name, or an IP address in any notation) can be public."""
    host = host.strip("[]").rstrip(".").lower()
    try:
        return is_public(host)
    except ValueError:
        pass
    try:  # "2130706433", "0x7f.1" and "127.1" are 127.0.0.1 to every HTTP client
        return is_public(socket.inet_ntoa(socket.inet_aton(host)))
    except (OSError, UnicodeEncodeError):
        pass
    return "." in host and not any(host.endswith(f".{name}") for name in _INSIDE)


def is_public_address(address: str) -> bool:
    try:
        parts = urllib.parse.urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and is_public_host(host)


def reaches(origin: str, address: str) -> bool:
    """Return whether the server at address `origin` can call `address`.

    A public server reaches public addresses only. A server in a private network, such as the
    emulator, is assumed to be in the same network as `address`.
    """
    return is_public_address(address) or not is_public_address(origin)
