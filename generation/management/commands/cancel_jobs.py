"""`cancel_jobs [ID…] [--status S] [--model M] [--user E]`: cancel jobs."""

from argparse import ArgumentParser
from typing import Any

from artgen.management.base import BaseCommand, reason
from artgen.refusals import Refusal
from generation.jobs.engine import job_control
from generation.management.job_selection import add_selection, selected
from generation.management.text_table import counted


class Command(BaseCommand):
    help = (
        "Cancels queued and running jobs; returns their credits and tells the provider to stop. "
        "What a provider cannot stop is paid by the service."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_selection(parser)

    def handle(self, *args: object, **options: Any) -> None:
        jobs = selected(options)
        done = returned = running_on = 0
        progress = self.progress("jobs", total=len(jobs))
        for job in jobs:
            progress.advance()
            try:
                ended = job_control.cancel(job=job, actor=None)
            except Refusal as refusal:
                self.stdout.write(f"{job.id}  not canceled: {reason(refusal)}")
            else:
                done += 1
                running_on += job.runs_on
                returned += ended.credits
                self.stdout.write(f"{job.id}  {job.status} → {ended.status}")
        self.stdout.write(
            f"{done} canceled, {counted(returned, 'credit')} returned; {len(jobs) - done} not."
        )
        if running_on:
            self.stdout.write(f"{running_on} could not be stopped: the service pays for them.")
