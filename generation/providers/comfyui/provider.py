"""ComfyUI as a provider, without a service in front of it.

Routes: https://docs.comfy.org/development/comfyui-server/comms_routes. A prompt's id is ours, but
ComfyUI does not deduplicate: two POSTs with one id are two runs. Its queue and history are in
memory, so a job that is in neither while the server replies is lost.
"""

import base64
import contextlib
import time
import urllib.parse
from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

from generation.providers import payloads
from generation.providers.access import BearerAccess, HttpLimits, OwnKeys
from generation.providers.bill import Bill
from generation.providers.call_client import File
from generation.providers.call_errors import (
    CallFailed,
    EndpointMissing,
    Gone,
    JobRefused,
    NotAccepted,
    OutcomeUnknown,
    ProviderError,
)
from generation.providers.comfyui import job_socket
from generation.providers.comfyui.reply_parsing import (
    parse_choices,
    parse_entry,
    parse_machine,
    parse_queue,
)
from generation.providers.endpoint_calls import EndpointCalls
from generation.providers.job_report import JobReport, RemoteState
from generation.providers.payloads import OutputError, Result
from generation.providers.provider import Order, Outcomes, Ref, Submission
from generation.providers.replies import Reply, json_of

NAME = "ComfyUI"
SUBFOLDER = "artgen"  # of its input folder, for source images


class ComfyUI:
    """All ComfyUI servers of the site.

    The id of an endpoint is the address of its server, or any name for the one of the site.
    """

    def __init__(
        self,
        *,
        access: BearerAccess,
        limits: HttpLimits,
        own_keys: OwnKeys = (),
    ) -> None:
        """Prepare without connecting."""
        self._limits = limits
        self._calls = EndpointCalls(NAME, access, limits, own_keys).of

    def request(self, order: Order) -> tuple[str, Mapping[str, Any]]:
        """Return them with the graph as it is before source images are uploaded."""
        body = {
            "prompt": order.input.get("workflow"),
            "prompt_id": order.remote_id,
            "client_id": order.remote_id,  # whose socket gets its messages
            "extra_data": {"preview_method": "latent2rgb"},  # needs no file of its own
        }
        return self._calls(order.endpoint_id).access.address("prompt"), body

    def submit(self, order: Order) -> Submission:
        """Upload the images of the input, then submit its graph, once."""
        began = time.monotonic()
        url, body = self.request(order)
        if not isinstance(body["prompt"], Mapping):
            raise JobRefused(f"{NAME} takes graphs alone", code="workflow_invalid")
        names = {
            image["name"]: self._upload(order, image) for image in order.input.get("images", ())
        }
        if time.monotonic() - began > self._limits.run_seconds:
            # Nobody may believe that the POST has ended before it has begun.
            raise NotAccepted(f"the uploads to {NAME} took too long")
        body = {**body, "prompt": _renamed(body["prompt"], names)}
        try:
            reply = self._calls(order.endpoint_id).submit(url, body)
        except JobRefused as error:
            if error.status == 400:
                error.code = "workflow_invalid"
            raise
        answer = reply.json()
        if not isinstance(answer, Mapping) or answer.get("prompt_id") != order.remote_id:
            raise OutcomeUnknown(
                f"{NAME}'s reply does not have the job's id", detail=reply.text, status=reply.status
            )
        if answer.get("node_errors"):  # it would run, without some outputs
            with contextlib.suppress(ProviderError):  # it may have begun, and ends at its next step
                self.cancel((order.endpoint_id, order.remote_id))
            raise JobRefused(
                f"{NAME} refused a part of the graph", code="workflow_invalid", detail=reply.text
            )
        job_socket.watch(
            self._calls(order.endpoint_id).access,
            order.remote_id,
            on_report=order.on_report,
            connect_seconds=self._limits.connect_seconds,
        )
        return Submission(order.remote_id, RemoteState.QUEUED)

    def reports(self, refs: Sequence[Ref]) -> Outcomes:
        by_endpoint: dict[str, list[Ref]] = defaultdict(list)
        for ref in refs:
            by_endpoint[ref[0]].append(ref)
        outcomes: Outcomes = {}
        # A silent server must not delay what others say.
        with ThreadPoolExecutor(len(by_endpoint) or 1, thread_name_prefix="comfyui") as pool:
            for of_endpoint in pool.map(self._of_endpoint, by_endpoint, by_endpoint.values()):
                outcomes |= of_endpoint
        return outcomes

    def _of_endpoint(self, endpoint_id: str, refs: Sequence[Ref]) -> Outcomes:
        """Read queue, then history: a job leaves the one when it enters the other."""
        outcomes: Outcomes = {}
        try:
            states = parse_queue(self._document(endpoint_id, "queue"))
            for ref in refs:
                if state := states.get(ref[1]):
                    outcomes[ref] = JobReport(ref[1], state)
                    continue
                entry = self._document(endpoint_id, "history", ref[1]).get(ref[1])
                outcomes[ref] = (
                    parse_entry(entry, ref[1], view=self._view(endpoint_id))
                    if isinstance(entry, Mapping)
                    else Gone(f"{NAME} does not have this job")
                )
        except ProviderError as error:
            outcomes |= {ref: error for ref in refs if ref not in outcomes}
        return outcomes

    def report(self, ref: Ref) -> JobReport:
        outcome = self._of_endpoint(ref[0], [ref])[ref]
        if isinstance(outcome, ProviderError):
            raise outcome
        return outcome

    def report_in(self, body: object) -> JobReport:
        output = body.get("output") if isinstance(body, Mapping) else None
        return JobReport("", RemoteState.COMPLETED, output=output, body=body)

    def cancel(self, ref: Ref) -> None:
        """Take the job from the queue, and interrupt it if it runs.

        Raises CallFailed while it still runs: it ends at its next step or node.
        """
        endpoint_id, remote_id = ref
        self._tell(endpoint_id, "queue", {"delete": [remote_id]})
        # Without its id, whatever runs there would be interrupted.
        self._tell(endpoint_id, "interrupt", {"prompt_id": remote_id})
        try:
            report = self.report(ref)
        except Gone:  # it was waiting, and leaves no trace
            return
        if not report.state.final:
            raise CallFailed(f"{NAME} has not stopped the job yet")

    def result(self, report: JobReport, *, dialect: str, images_at: str) -> Result:
        return payloads.read(dialect, report, images_at=images_at)

    def file(self, endpoint_id: str, address: str) -> bytes:
        """Return the file at an address of a result, read from where the server is now.

        Raises OutputError if the server does not have it, or a ProviderError.
        """
        query = urllib.parse.urlsplit(address).query
        reply = self._calls(endpoint_id).read("GET", f"{self._view(endpoint_id)}?{query}")
        try:
            return _checked(reply).body
        except (Gone, EndpointMissing) as error:
            raise OutputError("no_output", str(error), retryable=False) from error

    def webhook_id(self, body: bytes, headers: Mapping[str, str]) -> str:
        return ""

    def probe(self, endpoint_id: str) -> ProviderError | None:
        """Read the facts of the machine; Gone if the server replies with them."""
        try:
            return Gone(self.machine(endpoint_id))
        except Gone:
            return EndpointMissing(f"there is no {NAME} at this address")
        except ProviderError as error:
            return error

    def machine(self, endpoint_id: str) -> str:
        """Return version, GPUs and their free memory, for staff."""
        return parse_machine(self._document(endpoint_id, "system_stats"))

    def lacking(self, endpoint_id: str, workflow: Mapping[str, Any]) -> list[str]:
        """Return the nodes and files of the graph that the server does not have, by name."""
        lacks: dict[str, None] = {}
        for node in workflow.values():
            name = str(node.get("class_type", ""))
            info = self._document(endpoint_id, "object_info", name).get(name)
            if not isinstance(info, Mapping):
                lacks[f"node {name}"] = None
                continue
            for field, options in parse_choices(info).items():
                value = node.get("inputs", {}).get(field)
                if isinstance(value, str) and "{{" not in value and value not in options:
                    lacks[f"{value} ({name}.{field})"] = None
        return list(lacks)

    def bill(self, *, start: datetime, end: datetime) -> Bill:
        raise CallFailed(f"{NAME} has no bill")

    def _upload(self, order: Order, image: Mapping[str, str]) -> str:
        """Upload an image and return its name there. Raises NotAccepted: no job was submitted."""
        kind, _, text = image["image"].removeprefix("data:").partition(";base64,")
        name = f"{order.remote_id}_{image['name']}"
        file = File("image", name, base64.b64decode(text), kind)
        calls = self._calls(order.endpoint_id)
        fields = {"subfolder": SUBFOLDER, "type": "input", "overwrite": "true"}
        try:
            url = calls.access.address("upload", "image")
            answer = calls.submit(url, fields, files=[file]).json()
            return "/".join(filter(None, (answer.get("subfolder"), answer["name"])))
        except OutcomeUnknown as error:
            raise NotAccepted(f"an upload to {NAME} broke", detail=error.full_text) from error
        except (AttributeError, KeyError, TypeError) as error:
            raise NotAccepted(f"{NAME}'s reply to an upload has no name") from error

    def _document(self, endpoint_id: str, *path: str) -> Mapping[str, Any]:
        calls = self._calls(endpoint_id)
        answer = json_of(calls.read("GET", calls.access.address(*path)), provider=NAME)
        if not isinstance(answer, Mapping):
            raise CallFailed(f"{NAME}'s reply is not an object", detail=str(answer))
        return answer

    def _tell(self, endpoint_id: str, call: str, body: Mapping[str, Any]) -> None:
        calls = self._calls(endpoint_id)
        _checked(calls.read("POST", calls.access.address(call), body=body))

    def _view(self, endpoint_id: str) -> str:
        return self._calls(endpoint_id).access.address("view")


def _checked(reply: Reply) -> Reply:
    """Return the reply. Raises what `read_error` returns unless it is 2xx."""
    if not reply.ok:
        json_of(reply, provider=NAME)
    return reply


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    """Return a part of the graph with the uploaded files under the names that they got."""
    if isinstance(value, Mapping):
        return {key: _renamed(inner, names) for key, inner in value.items()}
    if isinstance(value, list):
        return [_renamed(inner, names) for inner in value]
    return names.get(value, value) if isinstance(value, str) else value
