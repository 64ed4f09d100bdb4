"""The addresses of a host within a deadline, which `socket.getaddrinfo` does not have."""

import ipaddress
import os
import socket
import threading
from concurrent.futures import Future
from functools import cache

from artgen.http.deadlines import seconds_left

MAX_LOOKUPS = 32  # in this process at once

SocketAddress = tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]
Addresses = list[tuple[int, SocketAddress]]
"""Address family and socket address, as `socket.socket.connect` takes it; at least one."""


class TooManyLookups(OSError):
    """MAX_LOOKUPS other lookups have not ended yet."""


def addresses(host: str, port: int, *, deadline: float) -> Addresses:
    """Return the addresses of a host, in the resolver's order.

    `deadline` is a time of `time.monotonic`. Raises OSError: `socket.gaierror`, TimeoutError,
    TooManyLookups.
    """
    if _is_address(host):
        return _ask(host, port)
    try:
        return _lookups(os.getpid()).start(host, port).result(seconds_left(deadline))
    except TimeoutError as error:
        raise TimeoutError(f"the name {host} was not resolved in time") from error


class _Lookups:
    """The lookups under way in this process, each in a thread of its own.

    A thread that hangs is left behind until the resolver gives up. Calls that need the same host
    meanwhile wait for the same thread, so a hanging resolver does not fill the process with them.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: dict[tuple[str, int], Future[Addresses]] = {}

    def start(self, host: str, port: int) -> Future[Addresses]:
        """Return the lookup of this host that is under way, or a new one."""
        with self._lock:
            if lookup := self._running.get((host, port)):
                return lookup
            if len(self._running) >= MAX_LOOKUPS:
                raise TooManyLookups(f"{len(self._running)} names are being resolved")
            lookup = Future()
            threading.Thread(
                target=self._run, args=(lookup, host, port), name=f"lookup {host}", daemon=True
            ).start()
            self._running[host, port] = lookup
        return lookup

    def _run(self, lookup: Future[Addresses], host: str, port: int) -> None:
        try:
            addresses = _ask(host, port)
        except BaseException as error:  # noqa: BLE001 raised again by `result`
            self._end(host, port)
            lookup.set_exception(error)
        else:
            self._end(host, port)
            lookup.set_result(addresses)

    def _end(self, host: str, port: int) -> None:
        """Forget a lookup, before the calls that wait for it continue: a retry is a new lookup."""
        with self._lock:
            self._running.pop((host, port), None)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _ask(host: str, port: int) -> Addresses:
    try:
        addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:  # an empty or too long label
        raise OSError(f"{host[:100]!r} is not a name of a host") from error
    if not addresses:
        raise OSError(f"{host} has no address")
    return list(dict.fromkeys((family, where) for family, _, _, _, where in addresses))


@cache
def _lookups(_pid: int) -> _Lookups:
    """Return those of this process: a forked child has none of its parent's threads."""
    return _Lookups()
