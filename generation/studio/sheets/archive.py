"""A sheet for a download: a ZIP of its images, named after their cells, with a table of them."""

import csv
import io
from collections.abc import Generator
from uuid import UUID

from django.utils.text import slugify

from accounts.user_data.export import harmless
from generation.files.filenames import PROMPT_LENGTH
from generation.gallery import archive, images
from generation.models import Image, Job
from generation.studio.sheets.cells import FilledSheet

TABLE = "comparison.csv"
COLUMNS = ("image", "row", "column", "status", "model", "seed", "best", "job")


def pack(found: FilledSheet) -> Generator[bytes]:
    """Return the archive in pieces: `archive.pack`, with TABLE, which has a line for each cell."""
    names: dict[UUID, str] = {}
    table = io.StringIO("\ufeff")  # Excel needs the byte order mark to recognize UTF-8
    table.seek(0, io.SEEK_END)
    writer = csv.writer(table)
    writer.writerow(COLUMNS)
    for number, row in enumerate(found.rows, 1):
        for place, (labels, job) in enumerate(zip(found.columns, row.jobs, strict=True), 1):
            if job is None:
                continue
            name = ""
            if image := _image_of(job):
                words = slugify(" ".join([*row.labels, *labels]), allow_unicode=True)
                name = f"{number}-{place}-{words[:PROMPT_LENGTH]}".strip("-_")
                names[image.id] = name
            writer.writerow(
                [
                    name,
                    harmless(" · ".join(row.labels)),
                    harmless(" · ".join(labels)),
                    job.status,
                    job.model.slug,
                    job.seed,
                    "yes" if job.id == found.best else "",
                    job.id,
                ]
            )
    return archive.pack(
        images.each(user=found.sheet.user, ids=list(names)),
        names=names,
        texts={TABLE: table.getvalue()},
    )


def filename(found: FilledSheet) -> str:
    """Return a name such as "tea-hills-comparison.zip"."""
    words = slugify(found.sheet.prompt, allow_unicode=True)[:PROMPT_LENGTH].strip("-_")
    return f"{words or 'artgen'}-comparison.zip"


def _image_of(job: Job) -> Image | None:
    return next((image for image in job.images.all() if not image.trashed_at), None)
