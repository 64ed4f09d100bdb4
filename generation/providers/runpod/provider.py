"""RunPod as a provider: its queue API in the terms of the engine.

API reference: https://docs.runpod.io/serverless/endpoints/send-requests
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from artgen.http.untrusted import InvalidJSON, parse_json
from generation.providers import payloads
from generation.providers.access import BearerAccess, HttpLimits
from generation.providers.bill import Bill
from generation.providers.call_client import CallClient
from generation.providers.call_errors import (
    CallFailed,
    KeyRefused,
    OutcomeUnknown,
    ProviderError,
)
from generation.providers.job_report import JobReport, is_job_id
from generation.providers.payloads import Result
from generation.providers.provider import Order, Outcomes, Ref, Submission
from generation.providers.replies import Reply, json_of
from generation.providers.runpod import billing
from generation.providers.runpod.health import Health, parse_health
from generation.providers.runpod.report_parsing import InvalidReport, parse_report, parse_state
from generation.providers.status_sweep import Sweep

NAME = "RunPod"
NO_SUCH_JOB = "artgen-probe"


class RunPod:
    """RunPod with one API key. Safe between threads; a forked process needs a new one."""

    def __init__(
        self,
        *,
        base_url: str,
        api_key: str,
        billing_url: str = "",
        limits: HttpLimits = HttpLimits(),  # noqa: B008 it is frozen
        ttl_seconds: int = 86_400,
        execution_seconds: int = 600,
    ) -> None:
        """Prepare without connecting. Raises ValueError for a bad key.

        RunPod accepts an execution timeout of 5 s to 7 days and a ttl of 10 s to 7 days.
        """
        self._access = BearerAccess(base_url, api_key)
        self._calls = CallClient(NAME, self._access, limits)
        self.sweep = runpod_sweep(base_url=base_url, api_key=api_key, limits=limits)
        self._billing_url = billing_url
        self._policy = {"executionTimeout": execution_seconds * 1000, "ttl": ttl_seconds * 1000}

    # https://docs.runpod.io/serverless/endpoints/send-requests#run
    def request(self, order: Order) -> tuple[str, Mapping[str, Any]]:
        webhook = {"webhook": order.webhook} if order.webhook else {}
        body = {"input": order.input, **webhook, "policy": self._policy}
        return self._access.address(order.endpoint_id, "run"), body

    def submit(self, order: Order) -> Submission:
        reply = self._calls.submit(*self.request(order))
        answer = reply.json()
        remote_id = answer.get("id") if isinstance(answer, dict) else None
        if not is_job_id(remote_id):
            raise OutcomeUnknown(
                "RunPod's reply to /run has no job id", detail=reply.text, status=reply.status
            )
        return Submission(remote_id=remote_id, state=parse_state(answer.get("status", "IN_QUEUE")))

    def reports(self, refs: Sequence[Ref]) -> Outcomes:
        return self.sweep.read(refs)

    # https://docs.runpod.io/serverless/endpoints/send-requests#status
    def report(self, ref: Ref) -> JobReport:
        return report_of(self._calls.read("GET", status_address(self._access, ref)), ref)

    def report_in(self, body: object) -> JobReport:
        return parse_report(body)

    # https://docs.runpod.io/serverless/endpoints/send-requests#cancel
    def cancel(self, ref: Ref) -> None:
        endpoint_id, remote_id = ref
        address = self._access.address(endpoint_id, "cancel", remote_id)
        report_of(self._calls.read("POST", address), ref)

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
            self.report((endpoint_id, NO_SUCH_JOB))
        except ProviderError as error:
            return error
        return None

    # https://docs.runpod.io/serverless/endpoints/send-requests#health
    def health(self, endpoint_id: str) -> Health:
        """Return an endpoint's counts of jobs and workers.

        Raises EndpointMissing, Gone, KeyRefused or CallFailed.
        """
        return parse_health(self._document(self._access.address(endpoint_id, "health")))

    def bill(self, *, start: datetime, end: datetime) -> Bill:
        """Return the bill; without a key raise KeyRefused without a request."""
        if not self._access.api_key:
            raise KeyRefused("RUNPOD_API_KEY is not set")
        return billing.read(self._document, self._billing_url, start=start, end=end)

    def _document(self, url: str) -> Any:
        return json_of(self._calls.read("GET", url), provider=NAME)


def runpod_sweep(*, base_url: str, api_key: str, **options: Any) -> Sweep:
    """Return a sweep with these options of `Sweep`. Raises ValueError for a bad key."""
    access = BearerAccess(base_url, api_key)
    return Sweep(name=NAME, access=access, address=status_address, report_of=report_of, **options)


def status_address(access: BearerAccess, ref: Ref) -> str:
    return access.address(ref[0], "status", ref[1])


def report_of(reply: Reply, ref: Ref) -> JobReport:
    """Return the report on this job. Raises what `read_error` returns, or CallFailed."""
    try:
        report = parse_report(json_of(reply, provider=NAME))
    except InvalidReport as error:
        raise CallFailed(f"RunPod's reply is not a report: {error}", detail=reply.text) from error
    if report.remote_id != ref[1]:
        raise CallFailed("RunPod replied with another job's report", detail=report.remote_id)
    return report
