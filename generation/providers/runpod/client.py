"""RunPod's queue API over HTTP: a method for each call, with timeouts and verdicts on failures.

API reference: https://docs.runpod.io/serverless/endpoints/send-requests
"""

from collections.abc import Mapping
from typing import Any

from generation.providers.access import BearerAccess, HttpLimits
from generation.providers.call_client import CallClient
from generation.providers.call_errors import CallFailed, OutcomeUnknown
from generation.providers.job_report import JobReport, is_job_id
from generation.providers.provider import Ref, Submission
from generation.providers.replies import Reply, json_of
from generation.providers.runpod.health import Health, parse_health
from generation.providers.runpod.report_parsing import InvalidReport, parse_report, parse_state
from generation.providers.status_sweep import Sweep

NAME = "RunPod"


class RunPodClient:
    """Client for one API key. Safe between threads; a forked process needs a new one."""

    def __init__(self, *, base_url: str, api_key: str, limits: HttpLimits = HttpLimits()) -> None:  # noqa: B008 it is frozen
        """Prepare a client without connecting. Raises ValueError for a bad key."""
        self._access = BearerAccess(base_url, api_key)
        self._calls = CallClient(NAME, self._access, limits)

    def __repr__(self) -> str:
        return f"RunPodClient(base_url={self._access.base_url!r})"

    # https://docs.runpod.io/serverless/endpoints/send-requests#run
    def run_request(
        self,
        endpoint_id: str,
        *,
        input: Mapping[str, Any],
        webhook: str | None = None,
        execution_timeout_ms: int | None = None,
        ttl_ms: int | None = None,
    ) -> tuple[str, dict[str, Any]]:
        """Return the address and the body that submit a job.

        RunPod accepts an execution timeout of 5 s to 7 days and a ttl of 10 s to 7 days.
        """
        body: dict[str, Any] = {"input": input}
        if webhook:
            body["webhook"] = webhook
        policy = {"executionTimeout": execution_timeout_ms, "ttl": ttl_ms}
        if policy := {name: value for name, value in policy.items() if value is not None}:
            body["policy"] = policy
        return self._access.address(endpoint_id, "run"), body

    def submit(self, address: str, body: Mapping[str, Any]) -> Submission:
        """Submit a job. The POST is never repeated, because /run has no idempotency key.

        Raises NotAccepted, KeyRefused, EndpointMissing, JobRefused or OutcomeUnknown.
        """
        reply = self._calls.submit(address, body)
        answer = reply.json()
        remote_id = answer.get("id") if isinstance(answer, dict) else None
        if not is_job_id(remote_id):
            raise OutcomeUnknown(
                "RunPod's reply to /run has no job id", detail=reply.text, status=reply.status
            )
        return Submission(remote_id=remote_id, state=parse_state(answer.get("status", "IN_QUEUE")))

    def run(self, endpoint_id: str, **order: Any) -> Submission:
        return self.submit(*self.run_request(endpoint_id, **order))

    # https://docs.runpod.io/serverless/endpoints/send-requests#status
    def status(self, endpoint_id: str, remote_id: str) -> JobReport:
        """Read a job's status. Raises Gone, EndpointMissing, KeyRefused or CallFailed."""
        ref = endpoint_id, remote_id
        return report_of(self._calls.read("GET", status_address(self._access, ref)), ref)

    # https://docs.runpod.io/serverless/endpoints/send-requests#cancel
    def cancel(self, endpoint_id: str, remote_id: str) -> JobReport:
        """Cancel a job and return the reply, which has the true state of a job that had finished.

        The reply has no output: read `status` for it. Raises Gone, EndpointMissing, KeyRefused or
        CallFailed.
        """
        address = self._access.address(endpoint_id, "cancel", remote_id)
        return report_of(self._calls.read("POST", address), (endpoint_id, remote_id))

    # https://docs.runpod.io/serverless/endpoints/send-requests#health
    def health(self, endpoint_id: str) -> Health:
        """Return an endpoint's counts of jobs and workers.

        Raises EndpointMissing, Gone, KeyRefused or CallFailed.
        """
        return parse_health(self.document(self._access.address(endpoint_id, "health")))

    def document(self, url: str) -> Any:
        """Return the JSON of a GET of another of RunPod's addresses, such as the billing API's.

        Raises Gone, KeyRefused or CallFailed.
        """
        return json_of(self._calls.read("GET", url), provider=NAME)

    def close(self) -> None:
        """Close idle connections. The client can still be used."""
        self._calls.close()


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
