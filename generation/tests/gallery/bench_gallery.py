"""Time the database takes for each page of the gallery: `python -m generation.tests.gallery.bench_gallery [pictures]`.

DATABASE_URL names a PostgreSQL; a database of its own is made there and thrown away. Prints
milliseconds (the best
and the middle of five) and queries per page.
"""

import os
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import django
from django.test.utils import setup_databases, setup_test_environment, teardown_databases

RUNS = 5


def main() -> None:
    """Fill a database, look at each page, print the table."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "artgen.settings")
    django.setup()
    from artgen.testing.large_gallery import addresses, client_of, fill, watched

    setup_test_environment()
    databases = setup_databases(verbosity=0, interactive=False)
    try:
        start = time.perf_counter()
        count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
        alice = fill(count)
        client = client_of(alice)
        print(f"{count} pictures, filled in {time.perf_counter() - start:.0f} s")
        print(f"{'page':32} {'best':>8} {'middle':>8} {'queries':>8} {'slowest query':>14}")
        for name, address in addresses(alice).items():
            sums, slowest, queries = [], [], 0
            for _run in range(RUNS):
                times: list[float] = []

                def note(
                    sql: str, params: Any, send: Callable[[], Any], times: list[float] = times
                ) -> Any:
                    begun = time.perf_counter()
                    try:
                        return send()
                    finally:
                        times.append(1000 * (time.perf_counter() - begun))

                with watched(note):
                    client.get(address)
                sums.append(sum(times))
                slowest.append(max(times))
                queries = len(times)
            print(
                f"{name:32} {min(sums):6.1f}ms {statistics.median(sums):6.1f}ms {queries:8} {min(slowest):12.1f}ms"
            )
    finally:
        teardown_databases(databases, verbosity=0)


if __name__ == "__main__":
    main()
