"""`cancel_jobs [ID…] [--status S] [--model M] [--user E] [--dry-run]`: cancel jobs."""

from argparse import ArgumentParser
from typing import Any

from artgen.management.base import BaseCommand, reason
from artgen.refusals import Refusal
from generation.jobs import job_control
from generation.management.selection import add_selection, selected
from generation.management.table import counted
from generation.models import Job


class Command(BaseCommand):
    """Cancel jobs that have not finished."""

    help = "Cancels queued and running jobs; returns their credits and tells RunPod to stop."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add ids, filters and --dry-run."""
        add_selection(parser)
        parser.add_argument(
            "--json", action="store_true", help='print [{"id", "status", "outcome"}]'
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Cancel each job; skip those that have finished or are being saved."""
        jobs, as_json = selected(options), options["json"]
        stoppable = [job for job in jobs if job.is_cancelable]
        skipped = len(jobs) - len(stoppable)
        returned = 0
        if options["dry_run"] and as_json:
            self.write_json([_line(job, "would be canceled") for job in stoppable])
            return
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
        lines: list[dict[str, str]] = []
        progress = self.progress("jobs", total=len(stoppable))
        for job in stoppable:
            progress.advance()
            try:
                ended = job_control.cancel(job=job, actor=None)
            except Refusal as refusal:
                skipped += 1
                outcome = f"not canceled: {reason(refusal)}"
            else:
                done += 1
                returned += ended.credits
                outcome = f"{job.status} → {ended.status}"
            lines.append(_line(job, outcome))
            if not as_json:
                self.stdout.write(f"{job.id}  {outcome}")
        if as_json:
            self.write_json(lines)
            return
        self.stdout.write(
            f"{done} canceled, {counted(returned, 'credit')} returned; {skipped} skipped, because "
            "they had finished or were being saved."
        )


def _line(job: Job, outcome: str) -> dict[str, str]:
    return {"id": str(job.id), "status": job.status, "outcome": outcome}
