"""What a provider bills: in dollars by endpoint, from its API or from a CSV file."""

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

PUBLIC = "public"
"""In place of an endpoint's id: all public endpoints."""
AMOUNT_NAMES = ("totalAmount", "amount", "amountUsd", "usd", "totalCost", "cost", "total")
ENDPOINT_NAMES = ("serverlessId", "endpointId", "resourceId", "endpoint", "id")
TIME_NAMES = ("startTime", "time", "date", "day")
MAX_BILL_BYTES = 10 * 1024 * 1024


class InvalidBill(ValueError):
    """The file is not a bill; the message says why and where."""


@dataclass(frozen=True)
class Bill:
    """Dollars of a period; of public endpoints None if the bill says nothing of them."""

    own: Mapping[str, Decimal] = field(default_factory=dict)
    public: Decimal | None = None

    @property
    def total(self) -> Decimal:
        return sum(self.own.values(), self.public or Decimal(0))


def parse_csv(data: bytes, *, start: datetime, end: datetime) -> Bill:
    """Return the bill in a CSV file with a heading. Raises InvalidBill.

    Needs a column for the amount in dollars (AMOUNT_NAMES) and one for the endpoint
    (ENDPOINT_NAMES), where "public" or nothing means all public endpoints. With a column for the
    time (TIME_NAMES), rows outside of the period do not count.
    """
    if len(data) > MAX_BILL_BYTES:
        raise InvalidBill("The file is too large.")
    try:
        text = data.decode("utf-8-sig")
        dialect = ";" if ";" in text.partition("\n")[0] else ","
        rows = list(csv.DictReader(io.StringIO(text), delimiter=dialect))
    except (UnicodeDecodeError, csv.Error) as error:
        raise InvalidBill("The file is not CSV in UTF-8.") from error
    own: dict[str, Decimal] = defaultdict(Decimal)
    public: Decimal | None = None
    for number, row in enumerate(rows, start=2):
        cells = folded(row)
        if not any(name.lower() in cells for name in AMOUNT_NAMES):
            raise InvalidBill(f"The heading needs one of: {', '.join(AMOUNT_NAMES)}.")
        if not any(name.lower() in cells for name in ENDPOINT_NAMES):
            raise InvalidBill(f"The heading needs one of: {', '.join(ENDPOINT_NAMES)}.")
        try:
            if not start <= _time_of(cells, default=start) < end:
                continue
            amount = money(cell(cells, AMOUNT_NAMES))
        except (ValueError, InvalidOperation) as error:
            raise InvalidBill(f"Line {number} has no valid amount or time.") from error
        endpoint = cell(cells, ENDPOINT_NAMES)
        if endpoint.lower() in ("", PUBLIC):
            public = (public or Decimal(0)) + amount
        else:
            own[endpoint] += amount
    return Bill(dict(own), public)


def folded(record: Mapping[Any, Any]) -> dict[str, Any]:
    """Return the record; upper case and underscores in names do not count."""
    return {str(name).strip().lower().replace("_", ""): value for name, value in record.items()}


def money(text: str) -> Decimal:
    """Return an amount of dollars. Raises ValueError or InvalidOperation."""
    amount = Decimal(text.strip().lstrip("$").replace(" ", ""))
    if not amount.is_finite():
        raise ValueError("no amount")
    return amount


def cell(cells: Mapping[str, Any], names: Iterable[str]) -> str:
    """Return the first value that has one of these names."""
    values = (cells[name.lower()] for name in names if name.lower() in cells)
    return str(next((value for value in values if value is not None), "")).strip()


def _time_of(cells: Mapping[str, Any], *, default: datetime) -> datetime:
    text = cell(cells, TIME_NAMES)
    if not text:
        return default
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)
