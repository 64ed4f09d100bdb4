"""A sheet with the state of its cells: read it, cancel the rest, delete and restore it."""

from collections.abc import Sequence
from dataclasses import dataclass

from accounts.models import User
from generation.jobs.engine import job_control
from generation.models import ACTIVE, Job, Sheet, Status
from generation.studio.comparisons.comparison_plan import Head


@dataclass(frozen=True)
class SheetRow:
    """The labels of a row, and its jobs; None: a job that is no longer stored."""

    labels: list[str]
    jobs: list[Job | None]


@dataclass(frozen=True)
class FilledSheet:
    sheet: Sheet
    columns: list[list[str]]
    """The labels of each column."""
    rows: list[SheetRow]

    @property
    def jobs(self) -> list[Job]:
        return [job for row in self.rows for job in row.jobs if job]

    @property
    def cancelable(self) -> list[Job]:
        return [job for job in self.jobs if job.is_cancelable]

    @property
    def returned(self) -> int:
        """The credits that canceling the rest returns."""
        return sum(job.credits - job.cancel_price for job in self.cancelable)

    @property
    def is_active(self) -> bool:
        return any(job.status in ACTIVE for job in self.jobs)

    @property
    def done(self) -> int:
        return sum(job.status == Status.SUCCEEDED for job in self.jobs)


def filled(sheet: Sheet) -> FilledSheet:
    """Return the sheet with its jobs and their images, in a constant number of queries."""
    jobs_by_id = {
        str(job.id): job
        for job in Job.objects.of(sheet.user_id).with_all().filter(id__in=sheet.jobs)
    }
    width = max(1, len(sheet.columns))
    rows = [
        SheetRow(
            labels_of(heads),
            [jobs_by_id.get(job_id) for job_id in sheet.jobs[start : start + width]],
        )
        for heads, start in zip(sheet.rows, range(0, len(sheet.jobs), width), strict=True)
    ]
    return FilledSheet(sheet, columns=[labels_of(heads) for heads in sheet.columns], rows=rows)


def labels_of(heads: Sequence[dict[str, object]]) -> list[str]:
    """Return the labels of a row or column as it is stored, in the active language."""
    return [Head(str(head["by"]), head["value"], str(head["text"])).label for head in heads]


def cancel_rest(sheet: Sheet, *, actor: User, max_credits: int = 0) -> job_control.Canceled:
    jobs = Job.objects.of(sheet.user_id).active().filter(id__in=sheet.jobs)
    return job_control.cancel_each(jobs, actor=actor, max_credits=max_credits)
