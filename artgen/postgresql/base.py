"""The backend: Django's own but for the pool."""

import threading
from typing import Any, ClassVar

from django.db.backends.base.base import NO_DB_ALIAS
from django.db.backends.postgresql import base

from artgen.postgresql.pool import Pool

_making = threading.Lock()


class DatabaseWrapper(base.DatabaseWrapper):
    """Takes its connections out of `Pool`, one for all threads of the process."""

    _connection_pools: ClassVar[dict[str, Pool]] = {}

    @property
    def pool(self) -> Pool | None:
        """The pool; None where the settings want none, and for the database that creates others."""
        options: dict[str, Any] | None = self.settings_dict["OPTIONS"].get("pool")
        if self.alias == NO_DB_ALIAS or not options:
            return None
        with _making:
            if self.alias not in self._connection_pools:
                self._connection_pools[self.alias] = Pool(
                    parameters={**self.get_connection_params(), "autocommit": True},
                    configure=self._configure_connection,  # type: ignore[attr-defined]  # its types leave it out
                    **options,
                )
            return self._connection_pools[self.alias]

    def _close(self) -> None:
        # After an error the connection may hold a plan that a migration has outdated: each use of it would fail.
        if self.connection is not None and self.errors_occurred and self.pool:
            self.connection.close()
        super()._close()  # type: ignore[misc]  # its types leave it out
