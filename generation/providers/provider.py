"""What every provider of GPUs is to ArtGen: a queue to which jobs are submitted, or a server that
answers with the image.

Failures of calls are verdicts (`call_errors`), so that the engine decides without knowing which
provider it is.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from generation.providers.bill import Bill
from generation.providers.call_errors import ProviderError
from generation.providers.job_report import JobReport, RemoteState
from generation.providers.payloads import Result

RUNPOD, WAVESPEED = "runpod", "wavespeed"
YANDEX, IMAGE_SERVER, COMFYUI = "yandex", "image_server", "comfyui"
"""Names of the providers, as rows keep them."""

SYNCHRONOUS = frozenset({YANDEX, IMAGE_SERVER})
"""Those whose reply to a submission has the images: `submit` takes as long as these, and nobody can
ask for a job."""

UNSTOPPABLE = SYNCHRONOUS | {WAVESPEED}
"""Those that cannot cancel a job: one that was stopped here runs on, and is charged."""

OWN_SERVERS = frozenset({COMFYUI})
"""Those that know a job by our id, so that one of unknown fate can be asked for, and whose files
are read as its reports are: the server may be in a private network."""

ADDRESSED = frozenset({IMAGE_SERVER, COMFYUI})
"""Those at addresses that staff typed, in the settings or, with keys of their own, at endpoints."""

Ref = tuple[str, str]
"""An endpoint's id there, and a job's."""

Outcomes = dict[Ref, JobReport | ProviderError]
"""Each job's report, or the error of reading it."""


MAX_BODY_BYTES = 10_000_000
"""Of a submission with its source images: what every provider accepts."""


@dataclass(frozen=True, kw_only=True)
class Order:
    """A job to submit: `input` is what the endpoint's worker gets."""

    endpoint_id: str
    input: Mapping[str, Any]
    webhook: str | None
    remote_id: str = ""  # of OWN_SERVERS: by which the job is known there
    on_report: Callable[[JobReport], None] = lambda _report: None
    """Gets what a synchronous provider or one of OWN_SERVERS says unasked: reports of the running
    job, with its image so far as bytes in `output`. What it raises ends the call or the socket."""


@dataclass(frozen=True, slots=True)
class Submission:
    """A job that was certainly accepted."""

    remote_id: str
    state: RemoteState
    report: JobReport | None = None
    """Of a synchronous provider: the finished job, which has no id."""


class Provider(Protocol):
    """Safe between threads; a forked process needs a new one."""

    def request(self, order: Order) -> tuple[str, Mapping[str, Any]]:
        """Return the address and the body that submit this job."""

    def submit(self, order: Order) -> Submission:
        """Submit a job, once.

        Raises NotAccepted, KeyRefused, EndpointMissing, JobRefused or OutcomeUnknown.
        """

    def reports(self, refs: Sequence[Ref]) -> Outcomes:
        """Return each job's report, or the error of reading it."""

    def report(self, ref: Ref) -> JobReport:
        """Read one job. Raises Gone, EndpointMissing, KeyRefused or CallFailed."""

    def report_in(self, body: object) -> JobReport:
        """Return the report in the `body` of an earlier one, decoded from JSON."""

    def cancel(self, ref: Ref) -> None:
        """Have a job stopped. Raises Gone, EndpointMissing, KeyRefused or CallFailed."""

    def result(self, report: JobReport, *, dialect: str, images_at: str) -> Result:
        """Return the images of a finished job. Raises OutputError."""

    def webhook_id(self, body: bytes, headers: Mapping[str, str]) -> str:
        """Return the job that a webhook names, "" for none. It is not believed without `report`."""

    def probe(self, endpoint_id: str) -> ProviderError | None:
        """Ask for a job that cannot exist: Gone says that key and endpoint are valid."""

    def bill(self, *, start: datetime, end: datetime) -> Bill:
        """Return the bill from `start` until before `end`. Raises KeyRefused or CallFailed."""
