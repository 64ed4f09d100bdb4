"""A sheet as one image: the grid with its heads, for a download.

Bounded: at most 64 cells of CELL px, whose thumbnails are read first and decoded one at a time.
"""

import io
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import slugify
from django.utils.translation import gettext as _
from PIL import Image, ImageDraw

from generation.files import metadata, processing, storage
from generation.files.filenames import PROMPT_LENGTH
from generation.jobs import eta, status_text
from generation.models import Job, Sheet, Status
from generation.runpod import decoding
from generation.runpod.image import InvalidImage, decode
from generation.sheets.cells import FilledSheet
from generation.sheets.lettering import Lettering

CELL = 320  # px of the longer side of an image
GAP, MARGIN = 12, 28
ROW_HEAD = 200  # px
HEAD_LINES, TITLE_LINES, STATE_LINES = 4, 3, 5
PAPER, INK, QUIET, PLATE, ACCENT = "#ffffff", "#17171a", "#626268", "#f1f1ee", "#935600"
JPEG_QUALITY = 88


@dataclass(frozen=True)
class _Layout:
    """Sizes in px."""

    cell: tuple[int, int]
    row_head: int
    column_head: int
    title: int

    def corner(self, row: int, column: int) -> tuple[int, int]:
        """Return the upper left corner of a cell."""
        width, height = self.cell
        return (
            MARGIN + self.row_head + column * (width + GAP),
            MARGIN + self.title + self.column_head + row * (height + GAP),
        )


def drawn(found: FilledSheet, *, kind: str, advance: Callable[[], object] = lambda: None) -> bytes:
    """Return the sheet as a file; `kind` is "jpeg" or "png". Prompt and parameters are in it.

    Cells without an image say why. Calls `advance` when a cell is read, and when it is drawn.
    For a worker: takes seconds of CPU, waits for `decoding.BUDGET`, raises the bucket's errors.
    """
    states = _states(found.jobs)
    files = _read(found.jobs, advance)
    layout = _layout(found)
    right, bottom = layout.corner(max(1, len(found.rows)), max(1, len(found.columns)))
    size = (right - GAP + MARGIN, bottom - GAP + MARGIN + FOOT.line_height + GAP)
    with decoding.BUDGET.spend(size[0] * size[1]):
        image = Image.new("RGB", size, PAPER)
        canvas = ImageDraw.Draw(image)
        _draw_heads(canvas, found, layout=layout, width=size[0] - 2 * MARGIN)
        for number, row in enumerate(found.rows):
            for column, job in enumerate(row.jobs):
                corner = layout.corner(number, column)
                file = files.get(job.id) if job else None
                state = states.get(job.id, "") if job else _("No longer stored")
                _draw_cell(image, corner, file=file, state=state, cell=layout.cell)
                if job and job.id == found.best:
                    _draw_best(canvas, corner, cell=layout.cell)
                advance()
        FOOT.draw(
            canvas,
            (MARGIN, size[1] - MARGIN - FOOT.line_height),
            [f"ArtGen · {date_format(timezone.localtime(found.sheet.created_at))}"],
            fill=QUIET,
        )
        data = _encoded(image, kind=kind)
    types = {metadata.source_type_of(file) for file in files.values()}
    source_type = metadata.ALGORITHMIC if types == {metadata.ALGORITHMIC} else metadata.TRAINED
    return metadata.described(data, parameters=_parameters(found.sheet), source_type=source_type)


def filename(sheet: Sheet, *, kind: str) -> str:
    """Return a name such as "tea-hills-comparison.jpg"."""
    words = slugify(sheet.prompt, allow_unicode=True)[:PROMPT_LENGTH].strip("-_") or "artgen"
    return f"{words}-comparison.{'jpg' if kind == 'jpeg' else kind}"


TITLE = Lettering(size=24, weight=600)
HEAD = Lettering(size=17, weight=550)
STATE = Lettering(size=15)
FOOT = Lettering(size=14)


def _parameters(sheet: Sheet) -> dict[str, object]:
    """Return what the file says of the sheet: what was asked for, without private source images."""
    asked = {
        name: value
        for name, value in sheet.asked.items()
        if value not in (None, "", []) and name != "source_images"
    }
    return {"model": ", ".join(sheet.asked.get("models", [])), **asked}


def _states(jobs: list[Job]) -> dict[UUID, str]:
    """Return why a cell has no image, in the active language."""
    now, forecast = timezone.now(), eta.of_jobs(jobs)
    found = {}
    for job in jobs:
        if job.status == Status.SUCCEEDED:
            found[job.id] = _("Deleted")
        elif job.is_final:
            phase = status_text.now_of(job, forecast=forecast, now=now)
            found[job.id] = ". ".join(filter(None, (phase.title, phase.detail)))
        else:
            found[job.id] = _("In progress")
    return found


def _read(jobs: list[Job], advance: Callable[[], object]) -> Mapping[UUID, bytes]:
    """Return the thumbnail of each job with an image outside of the trash."""
    found = {}
    for job in jobs:
        image = next((one for one in job.images.all() if not one.trashed_at), None)
        if image is not None:
            # Shown as deleted if it is missing: its row is about to be deleted, too.
            with suppress(FileNotFoundError):
                found[job.id] = storage.read(image.thumbnail_key)
        advance()
    return found


def _layout(found: FilledSheet) -> _Layout:
    sizes = [
        (image.width, image.height) for job in found.jobs for image in list(job.images.all())[:1]
    ] or [(job.width or 1, job.height or 1) for job in found.jobs]
    scaled = [
        (round(width * CELL / max(width, height)), round(height * CELL / max(width, height)))
        for width, height in sizes
    ] or [(CELL, CELL)]
    cell = (
        max(CELL // 2, *(one[0] for one in scaled)),
        max(CELL // 3, *(one[1] for one in scaled)),
    )
    columns = [HEAD.lines(" · ".join(one), width=cell[0], most=HEAD_LINES) for one in found.columns]
    head = max((len(lines) for lines in columns), default=0) * HEAD.line_height
    has_row_heads = any(row.labels for row in found.rows)
    width = max(1, len(found.columns)) * (cell[0] + GAP) + (ROW_HEAD if has_row_heads else 0)
    title = len(TITLE.lines(found.sheet.prompt, width=width, most=TITLE_LINES))
    return _Layout(
        cell=cell,
        row_head=ROW_HEAD if has_row_heads else 0,
        column_head=head + GAP if head else 0,
        title=title * TITLE.line_height + GAP,
    )


def _draw_heads(
    canvas: ImageDraw.ImageDraw, found: FilledSheet, *, layout: _Layout, width: int
) -> None:
    lines = TITLE.lines(found.sheet.prompt, width=width, most=TITLE_LINES)
    TITLE.draw(canvas, (MARGIN, MARGIN), lines, fill=INK)
    for column, labels in enumerate(found.columns):
        lines = HEAD.lines(" · ".join(labels), width=layout.cell[0], most=HEAD_LINES)
        x, y = layout.corner(0, column)
        top = y - GAP // 2 - len(lines) * HEAD.line_height
        HEAD.draw(canvas, (x, top), lines, fill=INK)
    for number, row in enumerate(found.rows):
        _x, y = layout.corner(number, 0)
        most = layout.cell[1] // HEAD.line_height
        lines = HEAD.lines(" · ".join(row.labels), width=ROW_HEAD - GAP * 2, most=most)
        HEAD.draw(canvas, (MARGIN, y), lines, fill=INK)


def _draw_cell(
    image: Image.Image,
    corner: tuple[int, int],
    *,
    file: bytes | None,
    state: str,
    cell: tuple[int, int],
) -> None:
    if file is not None:
        try:
            small = processing.upright(decode(file)[1]).convert("RGB")
        except InvalidImage:
            state = _("The file is damaged")
        else:
            small.thumbnail(cell, processing.SHRINKING)
            image.paste(small, corner)
            return
    canvas = ImageDraw.Draw(image)
    x, y = corner
    canvas.rectangle((x, y, x + cell[0] - 1, y + cell[1] - 1), fill=PLATE)
    most = min(STATE_LINES, max(1, (cell[1] - 2 * GAP) // STATE.line_height))
    lines = STATE.lines(state, width=cell[0] - 2 * GAP, most=most)
    STATE.draw(canvas, (x + GAP, y + GAP), lines, fill=QUIET)


def _draw_best(
    canvas: ImageDraw.ImageDraw, corner: tuple[int, int], *, cell: tuple[int, int]
) -> None:
    x, y = corner
    canvas.rectangle((x - 5, y - 5, x + cell[0] + 4, y + cell[1] + 4), outline=ACCENT, width=4)
    text = _("Best")
    width = round(HEAD.width(text))
    canvas.rectangle((x, y, x + width + 19, y + HEAD.line_height + 7), fill=ACCENT)
    HEAD.draw(canvas, (x + 10, y + 3), [text], fill=PAPER)


def _encoded(image: Image.Image, *, kind: str) -> bytes:
    file = io.BytesIO()
    if kind == "png":
        image.save(file, "PNG", compress_level=4)
    else:
        image.save(file, "JPEG", quality=JPEG_QUALITY, subsampling="4:4:4")
    return file.getvalue()
