"""Collections: create, rename, delete and restore them; add and remove images."""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import islice
from typing import Any, ClassVar
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Count, OuterRef, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.limits import rate_limits
from accounts.models import User
from artgen import formatting
from artgen.compiled_queries import CompiledQuery
from artgen.refusals import FieldError, Refusal
from generation.models import Collection, CollectionImage, CollectionQuerySet, Counted, Image
from generation.models.collections import NAME_MAX

MAX_COLLECTIONS = 200
RESTORE_PERIOD = timedelta(days=1)
MAX_COUNTED = 1000
FIELDS = tuple(field.attname for field in Collection._meta.concrete_fields)
RECENT = 24  # members among which covers are searched
BATCH_SIZE = 500  # rows in one statement


class BadName(Refusal):
    """An invalid name: `reason` is "empty", "too_long" or "control_characters"."""

    codes: ClassVar[dict[str, str]] = {"empty": "blank", "too_long": "max_length"}

    def __init__(self, reason: str) -> None:
        details = {
            "empty": _("Enter a collection name."),
            "too_long": _("At most %(max)d characters.") % {"max": NAME_MAX},
            "control_characters": _("The name contains unsupported characters."),
        }
        code = self.codes.get(reason, reason)
        super().__init__(errors=[FieldError("name", code, details[reason])])
        self.reason = reason


class NameTaken(Refusal):
    """The user has a `collection` with this name, ignoring case."""

    def __init__(self, collection: Collection) -> None:
        detail = _("A collection named “%(name)s” already exists.") % {"name": collection.name}
        super().__init__(errors=[FieldError("name", "unique", detail)])
        self.collection = collection


class TooManyCollections(Refusal):
    """The user has reached the limit of collections."""

    code = "too_many_collections"
    status = 409
    limit = MAX_COLLECTIONS

    def __init__(self) -> None:
        super().__init__(limit=self.limit)

    @property
    def message(self) -> str:
        """What the limit is, and what to do."""
        text = _("The limit of %(limit)s collections is reached. Delete one first.")
        return text % {"limit": formatting.number(self.limit)}


class NoSuchImages(Refusal):
    """Some images, `ids`, do not exist or belong to another user. Nothing was changed."""

    def __init__(self, ids: Sequence[UUID]) -> None:
        shown = ", ".join(str(image_id) for image_id in list(ids)[:5])
        detail = _("Images not found: %(ids)s.") % {"ids": shown}
        super().__init__(errors=[FieldError("images", "does_not_exist", detail)])
        self.ids = ids


@dataclass(frozen=True)
class Summary:
    """A collection in lists. `is_more`: it has more than `count`. `covers`: thumbnail keys."""

    collection: Collection
    count: int
    is_more: bool
    covers: list[str]


def create(*, user: User, name: str) -> Collection:
    """Return a new, empty collection; raise BadName, NameTaken or TooManyCollections."""
    name = clean_name(name)
    # Concurrent requests may exceed the limit by one; it protects the page, not money.
    if Collection.objects.of(user).present().count() >= MAX_COLLECTIONS:
        raise TooManyCollections
    rate_limits.spend("collections", user.pk)
    made = Collection(user=user, name=name, folded_name=_folded(name), created_at=timezone.now())
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError as error:
        raise _taken(made, made.folded_name) from error
    return made


def rename(collection: Collection, *, name: str) -> Collection:
    """Rename the collection, also in case only; raise BadName or NameTaken."""
    name = clean_name(name)
    rate_limits.spend("collections", collection.user_id)
    return _updated(collection, name=name, folded_name=_folded(name))


def delete(collection: Collection) -> Collection:
    """Delete the collection and keep its images; `restore` works for RESTORE_PERIOD."""
    return collection if collection.deleted_at else _updated(collection, deleted_at=timezone.now())


def restore(collection: Collection) -> Collection:
    """Restore a deleted collection; raise NameTaken if another has its name now."""
    return _updated(collection, deleted_at=None)


def add(collection: Collection, *, image_ids: Iterable[UUID]) -> int:
    """Add own images, trashed ones included; return how many are new; raise NoSuchImages."""
    wanted = list(dict.fromkeys(image_ids))
    with transaction.atomic():
        _check_own(collection, wanted)
        return sum(_add(collection, some) for some in _batches(wanted))


def remove(collection: Collection, *, image_ids: Iterable[UUID]) -> int:
    """Remove images and return how many were in the collection; ignore the others."""
    count = 0
    with transaction.atomic():
        for some in _batches(image_ids):
            deleted, _by_model = CollectionImage.objects.filter(
                collection=collection, image_id__in=some
            ).delete()
            count += deleted
    return count


def forget_deleted(*, deleted_before: datetime) -> None:
    """Delete permanently the collections that were deleted before then."""
    Collection.objects.filter(deleted_at__lt=deleted_before).delete()


def summaries(user: User, *, covers: int = 1) -> list[Summary]:
    """Return the user's collections by name with counts and newest thumbnails, in two queries.

    Counting stops at MAX_COUNTED, to bound the cost of a page.
    """
    return _summaries(_counted_of(covers).rows(user=user.pk), user_id=user.pk)


def summary(collection: Collection) -> Summary:
    """Return the summary of one collection, in two queries."""
    counted = _counted(Collection.objects.filter(id=collection.id), covers=1)
    return _summaries(counted, user_id=collection.user_id)[0]


def clean_name(name: str) -> str:
    """Return the name with composed letters and single spaces; raise BadName."""
    name = " ".join(unicodedata.normalize("NFC", name).split())
    if not name:
        raise BadName("empty")
    if len(name) > NAME_MAX:
        raise BadName("too_long")
    if not name.isprintable():
        raise BadName("control_characters")
    return name


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name.casefold())


def _updated(collection: Collection, **fields: object) -> Collection:
    try:
        with transaction.atomic():
            Collection.objects.filter(id=collection.id).update(**fields)
    except IntegrityError as error:
        raise _taken(collection, str(fields.get("folded_name", collection.folded_name))) from error
    for field, value in fields.items():
        setattr(collection, field, value)
    return collection


def _taken(collection: Collection, folded_name: str) -> NameTaken:
    others = Collection.objects.present().filter(
        user_id=collection.user_id, folded_name=folded_name
    )
    return NameTaken(others.exclude(id=collection.id).get())


def _check_own(collection: Collection, image_ids: list[UUID]) -> None:
    known: set[UUID] = set()
    for some in _batches(image_ids):
        own = Image.objects.of(collection.user_id).present().filter(id__in=some)
        known.update(own.values_list("id", flat=True))
    if unknown := [image_id for image_id in image_ids if image_id not in known]:
        raise NoSuchImages(unknown)


def _add(collection: Collection, image_ids: list[UUID]) -> int:
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


def _batches(image_ids: Iterable[UUID]) -> Iterator[list[UUID]]:
    left = iter(image_ids)
    while some := list(islice(left, BATCH_SIZE)):
        yield some


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


def _summaries(rows: Iterable[tuple[Any, ...]], *, user_id: Any) -> list[Summary]:
    found = [
        (Collection.from_db("default", FIELDS, row[-len(FIELDS) :]), row[0], row[1 : -len(FIELDS)])
        for row in rows
    ]
    in_trash = _in_trash(user_id, [one for one, count, _covers in found if count <= MAX_COUNTED])
    return [
        Summary(
            collection=one,
            count=min(count, MAX_COUNTED) - in_trash.get(one.id, 0),
            is_more=count > MAX_COUNTED,
            covers=[key for key in covers if key],
        )
        for one, count, covers in found
    ]


def _in_trash(user_id: Any, collections: list[Collection]) -> dict[UUID, int]:
    members = CollectionImage.objects.filter(collection__in=collections).order_by()
    trashed = members.filter(image__user=user_id, image__trashed_at__isnull=False)
    return dict(trashed.values_list("collection").annotate(count=Count("pk")))
