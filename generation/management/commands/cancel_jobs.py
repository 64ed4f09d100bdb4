"""`cancel_jobs [ID…] [--status S] [--model M] [--user E] [--dry-run]`: cancel jobs."""

from argparse import ArgumentParser
from typing import Any

from artgen.management.base import BaseCommand, reason
from artgen.refusals import Refusal
from generation.jobs import orders
from generation.management.selection import add_selection, selected
from generation.management.table import counted


class Command(BaseCommand):
    """Cancel jobs that have not finished."""

    help = "Cancels queued and running jobs; returns their credits and tells RunPod to stop."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add ids, filters and --dry-run."""
        add_selection(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Cancel each job; skip those that have finished or are being saved."""
        jobs = selected(options)
        stoppable = [job for job in jobs if job.is_cancelable]
        skipped = len(jobs) - len(stoppable)
        returned = 0
        if options["dry_run"]:
            for job in stoppable:
                self.stdout.write(
                    f"{job.id}  {job.status}  {job.user.email}  {counted(job.credits, 'credit')}"
                )
            back = sum(job.credits for job in stoppable)
            words = f"{counted(len(stoppable), 'job')} and return {counted(back, 'credit')}"
            self.stdout.write(f"Would cancel {words}; {skipped} skipped.")
            return
        done = 0
        for job in stoppable:
            try:
                ended = orders.cancel(job=job, actor=None)
            except Refusal as refusal:
                skipped += 1
                self.stdout.write(f"{job.id}  not canceled: {reason(refusal)}")
                continue
            done += 1
            returned += ended.credits
            self.stdout.write(f"{job.id}  {job.status} → {ended.status}")
        self.stdout.write(
            f"{done} canceled, {counted(returned, 'credit')} returned; {skipped} skipped, because "
            "they had finished or were being saved."
        )
