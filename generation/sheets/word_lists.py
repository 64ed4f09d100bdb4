"""Word lists: create, change, delete and restore them."""

import unicodedata
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.limits import rate_limits
from accounts.models import User
from artgen import formatting
from artgen.refusals import FieldError, Refusal
from generation.models import WordList
from generation.models.sheets import LIST_NAME_MAX
from generation.sheets import alternatives

MAX_LISTS = 50
MAX_ENTRIES = 200
MAX_ENTRY_LENGTH = 200
MAX_TEXT_LENGTH = MAX_ENTRIES * (MAX_ENTRY_LENGTH + 2)
RESTORE_PERIOD = timedelta(days=1)


class InvalidList(Refusal):
    """The name or the entries of a list are invalid; `errors` say which."""


class TooManyLists(Refusal):
    """The user has reached the limit of word lists."""

    code = "too_many_word_lists"
    status = 409
    limit = MAX_LISTS

    def __init__(self) -> None:
        super().__init__(limit=self.limit)

    @property
    def message(self) -> str:
        """What the limit is, and what to do."""
        text = _("The limit of %(limit)s word lists is reached. Delete one first.")
        return text % {"limit": formatting.number(self.limit)}


def create(*, user: User, name: str, entries: Sequence[str]) -> WordList:
    """Return a new list; raise InvalidList, TooManyLists or TooManyTries."""
    name, cleaned = _clean(name, entries)
    # Concurrent requests may exceed the limit by one; it protects the page, not money.
    if WordList.objects.of(user).present().count() >= MAX_LISTS:
        raise TooManyLists
    rate_limits.spend("word_lists", user.pk)
    made = WordList(
        user=user,
        name=name,
        folded_name=alternatives.folded(name),
        entries=cleaned,
        created_at=timezone.now(),
    )
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError as error:
        raise _taken(name) from error
    return made


def change(
    word_list: WordList, *, name: str | None = None, entries: Sequence[str] | None = None
) -> WordList:
    """Change name or entries; None leaves them. Raise InvalidList or TooManyTries."""
    name, cleaned = _clean(
        word_list.name if name is None else name,
        word_list.entries if entries is None else entries,
    )
    rate_limits.spend("word_lists", word_list.user_id)
    return _updated(word_list, name=name, folded_name=alternatives.folded(name), entries=cleaned)


def delete(word_list: WordList) -> WordList:
    """Delete the list; `restore` works for RESTORE_PERIOD."""
    if word_list.deleted_at:
        return word_list
    return _updated(word_list, deleted_at=timezone.now())


def restore(word_list: WordList) -> WordList:
    """Restore a deleted list; raise InvalidList if another has its name now, or TooManyLists."""
    if word_list.deleted_at is None:
        return word_list
    if WordList.objects.of(word_list.user_id).present().count() >= MAX_LISTS:
        raise TooManyLists
    return _updated(word_list, deleted_at=None)


def forget_deleted(*, deleted_before: datetime) -> None:
    """Delete permanently the lists that were deleted before then."""
    WordList.objects.filter(deleted_at__lt=deleted_before).delete()


def of_user(user: User) -> dict[str, list[str]]:
    """Return the entries of the user's lists by folded name, for `alternatives.parse`."""
    rows = WordList.objects.of(user).present()
    return dict(rows.values_list("folded_name", "entries"))


def lines_of(text: str) -> list[str]:
    """Return the entries of a text with one on each line; empty lines are left out."""
    return [line for line in text.splitlines() if line.strip()]


def _clean(name: str, entries: Sequence[str]) -> tuple[str, list[str]]:
    errors = []
    name = unicodedata.normalize("NFC", name).strip()
    if not name:
        errors.append(FieldError("name", "blank", _("Enter a name.")))
    elif len(name) > LIST_NAME_MAX:
        text = _("At most %(max)d characters.") % {"max": LIST_NAME_MAX}
        errors.append(FieldError("name", "max_length", text))
    elif not alternatives.is_name(name):
        text = _("Use letters, digits, hyphens and single underscores, such as “colors”.")
        errors.append(FieldError("name", "invalid", text))
    cleaned = list(
        dict.fromkeys(
            " ".join(unicodedata.normalize("NFC", entry).split())
            for entry in entries
            if entry.strip()
        )
    )
    errors += _errors_of(cleaned)
    if errors:
        raise InvalidList(errors=errors)
    return name, cleaned


def _errors_of(entries: Sequence[str]) -> list[FieldError]:
    if not entries:
        return [FieldError("entries", "required", _("Enter at least one entry."))]
    if len(entries) > MAX_ENTRIES:
        text = _("A list has up to %(max)d entries. Split it.") % {"max": MAX_ENTRIES}
        return [FieldError("entries", "max_length", text)]
    for number, entry in enumerate(entries, 1):
        if len(entry) > MAX_ENTRY_LENGTH:
            text = _("Line %(line)d: at most %(max)d characters.")
            text %= {"line": number, "max": MAX_ENTRY_LENGTH}
            return [FieldError("entries", "max_length", text)]
        if not entry.isprintable():
            text = _("Line %(line)d contains unsupported characters.") % {"line": number}
            return [FieldError("entries", "control_characters", text)]
        if alternatives.has_alternatives(entry):
            text = _(
                "Line %(line)d: entries are plain text, without { } | \\ and other word lists."
            )
            return [FieldError("entries", "invalid", text % {"line": number})]
    return []


def _updated(word_list: WordList, **fields: Any) -> WordList:
    try:
        with transaction.atomic():
            WordList.objects.filter(id=word_list.id).update(**fields)
    except IntegrityError as error:
        raise _taken(str(fields.get("name", word_list.name))) from error
    for field, value in fields.items():
        setattr(word_list, field, value)
    return word_list


def _taken(name: str) -> InvalidList:
    text = _("A word list named “%(name)s” already exists.") % {"name": name}
    return InvalidList(errors=[FieldError("name", "unique", text)])
