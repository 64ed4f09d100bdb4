"""Collections: made, named, filled, emptied, deleted and taken back. The pictures themselves are never touched."""

import unicodedata
from collections.abc import Collection as Several
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, ClassVar
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Count, OuterRef, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from artgen import formatting
from artgen.refusals import FieldError, Refusal
from generation.models import Collection, CollectionImage, CollectionQuerySet, Counted, Image
from generation.models.collections import NAME_MAX

COLLECTIONS_MAX = 200
UNDO_KEPT = timedelta(days=1)
COUNTED_MAX = 1000
RECENT = 24  # members among which covers are looked for
AT_ONCE = 500  # rows in one statement


class BadName(Refusal):
    """The name of a collection is empty, too long or has control characters (`reason`)."""

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
    """The user has a `collection` of this name, whatever the case."""

    def __init__(self, collection: Collection) -> None:
        detail = _("A collection named “%(name)s” already exists.") % {"name": collection.name}
        super().__init__(errors=[FieldError("name", "unique", detail)])
        self.collection = collection


class TooManyCollections(Refusal):
    """The user has as many collections as one user may have."""

    code = "too_many_collections"
    status = 409
    limit = COLLECTIONS_MAX

    def __init__(self) -> None:
        super().__init__(limit=self.limit)

    @property
    def message(self) -> str:
        """What the limit is, and what to do."""
        text = _("The limit of %(limit)s collections is reached. Delete one first.")
        return text % {"limit": formatting.number(self.limit)}


class NoSuchImages(Refusal):
    """Some of the images are not the user's or do not exist; `ids` are those."""

    def __init__(self, ids: Several[UUID]) -> None:
        shown = ", ".join(str(image_id) for image_id in list(ids)[:5])
        detail = _("Images not found: %(ids)s.") % {"ids": shown}
        super().__init__(errors=[FieldError("images", "does_not_exist", detail)])
        self.ids = ids


@dataclass(frozen=True)
class Summary:
    """A collection as lists show it: `is_more`: it holds more pictures than `count` says; `covers`: thumbnail keys."""

    collection: Collection
    count: int
    is_more: bool
    covers: list[str]


def create(*, user: User, name: str) -> Collection:
    """Return a new, empty collection; raises BadName, NameTaken or TooManyCollections."""
    name = clean_name(name)
    # Two of these at once may pass the limit by one; it guards the page, not money.
    if Collection.objects.of(user).present().count() >= COLLECTIONS_MAX:
        raise TooManyCollections
    made = Collection(user=user, name=name, folded_name=_folded(name), created_at=timezone.now())
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError as error:
        raise _taken(made, made.folded_name) from error
    return made


def rename(collection: Collection, *, name: str) -> Collection:
    """Give the collection another name, or the same one in another case; raises BadName or NameTaken."""
    name = clean_name(name)
    return _updated(collection, name=name, folded_name=_folded(name))


def delete(collection: Collection) -> Collection:
    """Delete the collection; its pictures stay. `restore` undoes it for UNDO_KEPT."""
    return collection if collection.deleted_at else _updated(collection, deleted_at=timezone.now())


def restore(collection: Collection) -> Collection:
    """Take a deleted collection back as it was; raises NameTaken where another has got its name meanwhile."""
    return _updated(collection, deleted_at=None)


def add(collection: Collection, *, image_ids: Iterable[UUID]) -> int:
    """Put own pictures in, those of the trash too, and return how many were not in it; raises NoSuchImages."""
    wanted = list(dict.fromkeys(image_ids))
    with transaction.atomic():
        _check_own(collection, wanted)
        return sum(_add(collection, some) for some in _batches(wanted))


def remove(collection: Collection, *, image_ids: Iterable[UUID]) -> int:
    """Take pictures out and return how many were in it; those that were not are passed over."""
    count = 0
    with transaction.atomic():
        for some in _batches(image_ids):
            deleted, _by_model = CollectionImage.objects.filter(
                collection=collection, image_id__in=some
            ).delete()
            count += deleted
    return count


def forget_deleted(*, deleted_before: datetime) -> None:
    """Remove for good what was deleted before then."""
    Collection.objects.filter(deleted_at__lt=deleted_before).delete()


def summaries(user: User, *, covers: int = 1) -> list[Summary]:
    """Return the user's collections by name with how many kept pictures they hold and the newest of them: two queries.

    Counting stops at COUNTED_MAX: else this would read all pictures of all collections, for one page.
    """
    return _summaries(
        Collection.objects.of(user).present().by_name(), user_id=user.pk, covers=covers
    )


def summary(collection: Collection) -> Summary:
    """Return one collection as lists show it, in two queries."""
    return _summaries(
        Collection.objects.filter(id=collection.id), user_id=collection.user_id, covers=1
    )[0]


def clean_name(name: str) -> str:
    """Return the name as it is kept: composed letters, single spaces; raises BadName."""
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
    # Somebody else may put the same picture in at this moment: once is enough.
    CollectionImage.objects.bulk_create(new, ignore_conflicts=True)
    return len(new)


def _batches(image_ids: Iterable[UUID]) -> Iterator[list[UUID]]:
    left = iter(image_ids)
    while some := list(islice(left, AT_ONCE)):
        yield some


def _summaries(collections: CollectionQuerySet, *, user_id: Any, covers: int) -> list[Summary]:
    members = CollectionImage.objects.filter(collection=OuterRef("pk"))
    counted = Counted(members.order_by("image_id").values("image_id")[: COUNTED_MAX + 1])
    # Only among the newest members: joining all of them would walk through all pictures.
    recent = CollectionImage.objects.filter(collection=OuterRef(OuterRef("pk"))).order_by(
        "-image_id"
    )
    kept = (
        Image.objects.kept()
        .filter(id__in=Subquery(recent.values("image_id")[:RECENT]))
        .newest_first()
    )
    kept_keys = kept.values("thumbnail_key")
    newest = {f"cover_{n}": Subquery(kept_keys[n : n + 1]) for n in range(covers)}
    found: list[Any] = list(collections.annotate(count=counted, **newest))
    in_trash = _in_trash(user_id, [one for one in found if one.count <= COUNTED_MAX])
    return [_summary(one, in_trash=in_trash.get(one.id, 0), covers=covers) for one in found]


def _in_trash(user_id: Any, collections: list[Collection]) -> dict[UUID, int]:
    members = CollectionImage.objects.filter(collection__in=collections).order_by()
    trashed = members.filter(image__user=user_id, image__trashed_at__isnull=False)
    return dict(trashed.values_list("collection").annotate(count=Count("pk")))


def _summary(found: Any, *, in_trash: int, covers: int) -> Summary:
    is_more = found.count > COUNTED_MAX
    keys = (getattr(found, f"cover_{n}") for n in range(covers))
    return Summary(
        collection=found,
        count=COUNTED_MAX if is_more else found.count - in_trash,
        is_more=is_more,
        covers=[key for key in keys if key],
    )
