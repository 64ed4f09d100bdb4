"""The audit log: what staff did, to which row, when, and with which values.

It is Django's admin log, so every admin page writes it without further code. Entries are never
changed, except that erasing an account removes its address.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.postgres.search import SearchQuery, SearchVectorField
from django.db import models
from django.db.models import F, Func, Q

from artgen.database.ids import parse_uuid

MAX_VALUE_LENGTH = 300
CONTEXT_LENGTH = 40
"""How much of a long value is stored before its first change."""
FEW = 5000
"""A search that finds at most this many entries sorts them; else it reads the newest first."""
SECRET = re.compile(r"password|secret|token|api_?key|digest|credential|staff_note", re.IGNORECASE)
"""Names of fields and options whose values are never stored: the log outlives accounts."""
HIDDEN = "•••"


WORDS = Func(
    F("object_repr"),
    F("change_message"),
    template="to_tsvector('simple', %(expressions)s)",
    arg_joiner=" || ' ' || ",
    output_field=SearchVectorField(),
)
"""The expression of the index of words, letter for letter: with parameters it would not be used."""


@dataclass(frozen=True)
class ChangedValue:
    """One field with its value before and after, as texts; `field` is its untranslated name."""

    field: str
    old: str
    new: str


def record(*, actor: Any, row: models.Model, text: str) -> None:
    """Store what `actor`, a user, did to this row: a short text in English."""
    LogEntry.objects.log_actions(actor.pk, [row], CHANGE, text)


def with_values(message: list[dict[str, Any]], values: Iterable[ChangedValue]) -> Any:
    """Return Django's change message with the values of its first part, if there are any."""
    listed = [asdict(value) for value in values]
    if not message or not listed:
        return message
    return [{**message[0], "values": listed}, *message[1:]]


def values_of(entry: LogEntry) -> list[ChangedValue]:
    """Return the changed values of an entry; none for entries without them."""
    return [
        ChangedValue(str(value["field"]), str(value["old"]), str(value["new"]))
        for part in _parts(entry)
        for value in part.get("values", ())
    ]


def changed(name: str, old: object, new: object, *, label: str) -> ChangedValue | None:
    """Return the change of the field `name`, None if there is none; long values from where it is.

    A secret is never stored, only that it has changed.
    """
    if SECRET.search(name):
        return ChangedValue(label, HIDDEN if old else "", HIDDEN if new else "")
    before, after = as_text(name, old), as_text(name, new)
    if before == after:
        return None
    pairs = zip(before, after, strict=False)
    same = next(
        (
            place
            for place, (old_character, new_character) in enumerate(pairs)
            if old_character != new_character
        ),
        min(len(before), len(after)),
    )
    start = max(0, same - CONTEXT_LENGTH)
    return ChangedValue(label, _cut(before, start), _cut(after, start))


def as_text(name: str, value: object) -> str:
    """Return a value of the field `name` as text, but never a secret."""
    if SECRET.search(name):
        return HIDDEN if value else ""
    if value is None:
        return ""
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
    if isinstance(value, (list, tuple, set, frozenset, models.QuerySet)):
        return ", ".join(sorted(as_text(name, item) for item in value))
    return str(value)


def _cut(text: str, start: int) -> str:
    """Return MAX_VALUE_LENGTH characters from there, with dots where something is left out."""
    if len(text) <= MAX_VALUE_LENGTH:
        return text
    end = start + MAX_VALUE_LENGTH
    return f"{'…' if start else ''}{text[start:end]}{'…' if end < len(text) else ''}"


def search(
    entries: "models.QuerySet[Any]", text: str, *, or_by: AbstractBaseUser | None = None
) -> "models.QuerySet[Any]":
    """Return the entries of this object id, or that contain words which begin with these.

    With `or_by` also the entries of this user.
    """
    text = text.replace("\0", " ").strip()
    if parse_uuid(text):
        return entries.filter(object_id=text.lower())
    by = Q(user=or_by) if or_by else Q()
    words = [re.sub(r"['\\]", " ", word).strip() for word in text.split()]
    query = " & ".join(f"'{word}':*" for word in words if word)
    if not query:
        return entries.filter(by) if or_by else entries.none()
    matching = Q(words=SearchQuery(query, config="simple", search_type="raw"))
    # PostgreSQL cannot know how rare a beginning of a word is. Left to itself it reads the newest
    # entries until it has a page of them, which for a rare word takes minutes.
    rows = LogEntry.objects.order_by().alias(words=WORDS).filter(matching)
    ids = list(rows.values_list("pk", flat=True)[: FEW + 1])
    if len(ids) <= FEW:
        return entries.filter(by | Q(pk__in=ids) if or_by else Q(pk__in=ids))
    by_words: models.QuerySet[Any] = entries.alias(words=WORDS)
    return by_words.filter(by | matching if or_by else matching)


def forget_address(*, old: str, new: str) -> None:
    """Replace an address in every entry, for the erasure of its account."""
    # Every entry is read: the index of words could miss one, and erasures are rare.
    entries = LogEntry.objects.filter(
        Q(object_repr__icontains=old) | Q(change_message__icontains=old)
    )
    address = re.compile(re.escape(old), re.IGNORECASE)
    for entry in entries.order_by("pk"):
        LogEntry.objects.filter(pk=entry.pk).update(
            object_repr=address.sub(new, entry.object_repr)[:200],
            change_message=address.sub(new, entry.change_message),
        )


def _parts(entry: LogEntry) -> list[dict[str, Any]]:
    if not entry.change_message.startswith("["):
        return []
    try:
        parts = json.loads(entry.change_message)
    except ValueError:
        return []
    return [part for part in parts if isinstance(part, dict)]
