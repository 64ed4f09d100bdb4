"""Plans of PostgreSQL, as EXPLAIN (FORMAT JSON) returns them."""

import json
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

from artgen.testing.large_gallery import watched


def scans(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the nodes of a plan that read a table."""
    if "Relation Name" in plan:
        yield plan
    for part in plan.get("Plans", ()):
        yield from scans(part)


@contextmanager
def reads_few(*, tables: Collection[str], most: int) -> Iterator[None]:
    """Fail if a query of the block reads one of the tables as a whole, or more than `most` rows."""
    queries: list[tuple[str, Any]] = []

    def note(sql: str, params: Any, send: Callable[[], Any]) -> Any:
        queries.append((sql, params))
        return send()

    with watched(note):
        yield
    assert queries
    for sql, params in queries:
        if any(table in sql for table in tables):
            _assert_reads_few(sql, params, tables=tables, most=most)


def _assert_reads_few(sql: str, params: Any, *, tables: Collection[str], most: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {sql}", params)
        found = cursor.fetchone()[0]
    plan = (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]
    for scan in scans(plan):
        if scan["Relation Name"] in tables:
            rows = scan["Actual Rows"] + scan.get("Rows Removed by Filter", 0)
            read = rows * scan["Actual Loops"]
            described = f"{scan['Node Type']} reads {read} of {scan['Relation Name']}: {sql}"
            assert scan["Node Type"] != "Seq Scan" or read == 0, described
            assert read <= most, described
