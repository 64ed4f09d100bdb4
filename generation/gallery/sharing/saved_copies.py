"""Saving a copy of another user's shared image to one's own gallery.

The copy is independent: its own files, its own row, no job. Only what the shared page shows is
copied, so without parameters the file is written without them, too.

A row of `SavedImage` is inserted first. It names the copy's id, so two requests at once write the
same files, and the one that inserts the image first wins; what a killed process leaves behind is
deleted by `forget_unfinished`.
"""

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy

from accounts.models import User
from artgen.refusals import Refusal, Unavailable
from generation.files import bucket_threads, object_keys, storage, storage_limits
from generation.gallery import trash
from generation.gallery.sharing import collection_share_links, share_links
from generation.gallery.sharing.publications import STOPPED
from generation.gallery.sharing.share_links import Shared
from generation.imaging import metadata
from generation.models import Image, Publication, PublicationState, Report, SavedImage

log = logging.getLogger(__name__)

WITH_PARAMETERS, BARE = 0, 1
"""The number in the names of files: both kinds may be written for the same copy."""

FindShared = Callable[[], Shared | None]


class NotShared(Refusal):
    """No image is shared under this secret: unknown, expired, turned off, trashed or hidden."""

    code = "not_shared"
    status = 404
    text = gettext_lazy("This image isn’t shared any more, so it can’t be saved.")


class NotSavable(Refusal):
    """Moderators or rules keep the image from Explore, or reports about it are open."""

    code = "not_savable"
    status = 409
    text = gettext_lazy("This image can’t be saved: moderators are checking or have refused it.")


@dataclass(frozen=True)
class Saved:
    image: Image
    is_new: bool
    """False: it was there before, or in the trash, or it is the user's own image."""
    is_restored: bool = False
    """It was in the trash."""


def finder(slug: str, *, item: int | None = None) -> FindShared:
    """Return what finds the image shared under this secret; `item`: in a shared collection."""
    slug = slug.replace("\0", "")
    if item is None:
        return partial(share_links.find, slug)
    return partial(collection_share_links.find_item, slug, item)


def save(find: FindShared, *, user: User) -> Saved:
    """Save a copy of the shared image that `find` returns, or return the one that is there.

    A copy in the trash is restored. Nothing is charged.

    Raises:
        NotShared, NotSavable: also if its owner or a moderator stops it meanwhile.
        storage_limits.StorageFull: the user's images would take more bytes than they may.
        artgen.web.unavailable_page.BucketAway: the bucket is not available.
    """
    while True:
        shared = find()
        if shared is None:
            raise NotShared
        if shared.image.user_id == user.pk:
            return Saved(shared.image, is_new=False)
        _check_moderation(shared.image)
        row = _reserve(shared.image, user=user)
        if row.image:
            return _restore(row.image)
        storage_limits.check_images(user)
        copy = _copy(shared, copy_id=row.id, user=user)
        if saved := _insert(copy, of=shared, find=find):
            return saved
        # Its owner has changed what the page shows.


def copy_of(image: Image, *, user: User | AnonymousUser) -> Image | None:
    """Return the visitor's own copy of the shared image, if it is in their gallery."""
    if not user.is_authenticated or image.user_id == user.pk:
        return None
    return Image.objects.kept().filter(saved__source=image, saved__user=user).first()


def forget_unfinished(*, started_before: datetime) -> None:
    """Delete what saving has left behind where its process died."""
    stale = SavedImage.objects.unfinished().filter(created_at__lt=started_before)
    stale.update(source=None)  # from now on no request finishes them
    for copy_id in stale.filter(source=None).values_list("id", flat=True):
        delete_unfinished(copy_id)


def delete_unfinished(copy_id: UUID) -> None:
    storage.delete_of_job(copy_id)
    SavedImage.objects.unfinished().filter(id=copy_id).delete()


def _check_moderation(image: Image) -> None:
    publications = Publication.objects.filter(image=image)
    reports = Report.objects.filter(publication__image=image, settled_at__isnull=True)
    is_stopped = (
        publications.filter(state__in=STOPPED).exists()
        and not publications.filter(state=PublicationState.PUBLISHED).exists()
    )
    if is_stopped or reports.exists():
        raise NotSavable


def _reserve(source: Image, *, user: User) -> SavedImage:
    """Return the row of the user's copy, with its image if it has one; raise NotShared."""
    now = timezone.now()
    rows = SavedImage.objects.select_related("image")
    while True:
        try:
            row, is_new = rows.get_or_create(user=user, source=source, defaults={"created_at": now})
        except IntegrityError as error:  # the original has just been deleted
            raise NotShared from error
        if row.image and not Image.objects.present().filter(id=row.id).exists():
            # Deleted permanently, though its files are not removed yet.
            SavedImage.objects.filter(id=row.id).update(source=None)
            continue
        if not (is_new or row.image):
            SavedImage.objects.unfinished().filter(id=row.id).update(created_at=now)
        return row


def _restore(image: Image) -> Saved:
    if image.trashed_at is None:
        return Saved(image, is_new=False)
    return Saved(trash.restore(image), is_new=False, is_restored=True)


def _copy(shared: Shared, *, copy_id: UUID, user: User) -> Image:
    """Copy the files and return the row of the copy, not yet inserted; raise NotShared."""
    source = shared.image
    number = WITH_PARAMETERS if shared.with_parameters else BARE
    key = object_keys.image_key(job_id=copy_id, position=number, content_type=source.content_type)
    thumbnail_key = object_keys.thumbnail_key(job_id=copy_id, position=number)
    large_key = object_keys.large_key(job_id=copy_id, position=number) if source.large_key else ""
    size, sha256 = source.bytes, source.sha256
    try:
        with bucket_threads.reading_or_writing():
            if shared.with_parameters:
                storage.copy(source.key, key)
            else:
                data = metadata.without_parameters(storage.read(source.key))
                storage.save(key, data, content_type=source.content_type)
                size, sha256 = len(data), hashlib.sha256(data).hexdigest()
            storage.copy(source.thumbnail_key, thumbnail_key)
            if large_key:
                storage.copy(source.large_key, large_key)
    except FileNotFoundError as error:
        raise NotShared from error
    shown: dict[str, Any] = {}
    if shared.with_parameters:
        job = source.origin
        style = "" if job.has_own_style else job.style
        shown = {"seed": source.seed, "model_id": source.model_id, "style": style}
    return Image(
        id=copy_id,
        user=user,
        key=key,
        thumbnail_key=thumbnail_key,
        large_key=large_key,
        placeholder=source.placeholder,
        width=source.width,
        height=source.height,
        bytes=size,
        content_type=source.content_type,
        sha256=sha256,
        created_at=timezone.now(),
        **shown,
    )


def _insert(copy: Image, *, of: Shared, find: FindShared) -> Saved | None:
    """Insert the copy, and return it or the one that another request has inserted.

    None if the page shows other things than before. Decisions about one user are made one at a
    time, and a row without `source` is never finished, so the files of a refused copy can go.
    """
    refusal: Refusal | None = None
    with transaction.atomic():
        owner = User.objects.select_for_update(no_key=True).get(pk=copy.user_id)
        rows = SavedImage.objects.filter(id=copy.id, source=of.image)
        row = rows.select_for_update(of=["self"]).select_related("image").first()
        if row and row.image:
            surplus = [key for key in copy.keys if key not in row.image.keys]
            transaction.on_commit(lambda: _discard(lambda: storage.delete_these(surplus)))
            return Saved(row.image, is_new=False)
        now = find()
        try:
            if row is None or now is None:
                raise NotShared
            _check_moderation(of.image)
            _check_room(owner, copy.bytes)
        except Refusal as refused:
            refusal = refused
        else:
            if now.with_parameters == of.with_parameters:
                rows.update(**_shown(now))
                copy.save(force_insert=True)
                rows.update(image=copy)
                return Saved(copy, is_new=True)
        rows.update(source=None)
    _discard(lambda: delete_unfinished(copy.id))
    if refusal:
        raise refusal
    return None


def _shown(shared: Shared) -> dict[str, Any]:
    """Return what the shared page shows, as columns of `SavedImage`."""
    columns: dict[str, Any] = {"author": shared.image.user if shared.author else None}
    if shared.with_parameters:
        job = shared.image.origin
        parameters = job.shareable_parameters
        del parameters["prompt"]
        columns |= {"prompt": job.prompt, "parameters": parameters}
    return columns


def _check_room(owner: User, size: int) -> None:
    limit = storage_limits.image_limit(owner)
    if limit is not None and storage_limits.bytes_of_images(owner) + size > limit:
        raise storage_limits.images_full(limit)


def _discard(delete: Callable[[], object]) -> None:
    """Delete files that no row needs; what the bucket does not delete now, the cleanup does."""
    try:
        with bucket_threads.reading_or_writing():
            delete()
    except Unavailable:
        log.warning("files of a copy are left for the cleanup", exc_info=True)
