"""One HTTP reply of RunPod, and the job's report in it; the same for single calls and for the sweep."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .report import NotAReport, Report, parse_report
from .verdicts import DETAIL_CHARACTERS, Unavailable, read_verdict

REPLY_MOST = 64 * 1024 * 1024  # bytes; pictures come as base64 inside


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply that was read to its end."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def ok(self) -> bool:
        """Tell whether the status is a 2xx."""
        return 200 <= self.status < 300

    @property
    def text(self) -> str:
        """Return the beginning of the body as text, for a person."""
        return self.body[: DETAIL_CHARACTERS * 4].decode("utf-8", "replace")

    def json(self) -> Any:
        """Return the decoded body, or None if it is no JSON."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None


def answer_in(reply: Reply) -> Any:
    """Return the JSON of a reply to anything but /run. Raises Gone or Unavailable."""
    if not reply.ok:
        raise read_verdict(reply.status, reply.headers, reply.text)
    answer = reply.json()
    if answer is None:
        raise Unavailable("RunPod's reply is no JSON", detail=reply.text, status=reply.status)
    return answer


def report_in(reply: Reply, runpod_id: str) -> Report:
    """Return the report of this very job. Raises Gone or Unavailable.

    The latter also for another job's report.
    """
    try:
        report = parse_report(answer_in(reply))
    except NotAReport as error:
        raise Unavailable(f"RunPod's reply is no report: {error}", detail=reply.text) from error
    if report.runpod_id != runpod_id:
        raise Unavailable("RunPod answered with another job's report", detail=report.runpod_id)
    return report
