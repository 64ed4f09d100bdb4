"""Write what was sent for a trial of a model, and the provider's replies, into its history."""

import json
import logging
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import DatabaseError, transaction
from django.utils import timezone

from artgen.http.untrusted import shortened
from generation.jobs.engine import lifecycle
from generation.models import Job
from generation.providers.call_errors import ProviderError
from generation.providers.job_report import JobReport
from generation.providers.provider import Submission

log = logging.getLogger(__name__)

REQUEST, ACCEPTED, REPLY = "trial_request", "trial_accepted", "trial_reply"
"""Events of a trial: the `input` as sent, the reply to /run, the reply to /status."""
MAX_TEXT = 300  # characters of a string in a reply: an image may be in it
MAX_DETAIL = 20_000  # characters


def note_posts(
    outcomes: Sequence[tuple[Job, object]], sent: Mapping[UUID, Mapping[str, Any]]
) -> None:
    """Note the `input` of each trial's POST, and what came of it."""
    for job, outcome in outcomes:
        if job.is_trial:
            if job.id in sent:
                _note(job, REQUEST, sent[job.id])
            _note(job, ACCEPTED, _outcome(outcome))


def note_replies(jobs: Sequence[Job], replies: Mapping[UUID, JobReport | ProviderError]) -> None:
    for job in jobs:
        reply = replies.get(job.id) if job.is_trial else None
        if isinstance(reply, JobReport) and reply.state.final:
            _note(job, REPLY, _outcome(reply))


def _outcome(outcome: object) -> Any:
    match outcome:
        case Submission():
            return {"id": outcome.remote_id, "status": outcome.state.name}
        case JobReport():
            report = {
                "id": outcome.remote_id,
                "status": outcome.state.name,
                "delayTime": outcome.delay_ms,
                "executionTime": outcome.execution_ms,
                "workerId": outcome.worker_id or None,
                "output": outcome.output,
                "error": outcome.error or None,
            }
            return {name: value for name, value in report.items() if value is not None}
        case ProviderError():
            return outcome.full_text
        case _:
            return repr(outcome)


def _note(job: Job, name: str, content: object) -> None:
    """Add a line to the history. A failure is logged: a trial must not stop other jobs."""
    text = json.dumps(
        shortened(content, max_text=MAX_TEXT), indent=2, ensure_ascii=False, default=str
    )
    try:
        with transaction.atomic():
            line = lifecycle.HistoryLine(name, timezone.now(), text[:MAX_DETAIL])
            lifecycle.insert_history([job], line)
    except DatabaseError:
        log.exception("the trial's history could not be written", extra={"job": str(job.id)})
