"""What PostgreSQL would do for each statement that is sent in a block."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import Any, Self

import psycopg
from django.db import connections
from django.db.backends.signals import connection_created
from psycopg.adapt import PyFormat, Transformer

Plan = dict[str, Any]
CUSTOM_PLANS = 5
"""After this many executions PostgreSQL may choose a generic plan: one for all values of the parameters."""
NEVER_CHOSEN = 10
"""Times the cost of a plan for the values: so expensive a generic plan is not used."""
_names = (f"examined_{number}" for number in count())


class Statements:
    """Examines each different statement once, before it is sent, on all connections.

    `problems` are those that read one of the tables as a whole, or more than `most` of its rows.
    """

    def __init__(self, *, tables: Sequence[str], most: int) -> None:
        self.most = most
        self.problems: dict[str, str] = {}
        self.examined: set[str] = set()
        self._table = re.compile(rf"\b({'|'.join(tables)})\b")

    def __enter__(self) -> Self:
        self._is_on = True
        connection_created.connect(self._watch)
        for connection in connections.all(initialized_only=True):
            self._watch(None, connection)
        return self

    def __exit__(self, *error: object) -> None:
        self._is_on = False  # connections of other threads keep the wrapper
        connection_created.disconnect(self._watch)
        for connection in connections.all(initialized_only=True):
            if self._note in connection.execute_wrappers:
                connection.execute_wrappers.remove(self._note)

    def _watch(self, sender: object, connection: Any, **_: object) -> None:
        if self._note not in connection.execute_wrappers:
            connection.execute_wrappers.append(self._note)

    def _note(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if not self._is_on:
            return execute(sql, params, many, context)
        statement = re.sub(r"(%s|\(%s\))(, \1)+", r"\1, …", sql)
        if self._table.search(sql) and statement not in self.examined:
            self.examined.add(statement)
            text, values = positional(sql, (params[0] if many else params) or ())
            for problem in self._problems(context["connection"].connection, text, values):
                self.problems[problem] = sql
        return execute(sql, params, many, context)

    def _problems(
        self, database: "psycopg.Connection[Any]", sql: str, values: Sequence[Any]
    ) -> Iterator[str]:
        custom, generic, run = plans(database, sql, values)
        if generic["Total Cost"] < NEVER_CHOSEN * custom["Total Cost"]:
            for scan in self._scans(generic):
                if scan["Node Type"] == "Seq Scan":
                    yield f"a generic plan: {_described(scan)}"
        for scan in self._scans(run):
            rows = scan["Actual Rows"] + scan.get("Rows Removed by Filter", 0)
            rows += scan.get("Rows Removed by Index Recheck", 0)
            if rows * scan["Actual Loops"] > self.most:
                yield f"{rows * scan['Actual Loops']:.0f} rows: {_described(scan)}"

    def _scans(self, plan: Plan) -> Iterator[Plan]:
        return (scan for scan in scans(plan) if self._table.fullmatch(scan["Relation Name"]))


def scans(plan: Plan) -> Iterator[Plan]:
    """Yield the nodes of a plan that read a table."""
    if "Relation Name" in plan:
        yield plan
    for part in plan.get("Plans", ()):
        yield from scans(part)


def positional(sql: str, values: Sequence[Any] | Mapping[str, Any]) -> tuple[str, Sequence[Any]]:
    """Return a statement with `%s` only, and a value for each."""
    if not isinstance(values, Mapping):
        return sql, values
    names = re.findall(r"%\((\w+)\)s", sql)
    return re.sub(r"%\(\w+\)s", "%s", sql), [values[name] for name in names]


def _described(scan: Plan) -> str:
    condition = scan.get("Index Cond") or scan.get("Recheck Cond") or ""
    index = scan.get("Index Name", "")
    return f"{scan['Node Type']} {scan['Relation Name']} {index} {condition} / {scan.get('Filter', '')}"


def plans(
    database: "psycopg.Connection[Any]", sql: str, values: Sequence[Any]
) -> tuple[Plan, Plan, Plan]:
    """Return a statement's plan for these values, for any values, and the one that PostgreSQL runs.

    The statement is run and rolled back.
    """
    name, numbers = next(_names), count(1)
    text = re.sub(r"%([s%])", lambda match: f"${next(numbers)}" if match[1] == "s" else "%", sql)
    adapt = Transformer(database)
    kinds = [_kind(database, adapt, value) for value in values]
    client = psycopg.ClientCursor(database)
    literals = ", ".join(client.mogrify("%s", [value]) for value in values)
    types, arguments = (f"({part})" if values else "" for part in (", ".join(kinds), literals))
    execute = f"EXECUTE {name} {arguments}"
    with database.transaction(force_rollback=True), database.cursor() as cursor:
        cursor.execute(f"PREPARE {name} {types} AS {text}")
        for _ in range(CUSTOM_PLANS):
            custom = _plan(cursor, f"EXPLAIN (FORMAT JSON) {execute}")
        run = _plan(cursor, f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {execute}")
        cursor.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        generic = _plan(cursor, f"EXPLAIN (FORMAT JSON) {execute}")
        cursor.execute(f"DEALLOCATE {name}")
        return custom, generic, run


def _kind(database: "psycopg.Connection[Any]", adapt: Transformer, value: Any) -> str:
    oid = adapt.get_dumper(value, PyFormat.AUTO).oid if value is not None else 0
    kind = database.adapters.types.get(oid) if oid else None
    if kind is None:
        return "unknown"
    return kind.regtype if oid == kind.oid else f"{kind.regtype}[]"


def _plan(cursor: Any, statement: str) -> Plan:
    cursor.execute(statement)
    found = cursor.fetchone()[0]
    plan: Plan = (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]
    return plan
