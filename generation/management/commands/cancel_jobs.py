"""`cancel_jobs [ID…] [--status S] [--model M] [--user E] [--dry-run]`: end jobs, give their credits back."""

from argparse import ArgumentParser
from typing import Any

from artgen.management.base import BaseCommand, reason
from artgen.refusals import Refusal
from generation.jobs import orders
from generation.management.selection import add_selection, selected
from generation.management.table import counted


class Command(BaseCommand):
    """Cancel what can still be stopped."""

    help = "Cancels waiting and drawing jobs; their credits go back and RunPod is told to stop."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take ids or filters, and --dry-run."""
        add_selection(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Go through them one by one; whatever has ended or is being saved stays as it is."""
        jobs = selected(options)
        stoppable = [job for job in jobs if job.is_cancelable]
        left = len(jobs) - len(stoppable)
        returned = 0
        if options["dry_run"]:
            for job in stoppable:
                self.stdout.write(
                    f"{job.id}  {job.status}  {job.user.email}  {counted(job.credits, 'credit')}"
                )
            back = sum(job.credits for job in stoppable)
            words = f"{counted(len(stoppable), 'job')} and return {counted(back, 'credit')}"
            self.stdout.write(f"Would cancel {words}; {left} left alone.")
            return
        done = 0
        for job in stoppable:
            try:
                ended = orders.cancel(job=job, actor=None)
            except Refusal as refusal:
                left += 1
                self.stdout.write(f"{job.id}  not canceled: {reason(refusal)}")
                continue
            done += 1
            returned += ended.credits
            self.stdout.write(f"{job.id}  {job.status} → {ended.status}")
        back = counted(returned, "credit")
        self.stdout.write(
            f"{done} canceled, {back} returned; {left} had finished or were being saved."
        )
