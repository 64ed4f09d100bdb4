"""RunPod as a provider: its calls in the terms of the engine."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from artgen.http.untrusted import InvalidJSON, parse_json
from generation.providers import payloads
from generation.providers.access import HttpLimits
from generation.providers.bill import Bill
from generation.providers.call_errors import KeyRefused, ProviderError
from generation.providers.job_report import JobReport, is_job_id
from generation.providers.payloads import Result
from generation.providers.provider import Order, Outcomes, Ref, Submission
from generation.providers.runpod import billing
from generation.providers.runpod.client import RunPodClient, runpod_sweep
from generation.providers.runpod.health import Health
from generation.providers.runpod.report_parsing import parse_report

NO_SUCH_JOB = "artgen-probe"


class RunPod:
    """RunPod with one API key."""

    def __init__(
        self,
        *,
        base_url: str,
        billing_url: str,
        api_key: str,
        limits: HttpLimits,
        ttl_seconds: int,
        execution_seconds: int,
    ) -> None:
        """Prepare without connecting. Raises ValueError for a bad key."""
        self.client = RunPodClient(base_url=base_url, api_key=api_key, limits=limits)
        self.sweep = runpod_sweep(base_url=base_url, api_key=api_key, limits=limits)
        self._billing_url, self._has_key = billing_url, bool(api_key)
        self._ttl_ms, self._execution_ms = ttl_seconds * 1000, execution_seconds * 1000

    def request(self, order: Order) -> tuple[str, Mapping[str, Any]]:
        return self.client.run_request(
            order.endpoint_id,
            input=order.input,
            webhook=order.webhook,
            execution_timeout_ms=self._execution_ms,
            ttl_ms=self._ttl_ms,
        )

    def submit(self, order: Order) -> Submission:
        return self.client.submit(*self.request(order))

    def reports(self, refs: Sequence[Ref]) -> Outcomes:
        return self.sweep.read(refs)

    def report(self, ref: Ref) -> JobReport:
        return self.client.status(*ref)

    def report_in(self, body: object) -> JobReport:
        return parse_report(body)

    def cancel(self, ref: Ref) -> None:
        self.client.cancel(*ref)

    def result(self, report: JobReport, *, dialect: str, images_at: str) -> Result:
        return payloads.read(dialect, report, images_at=images_at)

    def webhook_id(self, body: bytes, headers: Mapping[str, str]) -> str:
        """Return the id in the body, which nobody has signed."""
        try:
            content = parse_json(body)
        except InvalidJSON:
            return ""
        remote_id = content.get("id") if isinstance(content, dict) else None
        return remote_id if is_job_id(remote_id) else ""

    def probe(self, endpoint_id: str) -> ProviderError | None:
        try:
            self.client.status(endpoint_id, NO_SUCH_JOB)
        except ProviderError as error:
            return error
        return None

    def health(self, endpoint_id: str) -> Health:
        return self.client.health(endpoint_id)

    def bill(self, *, start: datetime, end: datetime) -> Bill:
        """Return the bill; without a key raise KeyRefused without a request."""
        if not self._has_key:
            raise KeyRefused("RUNPOD_API_KEY is not set")
        return billing.read(self.client, self._billing_url, start=start, end=end)
