"""How far a job is and how its image looks so far, as its provider says it unasked."""

import base64
import logging
import time
from datetime import datetime
from typing import cast

from django.db import DatabaseError, connection, transaction

from generation.imaging import previews
from generation.jobs.engine import lifecycle
from generation.models import Job
from generation.providers.job_report import JobReport, RemoteState

log = logging.getLogger(__name__)

REPORT_SECONDS = 0.5  # between two previews of a job


class JobEnded(Exception):
    """The job has ended here, so nobody waits for the image."""


class LiveReports:
    """Stores and shows the reports of a job: at most two steps and two previews a second."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._next = {True: 0.0, False: 0.0}  # with and without a preview, by the monotonic clock

    def store(self, report: JobReport) -> None:
        """Raise JobEnded if the job has ended; a closed connection may stop the server."""
        kind, now = bool(report.output), time.monotonic()
        if now < self._next[kind]:
            return
        self._next[kind] = now + REPORT_SECONDS
        preview = previews.preview(report.output) if report.output else b""
        try:
            self._store(report, base64.b64encode(preview).decode())
        except DatabaseError:
            log.exception("the progress of a job is not stored", extra=self._job.log_fields)
        finally:
            if not connection.in_atomic_block:  # also without a pool: a socket's thread may end now
                connection.close()

    def _store(self, report: JobReport, preview: str) -> None:
        job = Job.objects.at_provider().filter(pk=self._job.pk, attempt=self._job.attempt).first()
        if job is None:
            raise JobEnded
        if not job.runpod_id or report.state is not RemoteState.RUNNING:
            return
        job.model = self._job.model
        has_steps = report.progress is not None
        progress = lifecycle.JobProgress(
            progress=report.progress if has_steps else job.progress,
            step=report.step if has_steps else job.step,
            step_count=report.steps if has_steps else job.step_count,
        )
        until = cast(datetime, job.due_at)  # as before
        with transaction.atomic():
            for row in lifecycle.store_progress([(job, progress)], until=until):
                row.preview = preview
