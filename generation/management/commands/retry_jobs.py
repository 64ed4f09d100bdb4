"""`retry_jobs [ID…] [--status S] [--model M] [--user E] [--dry-run]`: retry failed jobs."""

from argparse import ArgumentParser
from typing import Any

from artgen.management.base import BaseCommand, reason
from artgen.refusals import Refusal
from generation.jobs import orders
from generation.management.selection import add_selection, selected
from generation.management.table import counted
from generation.models import Job, Status

RETRYABLE = (Status.FAILED, Status.CANCELED)


class Command(BaseCommand):
    """Retry jobs for their owners."""

    help = (
        "Retries failed or canceled jobs at their owners' cost, with the same seed. Filters "
        "without --status select failed jobs. A job is retried once only."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add ids, filters and --dry-run."""
        add_selection(parser)
        parser.add_argument(
            "--json", action="store_true", help='print [{"id", "status", "outcome"}]'
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Retry each job; print its new id, or why it was not retried."""
        if not options["ids"] and not options["status"] and (options["model"] or options["user"]):
            options["status"] = Status.FAILED.value
        jobs = selected(options)
        ended = [job for job in jobs if job.status in RETRYABLE]
        if options["dry_run"] and options["json"]:
            self.write_json([_line(job, "would be retried") for job in ended])
            return
        if options["dry_run"]:
            for job in ended:
                self.stdout.write(
                    f"{job.id}  {job.status}  {job.user.email}  {counted(job.credits, 'credit')}"
                )
            left = len(jobs) - len(ended)
            self.stdout.write(
                f"Would retry {counted(len(ended), 'job')}; {left} skipped: not failed or canceled."
            )
            return
        done = 0
        lines: list[dict[str, str]] = []
        progress = self.progress("jobs", total=len(jobs))
        for job in jobs:
            progress.advance()
            if job.status in RETRYABLE:
                outcome, placed = _retried(job)
            else:
                outcome, placed = f"not retried: it is {job.status}", False
            done += placed
            lines.append(_line(job, outcome))
            if not options["json"]:
                self.stdout.write(f"{job.id}  {outcome}")
        if options["json"]:
            self.write_json(lines)
            return
        self.stdout.write(f"{done} retried, {len(jobs) - done} not.")


def _line(job: Job, outcome: str) -> dict[str, str]:
    return {"id": str(job.id), "status": job.status, "outcome": outcome}


def _retried(job: Job) -> tuple[str, bool]:
    """Return the outcome as text, and whether a new job was created."""
    try:
        placed = orders.retry_for_owner(job=job, actor=None)
    except Refusal as refusal:
        return f"not retried: {reason(refusal)}", False
    again = placed.jobs[0].id
    return (
        (f"again as {again}", True)
        if placed.created
        else (f"not retried: it was before, as {again}", False)
    )
