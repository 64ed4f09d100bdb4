"""`retry_jobs [ID…] [--status S] [--model M] [--user E] [--dry-run]`: place failed or canceled jobs once more."""

from argparse import ArgumentParser
from typing import Any

from artgen.management.base import BaseCommand, reason
from artgen.refusals import Refusal
from generation.jobs import orders
from generation.management.selection import add_selection, selected
from generation.management.table import counted
from generation.models import Job, Status

AGAIN = (Status.FAILED, Status.CANCELED)


class Command(BaseCommand):
    """Place each once more for its owner."""

    help = (
        "Places failed or canceled jobs once more for their owners, seed included, at their cost. Filters without "
        "--status mean failed jobs. Running it again places nothing twice."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take ids or filters, and --dry-run."""
        add_selection(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Go through them one by one; prints the new id of each, or why there is none."""
        if not options["ids"] and not options["status"] and (options["model"] or options["user"]):
            options["status"] = Status.FAILED.value
        jobs = selected(options)
        ended = [job for job in jobs if job.status in AGAIN]
        if options["dry_run"]:
            for job in ended:
                self.stdout.write(
                    f"{job.id}  {job.status}  {job.user.email}  {counted(job.credits, 'credit')}"
                )
            left = len(jobs) - len(ended)
            self.stdout.write(
                f"Would retry {counted(len(ended), 'job')}; {left} neither failed nor canceled."
            )
            return
        done = 0
        for job in jobs:
            outcome, placed = (
                _retried(job)
                if job.status in AGAIN
                else (f"not retried: it is {job.status}", False)
            )
            done += placed
            self.stdout.write(f"{job.id}  {outcome}")
        self.stdout.write(f"{done} retried, {len(jobs) - done} not.")


def _retried(job: Job) -> tuple[str, bool]:
    """Return what became of it in words, and whether a new job was placed."""
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
