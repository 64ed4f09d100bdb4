"""Concurrent work with a database connection for each thread."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from functools import partial
from threading import Barrier, Event, Thread

from django.db import close_old_connections, connection, connections, transaction

PAUSE = 0.01  # seconds between two looks at the locks, whose waiters cause no event


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


def until_another_waits(thread: Thread) -> None:
    """Return when another connection waits for a lock of this one; fail if the thread ends."""
    while not waiting():
        thread.join(PAUSE)
        assert thread.is_alive(), "it has ended and has not waited"


def until_set(event: Event, thread: Thread) -> None:
    """Return when this thread has led to the event; fail if it has ended without."""
    while not event.wait(PAUSE):
        assert thread.is_alive() or event.is_set(), "the thread has ended before the event"


def at_once(work: list[Callable[[], object]]) -> Counter[str]:
    """Run all of `work` in parallel threads; count the types of their results and exceptions."""
    barrier = Barrier(len(work))

    def run(one: Callable[[], object]) -> str:
        try:
            close_old_connections()
            connection.ensure_connection()
        except Exception:
            barrier.abort()  # the others would never stop waiting
            raise
        barrier.wait()
        try:
            return type(one()).__name__
        except Exception as error:  # noqa: BLE001 - the kind of refusal is the result
            return type(error).__name__
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(work)) as pool:
        return Counter(pool.map(run, work))


def at_once_behind(lock: Callable[[], object], work: list[Callable[[], object]]) -> Counter[str]:
    """Run all of `work` as `at_once` does; let nobody pass the lock before all have come to it.

    `lock` takes it in a transaction of this thread. So the control of a race test fails each time:
    everybody has read before anybody writes. Who ends without the lock is not waited for.
    """
    ended: list[None] = []

    def noted(one: Callable[[], object]) -> object:
        try:
            return one()
        finally:
            ended.append(None)

    with ThreadPoolExecutor(1) as other, transaction.atomic():
        lock()
        outcome = other.submit(at_once, [partial(noted, one) for one in work])
        # In this order, which counts nobody twice who ends meanwhile.
        while len(ended) + waiting() < len(work) and not outcome.done():
            wait([outcome], PAUSE)
    return outcome.result()


def waiting() -> int:
    """Return how many connections to this PostgreSQL database wait for a lock."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(DISTINCT waiter.pid) FROM pg_locks AS waiter JOIN pg_locks AS ours "
            "ON ours.pid = waiter.pid AND ours.database = "
            "(SELECT oid FROM pg_database WHERE datname = current_database()) "
            "WHERE NOT waiter.granted"
        )
        count: int = cursor.fetchone()[0]
        return count
