"""RunPod's bill, from the billing API.

It tells own endpoints one by one, and all public endpoints as one total. The reply of public
endpoints is inferred from the reference: nobody has recorded one. So names and wrappings of other
versions of RunPod's API are accepted, and what cannot be understood is an error, never 0.
API reference: https://docs.runpod.io/api-reference-v2/billing/get-serverless-billing-history and
https://docs.runpod.io/api-reference-v2/billing/get-public-endpoint-billing-history
"""

import urllib.parse
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from generation.providers.bill import AMOUNT_NAMES, ENDPOINT_NAMES, Bill, cell, folded, money
from generation.providers.call_errors import CallFailed

UNNAMED = "unknown"
"""In place of an endpoint's id: records of own endpoints that name none, such as deleted ones."""
RECORDS_NAMES = ("records", "data", "items", "results")


def read(
    document: Callable[[str], Any], billing_url: str, *, start: datetime, end: datetime
) -> Bill:
    """Return the bill from the API, from `start` until before `end`.

    `document` returns the JSON of a GET.

    Raises KeyRefused if the API key may not read it, CallFailed for any other failure.
    """
    query = urllib.parse.urlencode(
        {"startTime": _text(start), "endTime": _text(end), "bucketSize": "day"}
    )
    return of_replies(
        own=document(f"{billing_url}/serverless?{query}"),
        public=document(f"{billing_url}/endpoints?{query}"),
    )


def of_replies(*, own: object, public: object) -> Bill:
    """Return the bill in the JSON of both lists: of own endpoints, and of public ones.

    Upper case and underscores in names do not count. Raises CallFailed for what is not a bill.
    """
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for record in _records(own):
        sums[cell(record, ENDPOINT_NAMES) or UNNAMED] += _amount(record)
    return Bill(dict(sums), sum(map(_amount, _records(public)), Decimal(0)))


def _records(answer: object) -> Iterator[Mapping[str, Any]]:
    """Yield the records of a list, or of an object that wraps it, with folded names."""
    records: object = answer
    if isinstance(answer, dict):
        wrapping = folded(answer)
        records = next((wrapping[name] for name in RECORDS_NAMES if name in wrapping), None)
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise CallFailed("RunPod's reply is not a bill", detail=str(answer))
    yield from map(folded, records)


def _amount(record: Mapping[str, Any]) -> Decimal:
    try:
        return money(cell(record, AMOUNT_NAMES))
    except (ValueError, InvalidOperation) as error:
        raise CallFailed(
            "RunPod's bill has a record without a valid amount", detail=str(record)
        ) from error


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
