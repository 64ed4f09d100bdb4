"""The sheet that a batch forms: stored with its jobs, and changed when a cell is queued again."""

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict
from uuid import UUID

from django.utils.translation import gettext_lazy

from accounts.models import User
from artgen.refusals import Refusal
from generation.models import Job, Sheet


class SheetOrder(TypedDict):
    """The sheet that a batch forms: see `models.Sheet`. `asked` is what a key stands for."""

    prompt: str
    rows: list[list[dict[str, Any]]]
    columns: list[list[dict[str, Any]]]
    asked: Mapping[str, Any]


class CellReplaced(Refusal):
    """The job was a cell of a comparison, and was queued again there: by another tab or person."""

    code = "already_final"
    status = 409
    text = gettext_lazy("This image of the comparison was already queued again.")


def store(sheet: Mapping[str, Any], *, user: User, batch_id: UUID, jobs: Sequence[Job]) -> None:
    """Insert a SheetOrder of a batch; `jobs` are its cells, row by row."""
    Sheet.objects.create(
        id=batch_id,
        user=user,
        jobs=[str(job.id) for job in jobs],
        **sheet,
        created_at=jobs[0].created_at,
    )


def sheet_of(job: Job) -> UUID | None:
    """Return the id of the sheet in which the job is a cell, None for other jobs.

    Raises CellReplaced: it was one, and another job has its place.
    """
    if not job.batch:
        return None
    sheet = Sheet.objects.filter(id=job.batch).first()
    if sheet is None:
        return None
    if str(job.id) not in sheet.jobs:
        raise CellReplaced
    return sheet.id


def replace_cell(sheet_id: UUID, *, job: Job, by: Job) -> None:
    """Put the new job into the cell of the old one; raise CellReplaced."""
    # Locked: two cells, or one twice, may be placed again at the same time.
    sheet = Sheet.objects.select_for_update().get(id=sheet_id)
    if str(job.id) not in sheet.jobs:
        raise CellReplaced
    jobs = [str(by.id) if cell == str(job.id) else cell for cell in sheet.jobs]
    Sheet.objects.filter(id=sheet.id).update(jobs=jobs)
