"""RunPod's bill: from the billing API, or from a CSV file.

It tells own endpoints one by one, and all public endpoints as one total.
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

from .client import Client
from .verdicts import Unavailable

PUBLIC = "public"
"""In place of an endpoint's id: all public endpoints."""
AMOUNT_NAMES = ("totalAmount", "amount", "usd", "cost", "total")
ENDPOINT_NAMES = ("serverlessId", "endpointId", "endpoint_id", "endpoint", "id")
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
        """The sum."""
        return sum(self.own.values(), self.public or Decimal(0))


def read(client: Client, billing_url: str, *, start: datetime, end: datetime) -> Bill:
    """Return the bill from the API, from `start` until before `end`.

    Raises KeyRefused if the API key may not read it, Unavailable for any other failure.
    """
    query = urllib.parse.urlencode(
        {"startTime": _text(start), "endTime": _text(end), "bucketSize": "day"}
    )
    own: dict[str, Decimal] = defaultdict(Decimal)
    for record in _records(client.document(f"{billing_url}/serverless?{query}")):
        if endpoint := _first(record, ENDPOINT_NAMES):
            own[str(endpoint)] += _amount(_first(record, AMOUNT_NAMES))
    public = Decimal(0)
    for record in _records(client.document(f"{billing_url}/endpoints?{query}")):
        public += _amount(_first(record, AMOUNT_NAMES))
    return Bill(dict(own), public)


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
        cells = {str(name).strip().lower(): value for name, value in row.items()}
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


def _records(answer: Any) -> Iterator[Mapping[str, Any]]:
    records = answer.get("records") if isinstance(answer, dict) else None
    if not isinstance(records, list):
        raise Unavailable("RunPod's reply is not a bill", detail=str(answer))
    for record in records:
        if isinstance(record, dict):
            yield record


def _first(record: Mapping[str, Any], names: Iterable[str]) -> Any:
    return next((record[name] for name in names if record.get(name) is not None), None)


def _amount(value: Any) -> Decimal:
    try:
        return _money(str(value))
    except (ValueError, InvalidOperation) as error:
        raise Unavailable("RunPod's bill has an amount that is no number") from error


def _money(text: str) -> Decimal:
    amount = Decimal(text.strip().lstrip("$").replace(" ", ""))
    if not amount.is_finite():
        raise ValueError("no amount")
    return amount


def _cell(cells: Mapping[str, Any], names: Iterable[str]) -> str:
    found = next((cells[name.lower()] for name in names if name.lower() in cells), "")
    return str(found or "").strip()


def _time_of(cells: Mapping[str, Any], *, default: datetime) -> datetime:
    text = _cell(cells, TIME_NAMES)
    if not text:
        return default
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
