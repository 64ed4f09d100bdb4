"""Give files of earlier versions keys without the id of their user, while the site runs.

First each file is copied, compared and named by its row. Addresses that were handed out before stay
valid for URL_EXPIRY_SECONDS, so the old file is removed only later, by the next run. All progress
is in the rows and the storage: a run that was interrupted is continued by the next one, and two at
once do no harm.
"""

import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from generation.files import storage
from generation.models import Image, Upload

log = logging.getLogger(__name__)

ROWS_AT_ONCE = 100
COPIES_AT_ONCE = 8
OLD = r"^(images|thumbnails|uploads)/[0-9a-f-]{36}/[0-9a-f-]{36}"
MARGIN = timedelta(minutes=5)
"""After the last address has expired: clocks differ, and downloads take time."""

FIELDS = {Image: ("key", "thumbnail_key", "large_key"), Upload: ("key",)}


@dataclass
class Result:
    """What a run has done, in rows and in files."""

    renamed: int = 0  # rows
    failed: int = 0  # rows whose file is missing or differs from its copy
    removed: int = 0  # old files
    waiting: int = 0  # old files whose addresses may still be valid
    unknown: int = 0  # old files whose row does not name the copy, or names another one


def count() -> int:
    """Return the number of rows that name a file with an old key."""
    return sum(_old_rows(model).count() for model in FIELDS)


def rename(result: Result) -> Iterator[Result]:
    """Copy all files with old keys, let their rows name the copies; yield `result` as it grows."""
    for model in FIELDS:
        last: UUID | None = None
        while rows := _next(model, after=last):
            rename_rows(rows, result)
            last = rows[-1].pk
            yield result


def rename_rows(rows: Sequence[Image | Upload], result: Result) -> None:
    """Copy the files of these rows, let the rows name the copies, and count it in `result`."""
    with ThreadPoolExecutor(COPIES_AT_ONCE) as pool:
        copied = list(pool.map(_copied, rows))
    for row, is_copied in zip(rows, copied, strict=True):
        if is_copied and _named(row):
            result.renamed += 1
        elif not _rows_of(row).exists():
            # The row was deleted meanwhile.
            storage.delete_these([new for _field, _old, new in _pairs(row)])
        elif not is_copied:
            result.failed += 1


def remove_old(result: Result, *, is_dry_run: bool = False) -> Iterator[Result]:
    """Remove old files whose row names an equal copy and whose addresses have all expired.

    Yield `result` as it grows.
    """
    old = (
        key
        for folder in ("images", "thumbnails", "uploads")
        for key, _size in storage.listing(f"{folder}/")
        if storage.names_user(key)
    )
    while keys := list(islice(old, ROWS_AT_ONCE)):
        named = _keys_of_rows(keys)
        known = [key for key in keys if storage.without_user(key) in named]
        result.unknown += len(keys) - len(known)
        with ThreadPoolExecutor(COPIES_AT_ONCE) as pool:
            over = list(pool.map(_is_over, known))
        ready = [key for key, is_over in zip(known, over, strict=True) if is_over]
        if not is_dry_run:
            storage.delete_these(ready)
        result.removed += len(ready)
        result.waiting += len(known) - len(ready)
        yield result


def _old_rows(model: Any) -> Any:
    wanted = Q()
    for field in FIELDS[model]:
        wanted |= Q(**{f"{field}__regex": OLD})
    return model.objects.filter(wanted)


def _next(model: Any, *, after: UUID | None) -> list[Any]:
    rows = _old_rows(model).order_by("pk").only("pk", *FIELDS[model])
    if after is not None:
        rows = rows.filter(pk__gt=after)
    return list(rows[:ROWS_AT_ONCE])


def _pairs(row: Any) -> Iterator[tuple[str, str, str]]:
    """Yield field, old key and new key of each file with an old key."""
    for field in FIELDS[type(row)]:
        key = getattr(row, field)
        if storage.names_user(key):
            yield field, key, storage.without_user(key)


def _copied(row: Any) -> bool:
    """Copy the files of a row and return whether each copy equals its original."""
    for _field, old, new in _pairs(row):
        try:
            if not storage.are_equal(old, new):
                storage.copy(old, new)
                if not storage.are_equal(old, new):
                    log.error("a copy differs from its file", extra={"key": old, "copy": new})
                    return False
        except FileNotFoundError:
            log.error("a file is missing", extra={"key": old})
            return False
    return True


def _named(row: Any) -> bool:
    """Let the row name the copies, unless it has been deleted or renamed meanwhile."""
    pairs = list(_pairs(row))
    same = _rows_of(row).filter(**{field: old for field, old, _new in pairs})
    return bool(same.update(**{field: new for field, _old, new in pairs}))


def _rows_of(row: Any) -> Any:
    return type(row).objects.filter(pk=row.pk)


def _keys_of_rows(keys: Sequence[str]) -> set[str]:
    """Return the keys that the rows of these files name."""
    ids = {UUID(key.rpartition("/")[2][:36]) for key in keys}
    images = Image.objects.filter(job_id__in=ids).only("key", "thumbnail_key", "large_key")
    uploads = Upload.objects.filter(pk__in=ids).values_list("key", flat=True)
    return {key for image in images for key in image.keys} | set(uploads)


def _is_over(old: str) -> bool:
    """Return whether no address of the file is valid any more, and its copy is complete."""
    new = storage.without_user(old)
    try:
        written_at = storage.written_at(new)
    except FileNotFoundError:
        return False
    lifetime = timedelta(seconds=settings.URL_EXPIRY_SECONDS) + MARGIN
    return written_at < timezone.now() - lifetime and storage.are_equal(old, new)
