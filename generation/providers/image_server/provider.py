"""A server with OpenAI's image API as a provider: the reply to a submission has the image.

API reference: https://platform.openai.com/docs/api-reference/images/create. There is no id to ask
for, no cancellation and no idempotency key: what a call has made is in its reply or nowhere.
"""

import base64
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from generation.imaging import mask_image
from generation.providers import payloads
from generation.providers.access import BearerAccess, HttpLimits, OwnKeys, address_of
from generation.providers.bill import Bill
from generation.providers.call_client import File
from generation.providers.call_errors import (
    CallFailed,
    EndpointMissing,
    Gone,
    JobRefused,
    OutcomeUnknown,
    ProviderError,
    job_refused,
)
from generation.providers.endpoint_calls import EndpointCalls
from generation.providers.image_server.image_stream import MEDIA_TYPE, ImageStream
from generation.providers.job_report import JobReport, RemoteState
from generation.providers.payloads import OutputError, Result
from generation.providers.provider import Order, Outcomes, Ref, Submission
from generation.providers.replies import Reply, json_of

FILES = IMAGE, MASK = "image", "mask"
"""Fields of an edit that are files, if the request format names source images and mask so."""
TIMED_OUT = (408, 499)  # of a gateway: the server may go on


class ImageServer:
    """A server with an API key, and those of endpoints that have an address of their own.

    `name` is for texts. `model_prefix` stands before the names of all its models. `lists_models`:
    its list of models has those that make images.
    """

    def __init__(
        self,
        *,
        name: str,
        access: BearerAccess,
        limits: HttpLimits,
        model_prefix: str = "",
        lists_models: bool = True,
        own_keys: OwnKeys = (),
    ) -> None:
        """Prepare without connecting; `limits.run_seconds` is that of a whole call."""
        self.name = name
        self._calls = EndpointCalls(name, access, limits, own_keys).of
        self._model_prefix, self._lists_models = model_prefix, lists_models

    def request(self, order: Order) -> tuple[str, Mapping[str, Any]]:
        """Return them with images as data: URIs; an input with `image` is an edit."""
        body = {"model": self._model(order.endpoint_id), **order.input}
        call = "edits" if IMAGE in body else "generations"
        return self._calls(order.endpoint_id).access.address("images", call), body

    def submit(self, order: Order) -> Submission:
        """Return the submission with the finished report."""
        began = time.monotonic()
        url, body = self.request(order)
        files = _files(body) if IMAGE in body else []
        fields = {name: value for name, value in body.items() if not files or name not in FILES}
        partial_images = body.get("partial_images")
        stream = ImageStream(
            partial_images=partial_images if isinstance(partial_images, int) else 0,
            on_report=order.on_report,
        )
        try:
            reply = self._calls(order.endpoint_id).submit(
                url, fields, files=files, on_chunk=stream.feed
            )
        except OutcomeUnknown as error:
            raise _verdict(error, self.name) from error
        took = round((time.monotonic() - began) * 1000)
        is_stream = reply.headers.get("Content-Type", "").startswith(MEDIA_TYPE)
        answer = stream.answer(provider=self.name) if is_stream else _body(reply)
        return Submission("", RemoteState.COMPLETED, _report(answer, execution_ms=took))

    def reports(self, refs: Sequence[Ref]) -> Outcomes:
        """Return nothing: only the reply to a submission says what became of it."""
        return {}

    def report(self, ref: Ref) -> JobReport:
        raise Gone(f"{self.name} keeps no jobs")

    def report_in(self, body: object) -> JobReport:
        return _report(body)

    def cancel(self, ref: Ref) -> None:
        """Do nothing: a call runs to its end, and is charged."""

    def result(self, report: JobReport, *, dialect: str, images_at: str) -> Result:
        """Return the images. A reply without one is final: another call costs again."""
        try:
            return payloads.read(dialect, report, images_at=images_at)
        except OutputError as error:
            error.retryable = False
            raise

    def webhook_id(self, body: bytes, headers: Mapping[str, str]) -> str:
        return ""

    # https://platform.openai.com/docs/api-reference/models/list
    def probe(self, endpoint_id: str) -> ProviderError | None:
        """Read the list of models; Gone if key and model are valid, as far as it says."""
        try:
            calls = self._calls(endpoint_id)
        except EndpointMissing as error:
            return error
        try:
            answer = json_of(calls.read("GET", calls.access.address("models")), provider=self.name)
        except (Gone, EndpointMissing):
            return Gone(f"{self.name} has no list of models")
        except ProviderError as error:
            return error
        rows = answer.get("data") if isinstance(answer, Mapping) else answer
        names = [row.get("id") for row in rows or () if isinstance(row, Mapping)]
        if self._lists_models and names and self._model(endpoint_id) not in names:
            return EndpointMissing(
                f"{self.name} does not have the model {self._model(endpoint_id)}"
            )
        return Gone(f"{self.name} accepts the key")

    def bill(self, *, start: datetime, end: datetime) -> Bill:
        raise CallFailed(f"{self.name} has no bill that a program can read")

    def _model(self, endpoint_id: str) -> str:
        if address_of(endpoint_id):
            return endpoint_id.partition("#")[2]
        return endpoint_id if "://" in endpoint_id else self._model_prefix + endpoint_id


# https://platform.openai.com/docs/api-reference/images/createEdit
def _files(body: Mapping[str, Any]) -> list[File]:
    """Return the source images and the mask as files. Raises JobRefused for anything else."""
    files = []
    for field in FILES:
        uris = body.get(field) or []
        uris = [uris] if isinstance(uris, str) else uris
        name = f"{field}[]" if len(uris) > 1 else field
        for uri in uris:
            kind, is_embedded, text = uri.removeprefix("data:").partition(";base64,")
            if not is_embedded:
                raise JobRefused("an image is not in the request", code="invalid_input")
            data = base64.b64decode(text)
            if field == MASK:
                data = mask_image.to_transparency(data)
            files.append(File(name, f"{field}.{kind.rpartition('/')[2]}", data, kind))
    return files


def _verdict(error: OutcomeUnknown, name: str) -> ProviderError:
    """Return what a failed call means: a reply of 4xx says that no image was made."""
    status = error.status or 0
    if not 400 <= status < 500 or status in TIMED_OUT:
        return error
    return job_refused(status, error.detail, provider=name)


def _body(reply: Reply) -> Any:
    """Return the decoded reply; what is not JSON may be the image itself, and is kept whole."""
    answer = reply.json()
    if isinstance(answer, Mapping | list):
        return answer
    return {"data_b64": base64.b64encode(reply.body).decode()} if reply.body else {}


def _report(body: object, *, execution_ms: int | None = None) -> JobReport:
    return JobReport("", RemoteState.COMPLETED, output=body, execution_ms=execution_ms, body=body)
