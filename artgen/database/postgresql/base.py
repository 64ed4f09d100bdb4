"""Django's backend with psycopg's pool, which waits for no server that is away."""

import time
from typing import Any, ClassVar

from django.db.backends.postgresql import base
from psycopg_pool import ConnectionPool, PoolClosed, PoolTimeout
from psycopg_pool.base import AttemptWithBackoff

from artgen.database.postgresql.connection import PostgresConnection
from artgen.database.postgresql.server import SERVER

# Seconds between attempts to connect. By default the pauses double: after an outage of a minute the
# first request would fail for up to another one.
AttemptWithBackoff.INITIAL_DELAY = 0.1
AttemptWithBackoff.DELAY_BACKOFF = 1.0

WAIT_SECONDS = 10
"""How long a request waits while all connections are in use."""


class DatabaseWrapper(base.DatabaseWrapper):
    """Takes connections from one pool per process, and only those that work."""

    _connection_pools: ClassVar[dict[str, ConnectionPool[PostgresConnection]]]

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Return a connection of the pool; raise OperationalError at once while it has none."""
        deadline = time.monotonic() + WAIT_SECONDS
        while True:
            try:
                if self.pool is None:
                    return super().get_new_connection(conn_params)
                SERVER.check()
                self.pool.open()  # it connects in the background
                connection: PostgresConnection = super().get_new_connection(conn_params)
            except (PoolClosed, KeyError):  # another thread has dropped the pool
                continue
            except PoolTimeout:  # all are in use, or it has gone since the check
                if time.monotonic() > deadline:
                    raise
                continue
            if connection.works():
                return connection
            pool: Any = connection._pool
            connection.close()
            pool.putconn(connection)
            # The server was restarted or the network was down: the others are broken, too.
            if pool is self._connection_pools.get(self.alias):
                drop_connections()

    def _close(self) -> None:
        # After an error the connection may have a prepared plan that a migration has made invalid.
        if self.connection is not None and self.errors_occurred and self.pool:
            self.connection.close()
        super()._close()  # type: ignore[misc]  # missing in its types


def drop_connections() -> None:
    """Close idle connections now, and those in use when they are returned."""
    for alias in list(DatabaseWrapper._connection_pools):
        if pool := DatabaseWrapper._connection_pools.pop(alias, None):
            pool.close(timeout=0)


SERVER.drop_connections = drop_connections
