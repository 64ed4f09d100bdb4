"""Database connections between two pieces of work: a thread that waits for the network holds none."""

from django.db import close_old_connections, connection


def give_back() -> None:
    """Return this thread's connection to the pool, or drop it where it is broken or too old; not inside `atomic()`."""
    if not connection.in_atomic_block:
        close_old_connections()
