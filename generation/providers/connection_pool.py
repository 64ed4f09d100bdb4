"""Pooled connections that record whether a request was sent.

A POST /run that failed before its first byte was sent is certainly not accepted; one that failed
later may be. The exceptions of `requests` do not always tell the two apart (a TLS error may be
either), so the connection records it. A connection that was idle for long is not reused: RunPod may
be closing it at this moment, which would leave the job's outcome unknown.
"""

import io
import threading
import time
from typing import TYPE_CHECKING, Any

import requests.adapters
import urllib3
import urllib3.connection

if TYPE_CHECKING:
    from urllib3._base_connection import BaseHTTPConnection

MAX_IDLE_SECONDS = 15.0  # load balancers close idle connections after 60 seconds or more
MAX_SEND_SECONDS = 240.0  # 10 MB at a third of a megabit per second

_request = threading.local()


def before_request(*, stall_seconds: float) -> None:
    """Reset `was_sent`. Sending a part of this thread's next request may take `stall_seconds`."""
    _request.sent, _request.stall_seconds = False, stall_seconds


def was_sent() -> bool:
    """Return whether this thread has passed its request to a connected socket."""
    return bool(getattr(_request, "sent", False))


class RequestBody(io.BytesIO):
    """A request body that is sent in parts.

    Bytes would be sent with one call, within one timeout: 10 MB in a few seconds.
    """

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self._until = time.monotonic() + MAX_SEND_SECONDS

    def read(self, size: int | None = -1, /) -> bytes:
        """Return the next part. Raises TimeoutError, an OSError, after MAX_SEND_SECONDS."""
        if time.monotonic() > self._until:
            raise TimeoutError("the request took too long to send")
        return super().read(size)


class _PlainConnection(urllib3.connection.HTTPConnection):
    """Records the moment from which the request counts as sent."""

    used_at = 0.0

    def endheaders(self, *args: Any, **kwargs: Any) -> None:
        if self.sock is None:
            self.connect()
        _request.sent = True
        # The timeout for sending. urllib3 sets its own for connecting and for reading the reply.
        self.sock.settimeout(_request.stall_seconds)
        super().endheaders(*args, **kwargs)


class _TLSConnection(_PlainConnection, urllib3.connection.HTTPSConnection):
    pass


class _PlainPool(urllib3.HTTPConnectionPool):
    """Reopens a connection that was idle for too long before it is used."""

    ConnectionCls = _PlainConnection

    def _get_conn(self, timeout: float | None = None) -> "BaseHTTPConnection":
        connection = super()._get_conn(timeout)
        used_at = getattr(connection, "used_at", 0.0)
        if used_at and time.monotonic() - used_at > MAX_IDLE_SECONDS:
            connection.close()  # it reconnects when used
        return connection

    def _put_conn(self, conn: "BaseHTTPConnection | None") -> None:
        if isinstance(conn, _PlainConnection):
            conn.used_at = time.monotonic()
        super()._put_conn(conn)


class _TLSPool(_PlainPool, urllib3.HTTPSConnectionPool):
    ConnectionCls = _TLSConnection


class Adapter(requests.adapters.HTTPAdapter):
    """Transport adapter for `requests` over such connections. Keeps `kept` open; never retries."""

    def __init__(self, *, kept: int) -> None:
        super().__init__(pool_connections=4, pool_maxsize=kept, max_retries=0, pool_block=False)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _PlainPool, "https": _TLSPool}

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        """Use tracking pools for connections through a proxy if it is an HTTP proxy."""
        manager = super().proxy_manager_for(proxy, **kwargs)
        if proxy.lower().startswith("socks"):
            _request.sent = True  # not tracked, so every failure counts as one after sending
            return manager
        manager.pool_classes_by_scheme = {"http": _PlainPool, "https": _TLSPool}
        return manager
