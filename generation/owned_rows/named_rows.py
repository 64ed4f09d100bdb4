"""What users name and delete with an undo: collections, word lists, presets, own styles; sheets."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from accounts.limits import rate_limits
from accounts.models import User
from artgen.refusals import FieldError, Refusal
from artgen.web import formatting
from generation.models import Collection, OwnStyle, Preset, Sheet, WordList
from generation.owned_rows import names

type NamedRow = Collection | WordList | Preset | OwnStyle
type OwnedRow = NamedRow | Sheet

RESTORE_PERIOD = timedelta(days=1)
COMPARED_FIELDS = ("name", "folded_name", "position")


@dataclass(frozen=True)
class RowLimits:
    """How many rows a user may have, and what is said about one too many and of a taken name."""

    limit: int
    rate: str
    code: str
    full: Promise
    taken: Promise


LIMITS: dict[type[Any], RowLimits] = {
    Collection: RowLimits(
        200,
        "collections",
        "too_many_collections",
        gettext_lazy("The limit of %(limit)s collections is reached. Delete one first."),
        gettext_lazy("A collection named “%(name)s” already exists."),
    ),
    WordList: RowLimits(
        50,
        "word_lists",
        "too_many_word_lists",
        gettext_lazy("The limit of %(limit)s word lists is reached. Delete one first."),
        gettext_lazy("A word list named “%(name)s” already exists."),
    ),
    Preset: RowLimits(
        100,
        "presets",
        "too_many_presets",
        gettext_lazy("The limit of presets is reached. Delete one first."),
        gettext_lazy("You have a preset with this name. Choose another name."),
    ),
    OwnStyle: RowLimits(
        50,
        "own_styles",
        "too_many_styles",
        gettext_lazy("The limit of own styles is reached. Delete one first."),
        gettext_lazy("You have a style with this name. Choose another name."),
    ),
}


class TooMany(Refusal):
    """The user has as many rows of this kind as one user may have; `code` names it."""

    code = "too_many_collections"
    status = 409

    def __init__(self, limits: RowLimits) -> None:
        text = str(limits.full) % {"limit": formatting.number(limits.limit)}
        super().__init__(text, limit=limits.limit)
        self.code = limits.code


class NameTaken(Refusal):
    """The user's `row` has this name, ignoring case."""

    def __init__(self, row: Any) -> None:
        text = str(LIMITS[type(row)].taken) % {"name": row.name}
        super().__init__(errors=[FieldError("name", "unique", text)])
        self.row = row


def create[Row: NamedRow](row: Row) -> Row:
    """Save a new row of a cleaned name, the last in the user's order.

    Raises:
        NameTaken, TooMany, TooManyTries: nothing was saved.
    """
    with transaction.atomic():
        others = _lock_others(row)
        _check_room(row, others)
        _check_free(row, row.name, others)
        rate_limits.spend(LIMITS[type(row)].rate, row.user_id)
        row.folded_name, row.created_at = names.folded(row.name), timezone.now()
        if isinstance(row, Preset | OwnStyle):
            positions = [other.position for other in others if isinstance(other, Preset | OwnStyle)]
            row.position = max(positions, default=0) + 1
        row.save(force_insert=True)
    return row


def change[Row: NamedRow](row: Row, *, name: str | None = None, **fields: object) -> Row:
    """Change these fields and the cleaned name; raise NameTaken or TooManyTries."""
    with transaction.atomic():
        if name is not None:
            _check_free(row, name, _lock_others(row))
            fields |= {"name": name, "folded_name": names.folded(name)}
        rate_limits.spend(LIMITS[type(row)].rate, row.user_id)
        return store(row, **fields)


def delete[Row: OwnedRow](row: Row) -> Row:
    """Delete the row; `restore` works for RESTORE_PERIOD."""
    return row if row.deleted_at else store(row, deleted_at=timezone.now())


def restore[Row: OwnedRow](row: Row) -> Row:
    """Restore a deleted row; raise NameTaken if another has its name now, or TooMany."""
    with transaction.atomic():
        if row.deleted_at and not isinstance(row, Sheet):
            others = _lock_others(row)
            _check_room(row, others)
            _check_free(row, row.name, others)
        return store(row, deleted_at=None)


def store[Row: OwnedRow](row: Row, **fields: object) -> Row:
    type(row).objects.filter(pk=row.pk).update(**fields)
    for field, value in fields.items():
        setattr(row, field, value)
    return row


def forget_deleted() -> None:
    """Delete permanently what was deleted before RESTORE_PERIOD."""
    models: tuple[type[Any], ...] = (Sheet, *LIMITS)
    for model in models:
        model.objects.filter(deleted_at__lt=timezone.now() - RESTORE_PERIOD).delete()


def _lock_others(row: NamedRow) -> Sequence[NamedRow]:
    """Return the user's other rows of this kind, which cannot change in this transaction."""
    User.objects.select_for_update().only("pk").get(pk=row.user_id)
    others = type(row).objects.of(row.user_id).present().exclude(pk=row.pk)
    return list(others.only(*(name for name in COMPARED_FIELDS if hasattr(row, name))))


def _check_room(row: NamedRow, others: Sequence[NamedRow]) -> None:
    if len(others) >= LIMITS[type(row)].limit:
        raise TooMany(LIMITS[type(row)])


def _check_free(row: NamedRow, name: str, others: Sequence[NamedRow]) -> None:
    for other in others:
        if other.folded_name == names.folded(name):
            raise NameTaken(other)
