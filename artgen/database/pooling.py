"""Database connections of threads: one that waits for the network must not hold any."""

from django.db import close_old_connections, connection


def give_back() -> None:
    """Return this thread's connection to the pool; do nothing inside `atomic()`.

    Without a pool, close it if it is broken or too old.
    """
    if not connection.in_atomic_block:
        close_old_connections()
