"""One deadline for a whole HTTP exchange over a socket, slow headers included."""

import functools
import io
import socket
import ssl
import time
from collections.abc import Buffer

import certifi


def seconds_left(deadline: float) -> float:
    """Return the seconds until a time of `time.monotonic`; raise TimeoutError if there are none."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("the reply took too long")
    return left


def new_tls_context(more: str | None = None) -> ssl.SSLContext:
    """Return a context that trusts the system's authorities, those of certifi and of this file."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    if more:
        context.load_verify_locations(more)
    return context


tls_context = functools.cache(new_tls_context)


STEP_BYTES = 16_384  # of a reply, that a server must send before it counts as silent


class TimedSocket(io.RawIOBase):
    """A socket whose reads all share one deadline, as `http.client.HTTPResponse` takes it.

    Each STEP_BYTES must come within `silence` seconds, the last ones, too.
    """

    def __init__(self, sock: socket.socket, deadline: float, silence: float) -> None:
        self._sock, self._deadline, self._silence = sock, deadline, silence
        self._step_ends, self._bytes = time.monotonic() + silence, 0

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer) -> int:
        """Read what has arrived; raise TimeoutError after the deadline, or if it is silent."""
        try:
            self._sock.settimeout(seconds_left(min(self._deadline, self._step_ends)))
            count = self._sock.recv_into(buffer)
        except TimeoutError:
            if time.monotonic() < self._deadline:
                raise TimeoutError(f"it was silent for {self._silence:g} s") from None
            raise
        self._bytes += count
        if self._bytes >= STEP_BYTES:
            self._step_ends, self._bytes = time.monotonic() + self._silence, 0
        return count
