"""Everything of a user's as ZIP files in the bucket, prepared beside the requests and handed out for some days.

25,000 pictures are tens of gigabytes: no request lives that long and no machine holds that much. So an export is a row
that is due until it is finished; each step writes one part of at most EXPORT_PART_BYTES straight into the bucket and
notes how far it got. A step that is lost, doubled or fails is done again; parts that are there are not.
"""

import logging
import zipfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import IntegrityError, transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from accounts import emails
from accounts.export import account_files
from accounts.models import User
from artgen.refusals import Refusal
from generation.files import storage
from generation.gallery.archive import picture_entry, text_entry
from generation.jobs import dispatch
from generation.models import Export, Image, Upload
from generation.user_data import export_contents

log = logging.getLogger(__name__)

AT_ONCE = 2  # steps in all of ArtGen, so that pictures are drawn meanwhile
LEASE = timedelta(seconds=1600)  # longer than the task's time limit: no two write one part
TRIES = 6
PAUSE = timedelta(minutes=1)  # after a step that failed; doubled each time
FILES_MOST = 2000  # in one part, however small they are
TELL_EVERY = 25  # files


class NoSuchPart(Refusal):
    """There is no such file, or the export has expired."""

    code = "not_found"
    status = 404


def ask(user: User) -> Export:
    """Return the export that begins now, or the one that is being prepared; an older one ends with that."""
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
    """Return the user's newest export that is being prepared, can be had, or has failed lately."""
    rows = Export.objects.of(user).order_by("-id")
    export = rows.first()
    return (
        export
        if export and (export.due_at or (export.expires_at and export.expires_at > timezone.now()))
        else None
    )


def hint_due() -> None:
    """Have the exports that wait for their next step go on, as many as may at once."""
    now = timezone.now()
    room = AT_ONCE - Export.objects.filter(due_at__gt=now).count()
    if room > 0:
        for export_id in (
            Export.objects.filter(due_at__lte=now)
            .order_by("due_at")
            .values_list("id", flat=True)[:room]
        ):
            dispatch.export(export_id)


def step(export_id: UUID) -> None:
    """Write the next part, or finish; nothing where somebody else does, too many are at work, or it is not due."""
    now = timezone.now()
    if Export.objects.filter(due_at__gt=now).count() >= AT_ONCE:
        return
    if not Export.objects.filter(id=export_id, due_at__lte=now).update(due_at=now + LEASE):
        return
    export = Export.objects.select_related("user").get(id=export_id)
    if not export.user.is_active:
        _changed(export, due_at=None, expires_at=now, failed=True)
        return
    try:
        with emails.in_the_words_of(export.user):
            more = _write_part(export)
    except Exception:
        log.exception("a part of an export could not be written", extra={"export": str(export_id)})
        _failed(export)
        return
    if more:
        if _changed(export, due_at=timezone.now(), tries=0, **_progress(export)):
            dispatch.export(export.id)
    elif _changed(export, due_at=None, expires_at=_end(), **_progress(export)):
        emails.post(_ready(export))


def address_of(export: Export, number: int) -> str:
    """Return the short-lived address of part `number` from 1; raise NoSuchPart."""
    if export.failed or not 1 <= number <= len(export.parts) or not export.expires_at:
        raise NoSuchPart
    if export.expires_at <= timezone.now():
        raise NoSuchPart
    return storage.download_url(export.parts[number - 1]["key"], filename=filename(export, number))


def filename(export: Export, number: int) -> str:
    """Return what the browser calls part `number`."""
    of = f"-{number}-of-{len(export.parts)}" if len(export.parts) > 1 else ""
    return f"artgen-{timezone.localtime(export.created_at):%Y-%m-%d}{of}.zip"


def forget_expired() -> int:
    """Remove what nobody gets any more, files first, and return how many exports."""
    count = 0
    for export in Export.objects.filter(expires_at__lte=timezone.now()).order_by("expires_at"):
        storage.delete_all(storage.export_folder(user_id=export.user_id, export_id=export.id))
        export.delete()
        count += 1
    return count


def _write_part(export: Export) -> bool:
    """Write one part if anything is left, note it in `export`, and return whether there may be more."""
    number = len(export.parts) + 1
    files = list(_next_files(export))
    if number > 1 and not files:
        return False
    folder = storage.export_folder(user_id=export.user_id, export_id=export.id)
    key, done = f"{folder}{number}.zip", export.done
    with storage.writing(key) as write:
        sink = _Sink(write)
        with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive:
            if number == 1:
                _write_texts(archive, export.user)
            for count, (name, row) in enumerate(files, 1):
                _write_file(archive, name, row)
                if count % TELL_EVERY == 0:
                    Export.objects.filter(id=export.id, due_at=export.due_at).update(
                        done=done + count
                    )
    export.parts = [*export.parts, {"key": key, "bytes": sink.count, "files": len(files)}]
    export.done = done + len(files)
    for _name, row in files:
        if isinstance(row, Image):
            export.after_image = row.id
        else:
            export.after_upload = row.id
    return bool(files)


def _next_files(export: Export) -> Iterator[tuple[str, Image | Upload]]:
    """Yield what goes into the next part, with the names in it: pictures, then uploads."""
    images = Image.objects.of(export.user).present().order_by("id")
    uploads = Upload.objects.filter(user=export.user).order_by("id")
    if export.after_image:
        images = images.filter(id__gt=export.after_image)
    if export.after_upload:
        uploads = uploads.filter(id__gt=export.after_upload)
    size = count = 0
    for rows in (images, uploads):
        row: Image | Upload
        for row in rows[: FILES_MOST - count]:
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
    """Copy one file; one that is gone leaves a note in its place rather than no export at all."""
    try:
        data = storage.read(row.key)
    except FileNotFoundError:
        archive.writestr(text_entry(f"{name}.missing.txt"), b"")
        return
    archive.writestr(picture_entry(name, created_at=row.created_at), data)


class _Sink:
    """A file that can only be appended to and counts: zipfile writes sizes behind each entry then."""

    def __init__(self, write: Callable[[bytes], int]) -> None:
        self._write = write
        self.count = 0

    def write(self, data: bytes, /) -> int:
        self._write(bytes(data))
        self.count += len(data)
        return len(data)

    def flush(self) -> None:
        """Do nothing: whoever opened the file flushes and closes it."""

    def close(self) -> None:
        """Do nothing, as well."""


def _failed(export: Export) -> None:
    tries = export.tries + 1
    if tries < TRIES:
        _changed(export, due_at=timezone.now() + PAUSE * 2**export.tries, tries=tries)
    else:
        _changed(export, due_at=None, expires_at=_end(), failed=True, tries=tries)


def _changed(export: Export, **fields: object) -> bool:
    """Write fields unless somebody else has taken the export over, or the account is gone; tell whether."""
    return bool(Export.objects.filter(id=export.id, due_at=export.due_at).update(**fields))


def _progress(export: Export) -> dict[str, object]:
    return {
        name: getattr(export, name) for name in ("parts", "done", "after_image", "after_upload")
    }


def _end() -> object:
    return timezone.now() + timedelta(days=settings.EXPORT_DAYS)


def _ready(export: Export) -> EmailMessage:
    with emails.in_the_words_of(export.user):
        return emails.compose(
            "generation/emails/export_ready",
            to=export.user.email,
            link=emails.absolute(reverse("account_data")),
            days=settings.EXPORT_DAYS,
        )
