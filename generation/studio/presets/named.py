"""What users name and delete with an undo: collections, word lists, presets, own styles; sheets."""

import secrets
import unicodedata
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.limits import rate_limits
from accounts.models import User
from artgen.refusals import FieldError, Refusal
from artgen.web import formatting
from generation.models import Collection, OwnStyle, Preset, Sheet, WordList

RESTORE_PERIOD = timedelta(days=1)
SEEN = ("name", "folded_name", "position")


@dataclass(frozen=True)
class Rules:
    """How many rows a user may have, and what is said about one too many and of a taken name."""

    limit: int
    rate: str
    code: str
    full: Any
    taken: Any


RULES: dict[type[Any], Rules] = {
    Collection: Rules(
        200,
        "collections",
        "too_many_collections",
        gettext_lazy("The limit of %(limit)s collections is reached. Delete one first."),
        gettext_lazy("A collection named “%(name)s” already exists."),
    ),
    WordList: Rules(
        50,
        "word_lists",
        "too_many_word_lists",
        gettext_lazy("The limit of %(limit)s word lists is reached. Delete one first."),
        gettext_lazy("A word list named “%(name)s” already exists."),
    ),
    Preset: Rules(
        100,
        "presets",
        "too_many_presets",
        gettext_lazy("The limit of presets is reached. Delete one first."),
        gettext_lazy("You have a preset with this name. Choose another name."),
    ),
    OwnStyle: Rules(
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

    def __init__(self, rules: Rules) -> None:
        text = str(rules.full) % {"limit": formatting.number(rules.limit)}
        super().__init__(text, limit=rules.limit)
        self.code = rules.code


class NameTaken(Refusal):
    """The user's `row` has this name, ignoring case."""

    def __init__(self, row: Any) -> None:
        text = str(RULES[type(row)].taken) % {"name": row.name}
        super().__init__(errors=[FieldError("name", "unique", text)])
        self.row = row


def create[Row: Any](row: Row) -> Row:
    """Save a new row of a cleaned name, the last in the user's order.

    Raises:
        NameTaken, TooMany, TooManyTries: nothing was saved.
    """
    with transaction.atomic():
        others = _locked(row)
        _check_room(row, others)
        _check_free(row, row.name, others)
        rate_limits.spend(RULES[type(row)].rate, row.user_id)
        row.folded_name, row.created_at = folded(row.name), timezone.now()
        if hasattr(row, "position"):
            row.position = max((other.position for other in others), default=0) + 1
        row.save(force_insert=True)
    return row


def change[Row: Any](row: Row, **fields: Any) -> Row:
    """Change these fields, `name` cleaned; raise NameTaken or TooManyTries."""
    with transaction.atomic():
        if "name" in fields:
            _check_free(row, fields["name"], _locked(row))
            fields["folded_name"] = folded(fields["name"])
        rate_limits.spend(RULES[type(row)].rate, row.user_id)
        return store(row, **fields)


def delete[Row: Any](row: Row) -> Row:
    """Delete the row; `restore` works for RESTORE_PERIOD."""
    return row if row.deleted_at else store(row, deleted_at=timezone.now())


def restore[Row: Any](row: Row) -> Row:
    """Restore a deleted row; raise NameTaken if another has its name now, or TooMany."""
    with transaction.atomic():
        if row.deleted_at and not isinstance(row, Sheet):
            others = _locked(row)
            _check_room(row, others)
            _check_free(row, row.name, others)
        return store(row, deleted_at=None)


def store[Row: Any](row: Row, **fields: Any) -> Row:
    """Write these fields and no others."""
    type(row).objects.filter(pk=row.pk).update(**fields)
    for field, value in fields.items():
        setattr(row, field, value)
    return row


def new_slug() -> str:
    """Return the secret of a link: 144 random bits, which cannot be guessed."""
    return secrets.token_urlsafe(18)


def forget_deleted() -> None:
    """Delete permanently what was deleted before RESTORE_PERIOD."""
    models: tuple[Any, ...] = (Sheet, *RULES)
    for model in models:
        model.objects.filter(deleted_at__lt=timezone.now() - RESTORE_PERIOD).delete()


def cleaned(text: str) -> str:
    """Return the name with composed letters and single spaces."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def folded(name: str) -> str:
    """Return what makes two names equal: without upper case."""
    return unicodedata.normalize("NFC", name.casefold())


def unused(name: str, *, taken: set[str], limit: int) -> str:
    """Return the name, with a number if another row of the user has it."""
    number, found = 1, name
    while folded(found) in taken:
        number += 1
        found = f"{name[: limit - len(str(number)) - 1]} {number}"
    return found


def checked(name: str, *, limit: int) -> str:
    """Return a cleaned name; raise Refusal."""
    name = cleaned(name)
    if errors := problems("name", name, limit=limit):
        raise Refusal(errors=errors)
    return name


def problems(field: str, text: str, *, limit: int, is_required: bool = True) -> list[FieldError]:
    """Return what is wrong with a cleaned text of one line."""
    if not text:
        return [FieldError(field, "blank", _("Fill in this field."))] if is_required else []
    if len(text) > limit:
        detail = _("At most %(max)d characters.") % {"max": limit}
        return [FieldError(field, "max_length", detail)]
    if not text.isprintable():
        detail = _("The text contains unsupported characters.")
        return [FieldError(field, "control_characters", detail)]
    return []


def _locked(row: Any) -> list[Any]:
    """Return the user's other rows of this kind, which cannot change in this transaction."""
    User.objects.select_for_update().only("pk").get(pk=row.user_id)
    others = type(row).objects.of(row.user_id).present().exclude(pk=row.pk)
    return list(others.only(*(name for name in SEEN if hasattr(row, name))))


def _check_room(row: Any, others: list[Any]) -> None:
    if len(others) >= RULES[type(row)].limit:
        raise TooMany(RULES[type(row)])


def _check_free(row: Any, name: str, others: list[Any]) -> None:
    for other in others:
        if other.folded_name == folded(name):
            raise NameTaken(other)
