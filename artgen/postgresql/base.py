"""Django's backend with `Pool` as its pool."""

import threading
from typing import Any, ClassVar

from django.db.backends.base.base import NO_DB_ALIAS
from django.db.backends.postgresql import base

from artgen.postgresql.pool import Pool

_lock = threading.Lock()


class DatabaseWrapper(base.DatabaseWrapper):
    """Takes connections from `Pool`, one pool per process."""

    _connection_pools: ClassVar[dict[str, Pool]] = {}

    @property
    def pool(self) -> Pool | None:
        """The pool; None if it is not configured, and for the connection that creates databases."""
        options: dict[str, Any] | None = self.settings_dict["OPTIONS"].get("pool")
        if self.alias == NO_DB_ALIAS or not options:
            return None
        with _lock:
            if self.alias not in self._connection_pools:
                self._connection_pools[self.alias] = Pool(
                    parameters={**self.get_connection_params(), "autocommit": True},
                    configure=self._configure_connection,  # type: ignore[attr-defined]  # missing in its types
                    **options,
                )
            return self._connection_pools[self.alias]

    def _close(self) -> None:
        # After an error the connection may have a prepared plan that a migration has made invalid.
        if self.connection is not None and self.errors_occurred and self.pool:
            self.connection.close()
        super()._close()  # type: ignore[misc]  # missing in its types
