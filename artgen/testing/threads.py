"""Concurrent work with a database connection for each thread."""

from concurrent.futures import ThreadPoolExecutor

from django.db import connections


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
