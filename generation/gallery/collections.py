"""Collections: create and rename them, add and remove images.

`named_rows` deletes them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import batched
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count, OuterRef, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from artgen.database.compiled_queries import CompiledQuery
from artgen.refusals import FieldError, Refusal
from generation.files import storage
from generation.models import Collection, CollectionImage, CollectionQuerySet, Counted, Image
from generation.models.collections import NAME_MAX
from generation.owned_rows import named_rows, names

MAX_COUNTED = 1000
FIELDS = tuple(field.attname for field in Collection._meta.concrete_fields)
RECENT = 24  # members among which covers are searched
BATCH_SIZE = 500  # rows in one statement


class NoSuchImages(Refusal):
    """Some images, `ids`, do not exist or belong to another user. Nothing was changed."""

    def __init__(self, ids: Sequence[UUID]) -> None:
        shown = ", ".join(str(image_id) for image_id in list(ids)[:5])
        detail = _("Images not found: %(ids)s.") % {"ids": shown}
        super().__init__(errors=[FieldError("images", "does_not_exist", detail)])
        self.ids = ids


@dataclass(frozen=True)
class Summary:
    """A collection in lists. `is_more`: it has more than `count`."""

    collection: Collection
    count: int
    is_more: bool
    covers: list[str]
    """Short-lived URLs of its newest thumbnails."""


def create(*, user: User, name: str) -> Collection:
    """Return a new, empty collection; raise Refusal."""
    return named_rows.create(Collection(user=user, name=names.checked(name, limit=NAME_MAX)))


def rename(collection: Collection, *, name: str) -> Collection:
    return named_rows.change(collection, name=names.checked(name, limit=NAME_MAX))


def add(collection: Collection, *, image_ids: Iterable[UUID]) -> int:
    """Add own images, trashed ones included; return how many are new; raise NoSuchImages."""
    wanted = list(dict.fromkeys(image_ids))
    with transaction.atomic():
        _check_own(collection, wanted)
        return sum(_add(collection, batch) for batch in batched(wanted, BATCH_SIZE))


def remove(collection: Collection, *, image_ids: Iterable[UUID]) -> int:
    """Remove images and return how many were in the collection; ignore the others."""
    count = 0
    with transaction.atomic():
        for batch in batched(image_ids, BATCH_SIZE):
            deleted, _by_model = CollectionImage.objects.filter(
                collection=collection, image_id__in=batch
            ).delete()
            count += deleted
    return count


def summaries(user: User, *, covers: int = 1) -> list[Summary]:
    """Return the user's collections by name with counts and newest thumbnails, in two queries.

    Counting stops at MAX_COUNTED, to bound the cost of a page.
    """
    return _summaries(_counted_of(covers).rows(user=user.pk), user_id=user.pk)


def summary(collection: Collection) -> Summary:
    """Return the summary of one collection, in two queries."""
    counted = _counted(Collection.objects.filter(id=collection.id), covers=1)
    return _summaries(counted, user_id=collection.user_id)[0]


def _check_own(collection: Collection, image_ids: list[UUID]) -> None:
    known: set[UUID] = set()
    for batch in batched(image_ids, BATCH_SIZE):
        own = Image.objects.of(collection.user_id).present().filter(id__in=batch)
        known.update(own.values_list("id", flat=True))
    if unknown := [image_id for image_id in image_ids if image_id not in known]:
        raise NoSuchImages(unknown)


def _add(collection: Collection, image_ids: Sequence[UUID]) -> int:
    now = timezone.now()
    members = CollectionImage.objects.filter(collection=collection, image_id__in=image_ids)
    there = set(members.values_list("image_id", flat=True))
    new = [
        CollectionImage(collection=collection, image_id=image_id, added_at=now)
        for image_id in image_ids
        if image_id not in there
    ]
    # Another request may add the same image at the same time.
    CollectionImage.objects.bulk_create(new, ignore_conflicts=True)
    return len(new)


@lru_cache(maxsize=10)
def _counted_of(covers: int) -> CompiledQuery:
    return CompiledQuery(
        lambda user: _counted(Collection.objects.of(user).present().by_name(), covers=covers)
    )


def _counted(collections: CollectionQuerySet, *, covers: int) -> Any:
    """Return rows of a count, that many covers, and the fields of the collection."""
    members = CollectionImage.objects.filter(collection=OuterRef("pk"))
    counted = Counted(members.order_by("image_id").values("image_id")[: MAX_COUNTED + 1])
    # Only among the newest members: joining all of them would read all images.
    recent = CollectionImage.objects.filter(collection=OuterRef(OuterRef("pk"))).order_by(
        "-image_id"
    )
    kept = (
        Image.objects.kept()
        .filter(id__in=Subquery(recent.values("image_id")[:RECENT]))
        .newest_first()
    )
    kept_keys = kept.values("thumbnail_key")
    newest = [Subquery(kept_keys[n : n + 1]) for n in range(covers)]
    return collections.values_list(counted, *newest, *FIELDS)


def _summaries(rows: Iterable[tuple[Any, ...]], *, user_id: UUID) -> list[Summary]:
    counted = [
        (Collection.from_db("default", FIELDS, row[-len(FIELDS) :]), row[0], row[1 : -len(FIELDS)])
        for row in rows
    ]
    in_trash = _in_trash(
        user_id, [collection for collection, count, _covers in counted if count <= MAX_COUNTED]
    )
    return [
        Summary(
            collection=collection,
            count=min(count, MAX_COUNTED) - in_trash.get(collection.id, 0),
            is_more=count > MAX_COUNTED,
            covers=[storage.url(key) for key in covers if key],
        )
        for collection, count, covers in counted
    ]


def _in_trash(user_id: UUID, collections: list[Collection]) -> dict[UUID, int]:
    if not collections:
        return {}
    members = CollectionImage.objects.filter(collection__in=collections).order_by()
    trashed = members.filter(image__user=user_id, image__trashed_at__isnull=False)
    return dict(trashed.values_list("collection").annotate(count=Count("pk")))
