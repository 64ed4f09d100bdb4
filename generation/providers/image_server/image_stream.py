"""A reply of server-sent events: partial images, then the image.

https://platform.openai.com/docs/api-reference/images-streaming. Our own server of local models also
sends comments such as ": step 2/20".
"""

import base64
import re
from collections.abc import Callable
from typing import Any

from artgen.http.untrusted import InvalidJSON, parse_json
from generation.providers.call_errors import OutcomeUnknown, job_refused
from generation.providers.job_report import JobReport, RemoteState

MEDIA_TYPE = "text/event-stream"
_STEP = re.compile(rb": step (\d{1,4})/(\d{1,4})\s*")


class ImageStream:
    """Reads the chunks of a reply, and passes on what they say of a job that is being made."""

    def __init__(self, *, partial_images: int, on_report: Callable[[JobReport], None]) -> None:
        self._partial_images, self._on_report = partial_images, on_report
        self._line = bytearray()
        self._steps: tuple[int, int] | None = None
        self._end: dict[str, Any] = {}

    def feed(self, chunk: bytes) -> None:
        self._line += chunk
        if b"\n" in chunk:
            *lines, rest = self._line.split(b"\n")
            self._line = rest
            for line in lines:
                self._read(bytes(line))

    def answer(self, *, provider: str) -> dict[str, Any]:
        """Return the finished image as a reply without a stream has it.

        Raises JobRefused for an error of the server, OutcomeUnknown without an end.
        """
        if image := self._end.get("b64_json"):
            return {"data": [{"b64_json": image}]}
        if error := self._end.get("error"):
            text = str(error.get("message") if isinstance(error, dict) else error)
            raise job_refused(422, text, provider=provider)
        raise OutcomeUnknown(f"{provider}'s stream ended without an image")

    def _read(self, line: bytes) -> None:
        if match := _STEP.fullmatch(line):
            self._steps = int(match[1]), max(int(match[2]), 1)
            self._report(None)
        if not line.startswith(b"data:"):
            return
        try:
            event = parse_json(line[5:].strip())
        except InvalidJSON:  # such as the [DONE] of some servers
            return
        if not isinstance(event, dict):
            return
        kind = str(event.get("type"))
        if kind == "error" or kind.endswith(".completed"):
            self._end = event
        elif kind.endswith(".partial_image"):
            self._report(event)

    def _report(self, partial: dict[str, Any] | None) -> None:
        step, steps = self._steps or (None, None)
        progress, preview = None, None
        if partial is not None:
            index = partial.get("partial_image_index")
            if isinstance(index, int) and 0 <= index < self._partial_images:
                progress = (index + 1) / (self._partial_images + 1)
            try:
                preview = base64.b64decode(str(partial.get("b64_json")))
            except ValueError:
                preview = None
        if step is not None and steps is not None:
            progress = min(step / steps, 1.0)
        report = JobReport(
            "", RemoteState.RUNNING, progress=progress, step=step, steps=steps, output=preview
        )
        self._on_report(report)
