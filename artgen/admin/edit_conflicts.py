"""Notice that somebody else has changed an object while its form was open.

The page posts a digest of each value that it has shown. If a field has another value by now, the
form keeps it where the person has left the field as it was. Where both have changed it, this is an
error of the field: what was typed stays, and saving again replaces the value.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext

from artgen import audit, formatting

FIELD = "seen_values"
"""Of the page: the digests, as JSON."""
DIGEST_LENGTH = 12  # of SHA-256, in hexadecimal digits
MAX_SHOWN_LENGTH = 100


def digests(shown: Iterable[forms.BaseForm]) -> str:
    """Return the digest of each value that a page has shown in these forms, as JSON."""
    seen: dict[str, str] = {}
    for form in shown:
        # A form that was refused is shown as it was sent: only what it refuses as changed by
        # another has the present value, in the message.
        before = getattr(form, "seen_before", {})
        for name in form.fields:
            key = form.add_prefix(name)
            seen[key] = before.get(key) or _digest(name, _initial(form, name))
    return json.dumps(seen, separators=(",", ":"))


def checked(form_class: Any, *, seen: str) -> Any:
    """Return a form that looks at what was changed since the page with these digests.

    Without valid digests it accepts everything.
    """
    known = _parsed(seen)

    class CheckedForm(form_class):  # type: ignore[misc]
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.seen_before = dict(known)

        def clean(self) -> Any:
            cleaned = super().clean()
            # Not only `changed_data`: some fields say in a hidden one what they began with.
            for name in self.fields:
                initial, digest = _initial(self, name), known.get(self.add_prefix(name))
                is_known = digest is not None and name in self.cleaned_data
                if not is_known or digest == (now := _digest(name, initial)):
                    continue
                given = _digest(name, self.cleaned_data[name])
                if given == digest:
                    self.cleaned_data[name] = _cleaned(self.fields[name], initial)
                    if name in self.changed_data:
                        self.changed_data.remove(name)
                elif given != now and name in self.changed_data:
                    self.add_error(name, _refusal(self, name))
                    del self.seen_before[self.add_prefix(name)]
            return cleaned

    return CheckedForm


def _refusal(form: forms.BaseForm, name: str) -> ValidationError:
    text = gettext(
        "Somebody else has changed this while the page was open; the value is now “%(value)s”. "
        "Save again to replace it."
    )
    return ValidationError(text % {"value": _shown(form, name)}, code="edit_conflict")


def _initial(form: forms.BaseForm, name: str) -> Any:
    return form.get_initial_for_field(form.fields[name], name)


def _cleaned(field: forms.Field, initial: Any) -> Any:
    """Return the value that a field begins with as its form would return it."""
    if isinstance(field, forms.ModelMultipleChoiceField):
        return field.queryset.filter(pk__in=_plain(list(initial or ())))  # type: ignore[union-attr]
    if isinstance(field, forms.ModelChoiceField):
        return field.to_python(initial)
    return initial


def _digest(name: str, value: Any) -> str:
    text = audit.as_text(name, _plain(value)).replace("\r\n", "\n")  # which browsers send
    return hashlib.sha256(text.encode()).hexdigest()[:DIGEST_LENGTH]


def _plain(value: Any) -> Any:
    """Return a value in one form: forms return times in the zone of the site, the database in UTC.

    Of objects their keys, because their names would need a query each.
    """
    if isinstance(value, datetime) and timezone.is_aware(value):
        return value.astimezone(UTC)
    if isinstance(value, models.QuerySet):
        return list(value.values_list("pk", flat=True))
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return value.pk if isinstance(value, models.Model) else value


def _shown(form: forms.BaseForm, name: str) -> str:
    value = _initial(form, name)
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, datetime):
        return formatting.moment(value)
    choices = getattr(form.fields[name], "choices", ())
    if not isinstance(value, (list, tuple, models.QuerySet)):
        labels = (str(label) for key, label in choices if str(key) == str(value))
        value = next(labels, value)
    text = audit.as_text(name, value)
    return text if len(text) <= MAX_SHOWN_LENGTH else f"{text[:MAX_SHOWN_LENGTH]}…"


def _parsed(seen: str) -> Mapping[str, str]:
    try:
        found = json.loads(seen)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
