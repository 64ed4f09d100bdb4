"""WaveSpeed as a provider: its calls in the terms of the engine.

API reference: https://wavespeed.ai/docs (submit task, get result, webhooks). A submission has no
idempotency key, a job cannot be canceled, and no reply has the cost.
"""

import hashlib
import hmac
import time
import urllib.parse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from artgen.http.untrusted import InvalidJSON, parse_json
from generation.providers import payloads
from generation.providers.access import BearerAccess, HttpLimits
from generation.providers.bill import Bill, money
from generation.providers.call_client import CallClient
from generation.providers.call_errors import (
    CallFailed,
    EndpointMissing,
    Gone,
    KeyRefused,
    OutcomeUnknown,
    ProviderError,
)
from generation.providers.job_report import JobReport
from generation.providers.payloads import Result
from generation.providers.provider import Order, Outcomes, Ref, Submission
from generation.providers.replies import Reply, json_of
from generation.providers.status_sweep import Sweep
from generation.providers.wavespeed.report_parsing import (
    InvalidPrediction,
    parse_prediction,
    parse_state,
    prediction_in,
)

NAME = "WaveSpeed"
MAX_AGE_SECONDS = 300  # of a webhook's signature
FIELDS_OF_ALL = frozenset({"enable_sync_mode", "enable_base64_output"})


@dataclass(frozen=True, slots=True)
class OfferedModel:
    """A model in WaveSpeed's list; without FIELDS_OF_ALL, empty if the list has no schema."""

    properties: frozenset[str]
    required: frozenset[str]


class WaveSpeed:
    """WaveSpeed with one API key; `webhook_secret` is "" if webhooks are not checked."""

    def __init__(
        self, *, base_url: str, api_key: str, webhook_secret: str, limits: HttpLimits
    ) -> None:
        """Prepare without connecting. Raises ValueError for a bad key."""
        # https://wavespeed.ai/docs/verify-webhooks: without its prefix, and not decoded.
        self._secret = webhook_secret.removeprefix("whsec_").encode()
        self._access = BearerAccess(base_url, api_key)
        self._calls = CallClient(NAME, self._access, limits)
        self._sweep = Sweep(
            name=NAME,
            access=self._access,
            address=result_address,
            report_of=report_of,
            limits=limits,
        )

    # https://wavespeed.ai/docs/submit-task
    def request(self, order: Order) -> tuple[str, Mapping[str, Any]]:
        """Return the input itself; the webhook is a part of the address."""
        url = self._access.address(*order.endpoint_id.split("/"))
        query = f"?{urllib.parse.urlencode({'webhook': order.webhook})}" if order.webhook else ""
        return url + query, order.input

    def submit(self, order: Order) -> Submission:
        reply = self._calls.submit(*self.request(order))
        try:
            prediction = prediction_in(reply.json())
        except InvalidPrediction as error:
            raise OutcomeUnknown(
                "WaveSpeed's reply has no job id", detail=reply.text, status=reply.status
            ) from error
        return Submission(prediction["id"], parse_state(prediction.get("status", "created")))

    def reports(self, refs: Sequence[Ref]) -> Outcomes:
        return self._sweep.read(refs)

    def report(self, ref: Ref) -> JobReport:
        return report_of(self._calls.read("GET", result_address(self._access, ref)), ref)

    def report_in(self, body: object) -> JobReport:
        return parse_prediction(body)

    def cancel(self, ref: Ref) -> None:
        """Do nothing: a job runs to its end, and is charged."""

    def result(self, report: JobReport, *, dialect: str, images_at: str) -> Result:
        return payloads.read(dialect, report, images_at=images_at)

    # https://wavespeed.ai/docs/webhooks
    def webhook_id(self, body: bytes, headers: Mapping[str, str]) -> str:
        """Return the id in a body; "" if its signature is not WaveSpeed's."""
        if self._secret and not self._is_signed(body, headers):
            return ""
        try:
            return str(prediction_in(parse_json(body))["id"])
        except (InvalidJSON, InvalidPrediction):
            return ""

    # https://wavespeed.ai/docs/list-models
    def offered(self) -> dict[str, OfferedModel]:
        """Return all models by id. Raises KeyRefused or CallFailed."""
        rows = _rows(self._document("models"), "data")
        return {str(row.get("model_id")): _offered(row) for row in rows}

    # https://wavespeed.ai/docs/docs-api (model price)
    def price(self, model_id: str, inputs: Mapping[str, Any]) -> Decimal:
        """Return the dollars that this account pays for such a job. Asking is free.

        Raises KeyRefused or CallFailed.
        """
        asked = {"model_id": model_id, "inputs": inputs}
        answer = self._document("model", "price", body=asked)
        try:
            price = money(str(answer["data"]["discounted_price"]))
        except (KeyError, TypeError, ValueError, InvalidOperation) as error:
            raise CallFailed("WaveSpeed's reply has no price", detail=str(answer)) from error
        if price <= 0:
            raise CallFailed(f"WaveSpeed's price of {model_id} is {price}", detail=str(answer))
        return price

    def probe(self, endpoint_id: str) -> ProviderError | None:
        """Read the list of models, which needs a key; Gone if it has this one."""
        try:
            has_model = endpoint_id in self.offered()
        except ProviderError as error:
            return error
        if has_model:
            return Gone(f"WaveSpeed has the model {endpoint_id}")
        return EndpointMissing(f"WaveSpeed does not have the model {endpoint_id}")

    # https://wavespeed.ai/docs/check-usage
    def bill(self, *, start: datetime, end: datetime) -> Bill:
        """Return what was used by model, in at most 31 days."""
        if not self._access.api_key:
            raise KeyRefused("WAVESPEED_API_KEY is not set")
        last = end - timedelta(seconds=1)
        asked = {"start_time": _text_of(start), "end_time": _text_of(last)}
        usage = self._document("user", "usage_stats", body=asked)
        rows = _rows(usage.get("data"), "per_model_usage")
        try:
            return Bill({str(row["model_uuid"]): money(str(row["total_cost"])) for row in rows})
        except (KeyError, ValueError, InvalidOperation) as error:
            raise CallFailed("WaveSpeed's reply is not a bill", detail=str(usage)) from error

    # https://wavespeed.ai/docs/check-balance
    def balance(self) -> Decimal:
        """Return the dollars that the account has left."""
        answer = self._document("balance")
        try:
            return money(str(answer["data"]["balance"]))
        except (KeyError, TypeError, ValueError, InvalidOperation) as error:
            raise CallFailed("WaveSpeed's reply has no balance", detail=str(answer)) from error

    def _document(self, *path: str, body: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
        url, method = self._access.address(*path), "GET" if body is None else "POST"
        try:
            answer = json_of(self._calls.read(method, url, body=body), provider=NAME)
        except Gone as error:
            raise CallFailed(f"WaveSpeed has no {'/'.join(path)} (404)") from error
        if not isinstance(answer, Mapping):
            raise CallFailed("WaveSpeed's reply is not an object", detail=str(answer))
        return answer

    def _is_signed(self, body: bytes, headers: Mapping[str, str]) -> bool:
        message_id, sent_at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
        if not sent_at.isascii() or not sent_at.isdigit():
            return False
        if abs(time.time() - int(sent_at)) > MAX_AGE_SECONDS:
            return False
        signed = b".".join((message_id.encode(), sent_at.encode(), body))
        expected = hmac.new(self._secret, signed, hashlib.sha256).hexdigest()
        given = [part.strip() for part in headers.get("webhook-signature", "").split(" ")]
        return any(hmac.compare_digest(f"v3,{expected}", one) for one in given)


def _text_of(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _rows(wrapping: object, name: str) -> list[Mapping[str, Any]]:
    """Return the objects in a list of an object. Raises CallFailed for anything else."""
    rows = wrapping.get(name) if isinstance(wrapping, Mapping) else None
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise CallFailed(f"WaveSpeed's reply has no list {name}", detail=str(wrapping))
    return rows


def _offered(row: Mapping[str, Any]) -> OfferedModel:
    """Return what the list says of the model. Raises CallFailed for a schema of another shape."""
    try:
        schemas = (row.get("api_schema") or {}).get("api_schemas") or [{}]
        schema = schemas[0].get("request_schema") or {}
        names = frozenset(map(str, schema.get("properties") or ()))
        required = frozenset(map(str, schema.get("required") or ()))
    except (AttributeError, KeyError, TypeError) as error:
        raise CallFailed("WaveSpeed's list of models has another shape", detail=str(row)) from error
    return OfferedModel(names - FIELDS_OF_ALL, required)


def result_address(access: BearerAccess, ref: Ref) -> str:
    return access.address("predictions", ref[1], "result")


def report_of(reply: Reply, ref: Ref) -> JobReport:
    """Return the report on this job. Raises what `read_error` returns, or CallFailed."""
    try:
        report = parse_prediction(json_of(reply, provider=NAME))
    except InvalidPrediction as error:
        raise CallFailed(
            f"WaveSpeed's reply is not a report: {error}", detail=reply.text
        ) from error
    if report.remote_id != ref[1]:
        raise CallFailed("WaveSpeed replied with another job's report", detail=report.remote_id)
    return report
