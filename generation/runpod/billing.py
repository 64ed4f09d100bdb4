"""RunPod's bill: from the billing API, or from a CSV file.

It tells own endpoints one by one, and all public endpoints as one total. The reply of public
endpoints is inferred from the reference: nobody has recorded one. So names and wrappings of other
versions of RunPod's API are accepted, and what cannot be understood is an error, never 0.
API reference: https://docs.runpod.io/api-reference-v2/billing/get-serverless-billing-history and
https://docs.runpod.io/api-reference-v2/billing/get-public-endpoint-billing-history
"""

import csv
import io
import urllib.parse
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from .call_errors import CallFailed
from .client import RunPodClient

PUBLIC = "public"
"""In place of an endpoint's id: all public endpoints."""
UNNAMED = "unknown"
"""In place of an endpoint's id: records of own endpoints that name none, such as deleted ones."""
AMOUNT_NAMES = ("totalAmount", "amount", "amountUsd", "usd", "totalCost", "cost", "total")
ENDPOINT_NAMES = ("serverlessId", "endpointId", "resourceId", "endpoint", "id")
TIME_NAMES = ("startTime", "time", "date", "day")
RECORDS_NAMES = ("records", "data", "items", "results")
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


def read(client: RunPodClient, billing_url: str, *, start: datetime, end: datetime) -> Bill:
    """Return the bill from the API, from `start` until before `end`.

    Raises KeyRefused if the API key may not read it, CallFailed for any other failure.
    """
    query = urllib.parse.urlencode(
        {"startTime": _text(start), "endTime": _text(end), "bucketSize": "day"}
    )
    return of_replies(
        own=client.document(f"{billing_url}/serverless?{query}"),
        public=client.document(f"{billing_url}/endpoints?{query}"),
    )


def of_replies(*, own: object, public: object) -> Bill:
    """Return the bill in the JSON of both lists: of own endpoints, and of public ones.

    Upper case and underscores in names do not count. Raises CallFailed for what is not a bill.
    """
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for record in _records(own):
        sums[_cell(record, ENDPOINT_NAMES) or UNNAMED] += _amount(record)
    return Bill(dict(sums), sum(map(_amount, _records(public)), Decimal(0)))


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
        cells = _folded(row)
        if not any(name.lower() in cells for name in AMOUNT_NAMES):
            raise InvalidBill(f"The heading needs one of: {', '.join(AMOUNT_NAMES)}.")
        if not any(name.lower() in cells for name in ENDPOINT_NAMES):
            raise InvalidBill(f"The heading needs one of: {', '.join(ENDPOINT_NAMES)}.")
        try:
            if not start <= _time_of(cells, default=start) < end:
                continue
            amount = _money(_cell(cells, AMOUNT_NAMES))
        except (ValueError, InvalidOperation) as error:
            raise InvalidBill(f"Line {number} has no valid amount or time.") from error
        endpoint = _cell(cells, ENDPOINT_NAMES)
        if endpoint.lower() in ("", PUBLIC):
            public = (public or Decimal(0)) + amount
        else:
            own[endpoint] += amount
    return Bill(dict(own), public)


def _records(answer: object) -> Iterator[Mapping[str, Any]]:
    """Yield the records of a list, or of an object that wraps it, with folded names."""
    records: object = answer
    if isinstance(answer, dict):
        wrapping = _folded(answer)
        records = next((wrapping[name] for name in RECORDS_NAMES if name in wrapping), None)
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise CallFailed("RunPod's reply is not a bill", detail=str(answer))
    yield from map(_folded, records)


def _folded(record: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(name).strip().lower().replace("_", ""): value for name, value in record.items()}


def _amount(record: Mapping[str, Any]) -> Decimal:
    try:
        return _money(_cell(record, AMOUNT_NAMES))
    except (ValueError, InvalidOperation) as error:
        raise CallFailed(
            "RunPod's bill has a record without a valid amount", detail=str(record)
        ) from error


def _money(text: str) -> Decimal:
    amount = Decimal(text.strip().lstrip("$").replace(" ", ""))
    if not amount.is_finite():
        raise ValueError("no amount")
    return amount


def _cell(cells: Mapping[str, Any], names: Iterable[str]) -> str:
    values = (cells[name.lower()] for name in names if name.lower() in cells)
    return str(next((value for value in values if value is not None), "")).strip()


def _time_of(cells: Mapping[str, Any], *, default: datetime) -> datetime:
    text = _cell(cells, TIME_NAMES)
    if not text:
        return default
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
