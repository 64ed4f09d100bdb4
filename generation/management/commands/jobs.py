"""`jobs [--status S] [--stuck] [--model M] [--user E] [--limit N]`: the newest jobs as a table."""

from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.utils import timezone

from artgen.management.base import BaseCommand
from artgen.management.number_arguments import Whole
from generation.management.job_selection import add_filters, filtered
from generation.management.text_table import counted, lines, one_line, span
from generation.models import Job, Status

MAX_PROMPT_LENGTH = 50
MAX_LIMIT = 1_000_000
HEAD = ("ID", "STATUS", "AGE", "DUE", "ATTEMPT", "MODEL", "USER", "PROMPT")


class Command(BaseCommand):
    help = (
        "Lists the newest jobs. --stuck: jobs that are overdue by a minute, past their deadline, "
        "missing at RunPod, or not confirmed by RunPod. DUE is the time until the next check, "
        "negative if overdue, and 'turn' for queued jobs."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_filters(parser)
        parser.add_argument(
            "--stuck", action="store_true", help="only jobs that require an operator"
        )
        parser.add_argument(
            "--limit",
            type=Whole(0, MAX_LIMIT),
            default=50,
            metavar="N",
            help="maximum number of jobs (50)",
        )
        parser.add_argument(
            "--json", action="store_true", help='print {"total", "jobs": [{"id", "status", …}]}'
        )

    def handle(self, *args: object, stuck: bool, limit: int, **options: Any) -> None:
        jobs = filtered(status=options["status"], model=options["model"], user=options["user"])
        if stuck:
            jobs = jobs.stuck()
        now, total = timezone.now(), jobs.count()
        newest = jobs.newest_first()[:limit]
        if options["json"]:
            self.write_json({"total": total, "jobs": [_as_json(job) for job in newest]})
            return
        rows = [_row(job, now) for job in newest]
        if rows:
            for line in lines(HEAD, rows):
                self.stdout.write(line)
        self.stdout.write(
            f"{len(rows)} of {total} jobs." if len(rows) < total else f"{counted(total, 'job')}."
        )


def _as_json(job: Job) -> dict[str, Any]:
    return {
        "id": job.id,
        "status": job.status,
        "model": job.model.slug,
        "user": job.user.email,
        "attempt": job.attempt,
        "runpod_id": job.runpod_id,
        "credits": job.credits,
        "created_at": _iso(job.created_at),
        "due_at": _iso(job.due_at),
        "parked_until": _iso(job.parked_until),
        "finished_at": _iso(job.finished_at),
        "error_code": job.error_code,
        "error_detail": job.error_detail,
        "prompt": job.prompt,
    }


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _row(job: Job, now: datetime) -> tuple[str, ...]:
    status = f"{job.status} ({job.error_code})" if job.error_code else job.status
    if job.status == Status.SUBMITTED and not job.runpod_id:
        status = f"{job.status} (unknown)"
    if job.is_parked(now=now):
        status = f"{job.status} (parked)"
    return (
        str(job.id),
        status,
        span(((job.finished_at or now) - job.created_at).total_seconds()),
        _due(job, now),
        str(job.attempt),
        job.model.slug,
        job.user.email,
        one_line(job.prompt, max_length=MAX_PROMPT_LENGTH),
    )


def _due(job: Job, now: datetime) -> str:
    if job.due_at is None:
        return "-"
    if job.status == Status.QUEUED and job.due_at <= now:
        return "turn"
    return span((job.due_at - now).total_seconds())
