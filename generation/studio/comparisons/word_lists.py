"""Word lists: create and change them. `named_rows` deletes and restores them."""

import unicodedata
from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import User
from artgen.refusals import FieldError, Refusal
from generation.models import WordList
from generation.models.sheets import LIST_NAME_MAX
from generation.owned_rows import named_rows, names
from generation.studio.comparisons import prompt_templates

MAX_ENTRIES = 200
MAX_ENTRY_LENGTH = 200
MAX_TEXT_LENGTH = MAX_ENTRIES * (MAX_ENTRY_LENGTH + 2)


def create(*, user: User, name: str, entries: Sequence[str]) -> WordList:
    return named_rows.create(WordList(user=user, **_clean(name, entries)))


def change(word_list: WordList, *, name: str, entries: Sequence[str]) -> WordList:
    return named_rows.change(word_list, **_clean(name, entries))


def of_user(user: User) -> dict[str, list[str]]:
    """Return the entries of the user's lists by folded name, for `prompt_templates.parse`."""
    rows = WordList.objects.of(user).present()
    return dict(rows.values_list("folded_name", "entries"))


def lines_of(text: str) -> list[str]:
    """Return the entries of a text with one on each line; empty lines are left out."""
    return [line for line in text.splitlines() if line.strip()]


def _clean(name: str, entries: Sequence[str]) -> dict[str, Any]:
    errors = []
    name = unicodedata.normalize("NFC", name).strip()
    if not name:
        errors.append(FieldError("name", "blank", _("Enter a name.")))
    elif len(name) > LIST_NAME_MAX:
        text = _("At most %(max)d characters.") % {"max": LIST_NAME_MAX}
        errors.append(FieldError("name", "max_length", text))
    elif not prompt_templates.is_name(name):
        text = _("Use letters, digits, hyphens and single underscores, such as “colors”.")
        errors.append(FieldError("name", "invalid", text))
    cleaned = list(dict.fromkeys(names.cleaned(entry) for entry in entries if entry.strip()))
    errors += _errors_of(cleaned)
    if errors:
        raise Refusal(errors=errors)
    return {"name": name, "entries": cleaned}


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
        if prompt_templates.has_alternatives(entry):
            text = _(
                "Line %(line)d: entries are plain text, without { } | \\ and other word lists."
            )
            return [FieldError("entries", "invalid", text % {"line": number})]
    return []
