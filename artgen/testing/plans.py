"""Plans of PostgreSQL, as EXPLAIN (FORMAT JSON) returns them."""

from collections.abc import Iterator
from typing import Any


def scans(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the nodes of a plan that read a table."""
    if "Relation Name" in plan:
        yield plan
    for part in plan.get("Plans", ()):
        yield from scans(part)
