"""Export of all data of a user: ZIP files in the bucket, available for some days.

25,000 images are tens of gigabytes, too much for one request or one machine's memory. So an export
is a row that is due until it is finished. Each step writes one part of at most EXPORT_PART_BYTES
directly to the bucket and records its progress. A lost, repeated or failed step is repeated;
complete parts are not.
"""

import logging
import zipfile
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import TypedDict
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import IntegrityError, transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from accounts.emails import outbox, rendering
from accounts.models import User, WebhookTopic
from accounts.user_data.export import account_files
from accounts.webhooks import outbox as webhooks
from accounts.webhooks.outbox import WebhookEvent
from artgen.api.json_types import IdText, MomentText
from artgen.api.times import time_json
from artgen.database.due_rows import claim_due, pause_after, update_claimed
from artgen.refusals import Refusal
from generation.files import object_keys, storage
from generation.gallery.zip_archive import image_entry, text_entry
from generation.jobs.engine import dispatch
from generation.models import Export, Image, Upload
from generation.user_data import export_contents

log = logging.getLogger(__name__)

MAX_RUNNING = 2  # steps in the whole installation, to leave workers for jobs
LEASE = timedelta(seconds=1600)  # longer than the task's time limit, so one process writes a part
MAX_ATTEMPTS = 6  # of a step
PROGRESS_EVERY = 25  # files
MAX_FILES_PER_PART = 2000


class ExportReadyJson(TypedDict):
    """A data export that can be downloaded."""

    id: IdText
    expires_at: MomentText


class NoSuchPart(Refusal):
    code = "not_found"
    status = 404


def start(user: User) -> Export:
    """Start an export, which ends an older one, or return the one in progress."""
    now = timezone.now()
    total = Image.objects.of(user).present().count() + Upload.objects.filter(user=user).count()
    try:
        with transaction.atomic():
            Export.objects.of(user).filter(expires_at__gt=now).update(expires_at=now)
            made = Export.objects.create(user=user, created_at=now, due_at=now, total=total)
            dispatch.export(made.id)
    except IntegrityError:  # `one_export_at_once_per_user`
        return Export.objects.of(user).active().get()
    return made


def latest(user: User) -> Export | None:
    """Return the user's newest export if it is in progress, available or recently failed."""
    rows = Export.objects.of(user).order_by("-id")
    export = rows.first()
    return (
        export
        if export and (export.due_at or (export.expires_at and export.expires_at > timezone.now()))
        else None
    )


def hint_due() -> None:
    """Send a message for each due export, as many as may run."""
    now = timezone.now()
    room = MAX_RUNNING - Export.objects.filter(due_at__gt=now).count()
    if room > 0:
        for export_id in (
            Export.objects.filter(due_at__lte=now)
            .order_by("due_at")
            .values_list("id", flat=True)[:room]
        ):
            dispatch.export(export_id)


def step(export_id: UUID) -> None:
    """Write the next part or finish; do nothing if it is not due or too many are running."""
    now = timezone.now()
    if Export.objects.filter(due_at__gt=now).count() >= MAX_RUNNING:
        return
    export = claim_due(Export.objects.filter(id=export_id).select_related("user"), lease=LEASE)
    if not export:
        return
    if not export.user.is_active:
        update_claimed(export, due_at=None, expires_at=now, failed=True)
        return
    try:
        with rendering.localized_for(export.user):
            more = _write_part(export)
    except Exception:
        log.exception("a part of an export could not be written", extra={"export": str(export_id)})
        _note_failure(export)
        return
    if more:
        if update_claimed(export, due_at=timezone.now(), attempts=0, **_progress(export)):
            dispatch.export(export.id)
    else:
        _finish(export)


def _finish(export: Export) -> None:
    """Make the files available, and tell the user and the user's webhooks."""
    with transaction.atomic():
        expires_at = _end()
        if update_claimed(export, due_at=None, expires_at=expires_at, **_progress(export)):
            outbox.enqueue(export_ready(export))
            if webhooks.wants(export.user.webhook_topics, WebhookTopic.EXPORTS):
                data: ExportReadyJson = {
                    "id": str(export.id),
                    "expires_at": time_json(expires_at),
                }
                event = WebhookEvent(WebhookTopic.EXPORTS, "export.ready", data)
                webhooks.write(export.user_id, [event])


def address_of(export: Export, number: int) -> str:
    """Return the short-lived URL of part `number` from 1; raise NoSuchPart."""
    if export.failed or not 1 <= number <= len(export.parts) or not export.expires_at:
        raise NoSuchPart
    if export.expires_at <= timezone.now():
        raise NoSuchPart
    return storage.download_url(export.parts[number - 1]["key"], filename=filename(export, number))


def filename(export: Export, number: int) -> str:
    of = f"-{number}-of-{len(export.parts)}" if len(export.parts) > 1 else ""
    return f"artgen-{timezone.localtime(export.created_at):%Y-%m-%d}{of}.zip"


def forget_expired() -> int:
    count = 0
    for export in Export.objects.filter(expires_at__lte=timezone.now()).order_by("expires_at"):
        delete_files(export)
        export.delete()
        count += 1
    return count


def delete_files(export: Export) -> None:
    storage.delete_all(object_keys.export_folder(export_id=export.id))


def _write_part(export: Export) -> bool:
    """Write the next part, if any, record it in `export`, and return whether more may follow."""
    number = len(export.parts) + 1
    files = list(_next_files(export))
    if number > 1 and not files:
        return False
    folder = object_keys.export_folder(export_id=export.id)
    key, done = f"{folder}{number}.zip", export.done
    with storage.writing(key) as write:
        sink = _Sink(write)
        with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive:
            if number == 1:
                _write_texts(archive, export.user)
            for count, (name, row) in enumerate(files, 1):
                _write_file(archive, name, row)
                if count % PROGRESS_EVERY == 0:
                    update_claimed(export, done=done + count)
    export.parts = [*export.parts, {"key": key, "bytes": sink.count, "files": len(files)}]
    export.done = done + len(files)
    for _name, row in files:
        if isinstance(row, Image):
            export.after_image = row.id
        else:
            export.after_upload = row.id
    return bool(files)


def _next_files(export: Export) -> Iterator[tuple[str, Image | Upload]]:
    """Yield path and row of the files of the next part: images, then uploads."""
    images = Image.objects.of(export.user).present().order_by("id")
    uploads = Upload.objects.filter(user=export.user).order_by("id")
    if export.after_image:
        images = images.filter(id__gt=export.after_image)
    if export.after_upload:
        uploads = uploads.filter(id__gt=export.after_upload)
    size = count = 0
    for rows in (images, uploads):
        row: Image | Upload
        for row in rows[: MAX_FILES_PER_PART - count]:
            if count and size + row.bytes > settings.EXPORT_PART_BYTES:
                return
            size, count = size + row.bytes, count + 1
            yield export_contents.name_of(row), row


def _write_texts(archive: zipfile.ZipFile, user: User) -> None:
    with archive.open(text_entry("README.txt"), "w") as file:
        context = {"user": user, "host": settings.PUBLIC_URL.partition("://")[2]}
        file.write(render_to_string("generation/export/readme.txt", context).encode())
    for name, pieces in (*account_files(user), *export_contents.files(user)):
        with archive.open(text_entry(name), "w", force_zip64=True) as file:
            for piece in pieces:
                file.write(piece.encode())


def _write_file(archive: zipfile.ZipFile, name: str, row: Image | Upload) -> None:
    """Copy one file; a missing one becomes a note, so that the export does not fail."""
    try:
        data = storage.read(row.key)
    except FileNotFoundError:
        archive.writestr(text_entry(f"{name}.missing.txt"), b"")
        return
    archive.writestr(image_entry(name, created_at=row.created_at), data)


class _Sink:
    """An append-only file that counts bytes: zipfile then writes sizes after each entry."""

    def __init__(self, write: Callable[[bytes], int]) -> None:
        self._write = write
        self.count = 0

    def write(self, data: bytes, /) -> int:
        self._write(bytes(data))
        self.count += len(data)
        return len(data)

    def flush(self) -> None:
        """Do nothing: the caller flushes and closes the file."""

    def close(self) -> None:
        """Do nothing, as for flush."""


def _note_failure(export: Export) -> None:
    if export.attempts < MAX_ATTEMPTS:
        update_claimed(export, due_at=timezone.now() + pause_after(export.attempts))
    else:
        update_claimed(export, due_at=None, expires_at=_end(), failed=True)


def _progress(export: Export) -> dict[str, object]:
    return {
        name: getattr(export, name) for name in ("parts", "done", "after_image", "after_upload")
    }


def _end() -> datetime:
    return timezone.now() + timedelta(days=settings.EXPORT_DAYS)


def export_ready(export: Export) -> EmailMessage:
    with rendering.localized_for(export.user):
        return rendering.compose(
            "generation/emails/export_ready",
            to=export.user.email,
            link=rendering.absolute_url(reverse("account_data")),
            days=settings.EXPORT_DAYS,
        )
