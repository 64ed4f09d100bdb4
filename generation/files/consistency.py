"""Compare the rows of files with the files in the bucket."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from django.db.models import Q

from generation.files import object_keys, storage
from generation.models import Export, Image, Job, SavedImage, Upload

PREFIXES = tuple(f"{folder}/" for folder in object_keys.FOLDERS)
TEMPORARY = {"exports/": Export}
"""Files that are made again on request, so backups leave them out, with the model of their rows."""
ROWS_AT_ONCE = 1000
ID_LENGTH = 36
CONFIRMED = 100


@dataclass(frozen=True)
class Difference:
    """One file that differs; `detail` says what was expected and what was found."""

    kind: Literal["missing", "size", "sha256", "orphan"]
    key: str
    detail: str


@dataclass(frozen=True)
class ExpectedFile:
    key: str
    bytes: int | None  # None: not recorded, as of thumbnails
    sha256: str  # "": not recorded, as of thumbnails
    row: str
    origin: str  # sha256 of the file that it was made from, or its own; "" if temporary


def count() -> int:
    parts = sum(len(parts) for parts in Export.objects.values_list("parts", flat=True))
    large = Image.objects.exclude(large_key="").count()
    return Image.objects.count() * 2 + large + Upload.objects.count() + parts


def compare(
    *, deep: bool = False, advance: Callable[[], object] = lambda: None
) -> Iterator[Difference]:
    """Yield every difference: missing file, wrong size, wrong sha256 (`deep`), file without a row.

    Calls `advance` after each file of a row.

    Keeps the keys of the bucket in memory, about 150 bytes each. Files change while ArtGen runs, so
    each difference is checked a second time before it is reported; of missing files only the first
    CONFIRMED, because each takes a round trip.
    """
    sizes = {key: size for prefix in PREFIXES for key, size in storage.listing(prefix)}
    missing = 0
    for expected in expected_files():
        size = sizes.pop(expected.key, None)
        if size is None and missing >= CONFIRMED:
            yield Difference("missing", expected.key, expected.row)
        elif difference := _of(expected, size, deep=deep):
            missing += difference.kind == "missing"
            yield difference
        advance()
    for key, size in sorted(sizes.items()):
        if not (_has_row(key) or _may_get_row(key)):
            yield Difference("orphan", key, f"{size} bytes without a row")


def _of(expected: ExpectedFile, size: int | None, *, deep: bool) -> Difference | None:
    if size is None or deep:
        try:
            data = storage.read(expected.key)
        except FileNotFoundError:
            # The row may have been deleted since the rows were read.
            return (
                Difference("missing", expected.key, expected.row)
                if _has_row(expected.key)
                else None
            )
        size = len(data)
        digest = hashlib.sha256(data).hexdigest()
        if deep and expected.sha256 and size == expected.bytes and digest != expected.sha256:
            return Difference(
                "sha256",
                expected.key,
                f"{expected.row}: {expected.sha256} in the row, {digest} found",
            )
    if size == 0 or (expected.bytes is not None and size != expected.bytes):
        recorded = "something" if expected.bytes is None else f"{expected.bytes} bytes"
        return Difference(
            "size", expected.key, f"{expected.row}: {recorded} in the row, {size} bytes found"
        )
    return None


def expected_files(*, temporary: bool = True) -> Iterator[ExpectedFile]:
    """Yield the files of all rows.

    With `temporary` also those of TEMPORARY.
    """
    images = Image.objects.order_by("id").only(
        "id", "key", "thumbnail_key", "large_key", "bytes", "sha256"
    )
    for image in images.iterator(chunk_size=ROWS_AT_ONCE):
        row = f"image {image.id}"
        yield ExpectedFile(image.key, image.bytes, image.sha256, row, image.sha256)
        for smaller in image.keys[1:]:
            yield ExpectedFile(smaller, None, "", row, image.sha256)
    uploads = Upload.objects.usable().order_by("id").only("id", "key", "bytes", "sha256")
    for upload in uploads.iterator(chunk_size=ROWS_AT_ONCE):
        row = f"upload {upload.id}"
        yield ExpectedFile(upload.key, upload.bytes, upload.sha256, row, upload.sha256)
    if not temporary:
        return
    for export in Export.objects.order_by("id").iterator(chunk_size=ROWS_AT_ONCE):
        for part in export.parts:
            yield ExpectedFile(part["key"], part["bytes"], "", f"export {export.id}", "")


def delete_temporary() -> None:
    """Delete all temporary files and then their rows."""
    for prefix, model in TEMPORARY.items():
        storage.delete_all(prefix)
        model._default_manager.all().delete()


def _has_row(key: str) -> bool:
    if key.startswith("uploads/"):
        return Upload.objects.filter(key=key).exists()
    if key.startswith("exports/"):
        export = _export_of(key)
        return export is not None and any(part["key"] == key for part in export.parts)
    job_id = _id_in(key)
    if job_id is None:
        return False
    image = Image.objects.filter(Q(job_id=job_id) | Q(id=job_id, job=None))
    return image.filter(Q(key=key) | Q(thumbnail_key=key) | Q(large_key=key)).exists()


def _may_get_row(key: str) -> bool:
    """Return whether something that runs owns this file: rows are written after files."""
    if key.startswith("exports/"):
        export = _export_of(key)
        return export is not None and export.due_at is not None
    row_id = _id_in(key)
    if row_id is None:
        return False
    return (
        Job.objects.active().filter(id=row_id).exists()
        or SavedImage.objects.unfinished().filter(id=row_id).exists()
    )


def _export_of(key: str) -> Export | None:
    """Return the export to which a key of `object_keys.export_folder` belongs."""
    try:
        return Export.objects.filter(id=UUID(key.split("/")[-2])).first()
    except (ValueError, IndexError):
        return None


def _id_in(key: str) -> UUID | None:
    """Return the id in the key: of a job, a saved copy or an upload; None without one."""
    try:
        return UUID(key.rsplit("/", 1)[-1][:ID_LENGTH])
    except ValueError:
        return None
