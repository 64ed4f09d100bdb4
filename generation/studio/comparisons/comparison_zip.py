"""A sheet for a download: a ZIP of its images, named after their cells, with a table of them."""

import csv
import io
from collections.abc import Generator
from uuid import UUID

from django.utils.text import slugify

from accounts.credits.credits_csv import harmless
from generation.files.download_names import PROMPT_LENGTH
from generation.gallery import own_images, zip_archive
from generation.models import Image, Job
from generation.studio.comparisons.cells import FilledSheet

TABLE = "comparison.csv"
COLUMNS = ("image", "row", "column", "status", "model", "seed", "favorite", "job")


def pack(filled: FilledSheet) -> Generator[bytes]:
    """Return the archive in pieces: `zip_archive.pack`, with TABLE, a line for each cell."""
    names: dict[UUID, str] = {}
    table = io.StringIO("\ufeff")  # Excel needs the byte order mark to recognize UTF-8
    table.seek(0, io.SEEK_END)
    writer = csv.writer(table)
    writer.writerow(COLUMNS)
    for number, row in enumerate(filled.rows, 1):
        for column_number, (labels, job) in enumerate(
            zip(filled.columns, row.jobs, strict=True), 1
        ):
            if job is None:
                continue
            name = ""
            if image := _image_of(job):
                words = slugify(" ".join([*row.labels, *labels]), allow_unicode=True)
                name = f"{number}-{column_number}-{words[:PROMPT_LENGTH]}".strip("-_")
                names[image.id] = name
            writer.writerow(
                [
                    name,
                    harmless(" · ".join(row.labels)),
                    harmless(" · ".join(labels)),
                    job.status,
                    job.model.slug,
                    job.seed,
                    "yes" if image and image.favorite else "",
                    job.id,
                ]
            )
    return zip_archive.pack(
        own_images.each(user=filled.sheet.user, ids=list(names)),
        names=names,
        texts={TABLE: table.getvalue()},
    )


def filename(filled: FilledSheet) -> str:
    """Return a name such as "tea-hills-comparison.zip"."""
    words = slugify(filled.sheet.prompt, allow_unicode=True)[:PROMPT_LENGTH].strip("-_")
    return f"{words or 'artgen'}-comparison.zip"


def _image_of(job: Job) -> Image | None:
    return next((image for image in job.images.all() if not image.trashed_at), None)
