"""`retry_jobs [ID…] [--status S] [--model M] [--user E]`: retry failed jobs."""

from argparse import ArgumentParser
from typing import Any

from artgen.management.base import BaseCommand, reason
from artgen.refusals import Refusal
from generation.jobs.placing import retries
from generation.management.job_selection import add_selection, selected
from generation.models import Job, Status


class Command(BaseCommand):
    help = (
        "Retries failed or canceled jobs at their owners' cost, with the same seed. Filters "
        "without --status select failed jobs. A job is retried once only."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_selection(parser)

    def handle(self, *args: object, **options: Any) -> None:
        if not options["ids"] and not options["status"] and (options["model"] or options["user"]):
            options["status"] = Status.FAILED.value
        jobs = selected(options)
        done = 0
        progress = self.progress("jobs", total=len(jobs))
        for job in jobs:
            progress.advance()
            outcome, placed = _retried(job)
            done += placed
            self.stdout.write(f"{job.id}  {outcome}")
        self.stdout.write(f"{done} retried, {len(jobs) - done} not.")


def _retried(job: Job) -> tuple[str, bool]:
    """Return the outcome as text, and whether a new job was created."""
    if job.status not in (Status.FAILED, Status.CANCELED):
        return f"not retried: it is {job.status}", False
    try:
        placed = retries.retry_for_owner(job=job, actor=None)
    except Refusal as refusal:
        return f"not retried: {reason(refusal)}", False
    again = placed.jobs[0].id
    if placed.created:
        return f"again as {again}", True
    return f"not retried: it was before, as {again}", False
