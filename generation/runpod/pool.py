"""Pooled connections that can tell whether a request was begun.

A POST /run that failed before its first byte left is certainly not accepted; one that failed after it is not.
The exceptions of `requests` do not tell the two apart in every case (a TLS error may be either), so the
connection itself notes it. And a connection that idled for long is not used again: RunPod's side may be
closing it at this very moment, which would turn a harmless pause into a job that nobody knows the fate of.
"""

import io
import threading
import time
from typing import Any

import requests.adapters
import urllib3
import urllib3.connection

IDLE_MOST = (
    15.0  # seconds; load balancers in front of such APIs close idle connections after 60 and more
)

SEND_MOST = 240.0  # seconds for all of it: 10 MB over a line that uploads a third of a megabit

_request = threading.local()


def forget(*, stall_seconds: float) -> None:
    """Note that this thread has not begun a request, and how long a piece of its next one may take to be sent."""
    _request.begun, _request.stall_seconds = False, stall_seconds


def begun() -> bool:
    """Tell whether this thread has handed a request to a connected socket since `forget`."""
    return bool(getattr(_request, "begun", False))


class Body(io.BytesIO):
    """A request's body, sent piece by piece.

    Given as bytes it is sent in one call, all of which must end within one timeout: 10 MB in a few seconds.
    """

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self._until = time.monotonic() + SEND_MOST

    def read(self, size: int | None = -1, /) -> bytes:
        """Return the next piece. Raises TimeoutError, an OSError, when the time for all of it is over."""
        if time.monotonic() > self._until:
            raise TimeoutError("the request took too long to send")
        return super().read(size)


class _Noting:
    """Mixed into a connection: notes the moment after which the request counts as sent."""

    sock: Any
    used_at = 0.0

    def endheaders(self, *args: Any, **kwargs: Any) -> None:
        if self.sock is None:
            self.connect()  # type: ignore[attr-defined]
        _request.begun = True
        # For sending; urllib3 has set that for connecting, and sets its own again before it reads the reply.
        self.sock.settimeout(_request.stall_seconds)
        super().endheaders(*args, **kwargs)  # type: ignore[misc]


class _Connection(_Noting, urllib3.connection.HTTPConnection):
    pass


class _TLSConnection(_Noting, urllib3.connection.HTTPSConnection):
    pass


class _Fresh:
    """Mixed into a pool: closes a connection that idled for too long before it is used again."""

    def _get_conn(self, timeout: float | None = None) -> Any:
        connection = super()._get_conn(timeout)  # type: ignore[misc]
        if connection.used_at and time.monotonic() - connection.used_at > IDLE_MOST:
            connection.close()  # it opens itself again when used
        return connection

    def _put_conn(self, connection: Any) -> None:
        if connection is not None:
            connection.used_at = time.monotonic()
        super()._put_conn(connection)  # type: ignore[misc]


class _Pool(_Fresh, urllib3.HTTPConnectionPool):
    ConnectionCls = _Connection


class _TLSPool(_Fresh, urllib3.HTTPSConnectionPool):
    ConnectionCls = _TLSConnection


class Adapter(requests.adapters.HTTPAdapter):
    """Transport adapter for `requests` over such connections, keeping `kept` of them open.

    It never retries by itself.
    """

    def __init__(self, *, kept: int) -> None:
        super().__init__(pool_connections=4, pool_maxsize=kept, max_retries=0, pool_block=False)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make the pools of direct connections noting ones."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TLSPool}

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        """Make the pools of connections through a proxy noting ones, where that is possible."""
        manager = super().proxy_manager_for(proxy, **kwargs)
        if proxy.lower().startswith("socks"):
            _request.begun = (
                True  # its connections note nothing: every failure counts as one after sending
            )
            return manager
        manager.pool_classes_by_scheme = {"http": _Pool, "https": _TLSPool}
        return manager
