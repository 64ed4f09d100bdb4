"""The image of a sheet for a download: asked for, drawn by a worker, kept for some days.

Drawing 64 cells takes seconds of CPU, too much for a web process. So it is a row that is due until
it is finished, like an export. While it is drawn, its lease is renewed with each progress; after
the end of a process the next one begins again when the lease has ended. An image is drawn again
only if the cells have changed since.
"""

import hashlib
import json
import logging
import threading
import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone, translation
from django.utils.translation import get_language

from accounts.models import User
from accounts.time_zones import zone_of
from artgen.refusals import Refusal
from generation.files import storage
from generation.jobs import dispatch
from generation.models import FINAL, Job, Sheet, SheetImage
from generation.sheets import cells, drawing
from generation.sheets.cells import FilledSheet

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)  # longer than reading one file from a bucket that does not respond
TRIES = 3
PAUSE = timedelta(seconds=10)  # after a failed attempt; doubled each time
KEPT = timedelta(days=7)
FAILURE_KEPT = timedelta(hours=1)
PROGRESS_SECONDS = 0.5
MESSAGES_AT_ONCE = 4
VERSION = 1
"""Of the drawing: another one makes all images again."""

_one_at_once = threading.Lock()
"""A process draws one at a time, to leave its threads and memory for the images of jobs."""


class NoSheetImage(Refusal):
    """It was not asked for, is not finished, has expired, or the cells have changed since."""

    code = "not_found"
    status = 404


class _LeaseLost(Exception):
    """The row is gone, or another process draws it."""


def ask(found: FilledSheet, *, kind: str) -> SheetImage:
    """Return the image of the sheet as it is now, or the one in progress; start it if needed.

    Its labels are in the active language. A failed one is started again.
    """
    language, shown = _language(), fingerprint(found)
    known = of_sheet(found, language=language).get(kind)
    if known and not known.failed:
        return known
    now = timezone.now()
    alike = SheetImage.objects.filter(sheet=found.sheet, kind=kind, language=language)
    try:
        with transaction.atomic():
            alike.filter(expires_at__gt=now).update(expires_at=now)
            made = SheetImage.objects.create(
                sheet=found.sheet,
                user_id=found.sheet.user_id,
                kind=kind,
                language=language,
                fingerprint=shown,
                created_at=now,
                due_at=now,
                total=len(found.sheet.jobs),
            )
            dispatch.draw_sheet(made.id)
    except IntegrityError:  # `one_sheet_image_at_once`
        return alike.order_by("-id")[0]
    return made


def of_sheet(found: FilledSheet, *, language: str = "") -> dict[str, SheetImage]:
    """Return by kind what there is of the sheet as it is now: in progress, ready or failed.

    By default with labels in the active language.
    """
    rows = (
        SheetImage.objects.filter(sheet=found.sheet, language=language or _language())
        .unexpired()
        .order_by("id")
    )
    shown = fingerprint(found)
    return {row.kind: row for row in rows if row.due_at or row.fingerprint == shown}


def address_of(found: FilledSheet, *, kind: str) -> str:
    """Return the short-lived URL of the file; raise NoSheetImage."""
    row = of_sheet(found).get(kind)
    if row is None or not row.is_ready:
        raise NoSheetImage
    return storage.download_url(row.key, filename=drawing.filename(found.sheet, kind=kind))


def absolute_url(found: FilledSheet, image: SheetImage) -> str:
    """Return the short-lived URL of a ready image with scheme and host, for API clients."""
    name = drawing.filename(found.sheet, kind=image.kind)
    return storage.absolute_download_url(image.key, filename=name)


def fingerprint(found: FilledSheet) -> str:
    """Return a digest of what the image shows, apart from kind and language (hex)."""
    sheet = found.sheet
    shown = [
        VERSION,
        [sheet.prompt, sheet.rows, sheet.columns, sheet.asked],
        [[_shown_of(job) for job in row.jobs] for row in found.rows],
        str(found.best),
    ]
    return hashlib.sha256(json.dumps(shown, sort_keys=True).encode()).hexdigest()


def hint_due() -> None:
    """Send a message for the images that are due, the oldest first."""
    due = SheetImage.objects.filter(due_at__lte=timezone.now()).order_by("due_at")
    for image_id in due.values_list("id", flat=True)[:MESSAGES_AT_ONCE]:
        dispatch.draw_sheet(image_id)


def step(image_id: UUID) -> None:
    """Draw one image; do nothing if it is not due or this process draws another one."""
    if not _one_at_once.acquire(blocking=False):
        return  # the one that is drawn sends the next message
    try:
        draw(image_id)
    finally:
        _one_at_once.release()
    hint_due()


def draw(image_id: UUID) -> None:
    """Draw the image if it is due and no other process draws it."""
    now = timezone.now()
    due_at = now + LEASE
    claimed = SheetImage.objects.filter(id=image_id, due_at__lte=now).update(
        due_at=due_at, tries=F("tries") + 1, done=0
    )
    row = SheetImage.objects.select_related("sheet", "user").filter(id=image_id).first()
    if not claimed or row is None:
        return
    lease = _Lease(row)
    if row.tries > TRIES or not row.user.is_active or row.sheet.deleted_at:
        lease.end(failed=True, expires_at=timezone.now() + FAILURE_KEPT)
        return
    try:
        _store(row, lease)
    except _LeaseLost:
        _delete_orphan(row)
    except Exception:
        log.exception("a sheet could not be drawn", extra={"sheet_image": str(row.id)})
        _fail(row, lease)


def forget_expired() -> None:
    """Delete images that have expired, or that show cells that have changed; files first."""
    now = timezone.now()
    finished = SheetImage.objects.filter(expires_at__isnull=False)
    _delete(finished.filter(expires_at__lte=now))
    kept = finished.filter(failed=False).select_related("sheet").order_by("sheet_id")
    shown: dict[UUID, str] = {}
    for row in kept.iterator(chunk_size=200):
        if row.sheet_id not in shown:
            shown = {row.sheet_id: fingerprint(cells.filled(row.sheet))}
        if row.fingerprint != shown[row.sheet_id]:
            _delete([row])


def forget_sheets(*, deleted_before: datetime) -> None:
    """Delete permanently the sheets that were deleted before then, the files of images first."""
    gone = Sheet.objects.filter(deleted_at__lt=deleted_before)
    _delete(SheetImage.objects.filter(sheet__in=gone))
    cells.forget_deleted(deleted_before=deleted_before)


def delete_files(user: User) -> None:
    """Remove the files of a user's images, whose rows are about to be deleted."""
    for row in SheetImage.objects.filter(user=user):
        storage.delete(_key_of(row))


def _delete(rows: Iterable[SheetImage]) -> None:
    for row in rows:
        storage.delete(_key_of(row))
        row.delete()


def _store(row: SheetImage, lease: "_Lease") -> None:
    with translation.override(row.language), timezone.override(zone_of(row.user.time_zone)):
        found = cells.filled(row.sheet)
        data = drawing.drawn(found, kind=row.kind, advance=lease.advance)
    key = _key_of(row)
    lease.advance()
    storage.save(key, data, content_type=f"image/{row.kind}")
    if not lease.end(
        fingerprint=fingerprint(found), key=key, bytes=len(data), expires_at=timezone.now() + KEPT
    ):
        raise _LeaseLost


def _fail(row: SheetImage, lease: "_Lease") -> None:
    if row.tries < TRIES:
        lease.give_back(due_at=timezone.now() + PAUSE * 2 ** (row.tries - 1))
    else:
        lease.end(failed=True, expires_at=timezone.now() + FAILURE_KEPT)


def _delete_orphan(row: SheetImage) -> None:
    """Remove the file of a row that was deleted while it was drawn."""
    if not SheetImage.objects.filter(id=row.id).exists():
        storage.delete(_key_of(row))


class _Lease:
    """The right of this process to draw a row; `due_at` is its end, and proves it."""

    def __init__(self, row: SheetImage) -> None:
        self._row_id, self._due_at, self._total = row.id, row.due_at, row.total
        self._calls = 0
        self._next = time.monotonic() + PROGRESS_SECONDS

    def advance(self) -> None:
        """Count half a cell; sometimes write it down and renew the lease. Raise _LeaseLost.

        It is called when a cell is read, and again when it is drawn.
        """
        self._calls += 1
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + PROGRESS_SECONDS
        due_at = timezone.now() + LEASE
        if not self._write(due_at=due_at, done=min(self._total, self._calls // 2)):
            raise _LeaseLost
        self._due_at = due_at

    def end(self, **fields: object) -> bool:
        """Finish the row with these fields; return False if the lease was lost."""
        return self._write(due_at=None, **fields)

    def give_back(self, *, due_at: datetime) -> None:
        """Let any process try again at that time."""
        self._write(due_at=due_at)

    def _write(self, **fields: object) -> bool:
        mine = SheetImage.objects.filter(id=self._row_id, due_at=self._due_at)
        return bool(mine.update(**fields))


def _shown_of(job: Job | None) -> list[str]:
    """Return what the image shows of a cell."""
    if job is None:
        return []
    image = next((str(one.id) for one in job.images.all() if not one.trashed_at), "")
    return [str(job.id), job.status if job.status in FINAL else "", image]


def _key_of(row: SheetImage) -> str:
    return storage.sheet_key(image_id=row.id, kind=row.kind)


def _language() -> str:
    return (get_language() or "en")[:8]
