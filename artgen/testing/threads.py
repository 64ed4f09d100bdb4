"""Concurrent work with a database connection for each thread."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.db import close_old_connections, connection, connections


def in_threads(count, work):
    """Run `work(number)` in this many threads at once and return the results.

    Every thread closes its connection.
    """

    def run(number):
        try:
            return work(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def until_another_waits():
    """Return when another connection waits for a lock of this one."""
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_locks WHERE NOT granted"
                " AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
            )
            if cursor.fetchone()[0]:
                return


def at_once(work: list[Callable[[], object]]) -> Counter[str]:
    """Run all of `work` in parallel threads; count the types of their results and exceptions."""
    barrier = Barrier(len(work))

    def run(one: Callable[[], object]) -> str:
        close_old_connections()
        connection.ensure_connection()
        barrier.wait(timeout=20)
        try:
            return type(one()).__name__
        except Exception as error:  # noqa: BLE001 - the kind of refusal is the result
            return type(error).__name__
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(work)) as pool:
        return Counter(pool.map(run, work))
