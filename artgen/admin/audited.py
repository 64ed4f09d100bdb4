"""Base class of all admin pages: changes are logged with values, lookups are limited."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django import forms
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest
from django.utils import translation
from unfold.admin import ModelAdmin

from artgen.admin import audit
from artgen.admin.audit import ChangedValue

FILTER_LOOKUPS = ("exact", "id__exact", "isnull", "isempty", "gte", "lt")
"""What Django's filters of columns send."""
KEY_LOOKUPS = ("pk", "pk__exact", "pk__in", "id", "id__exact", "id__in")


class AuditedAdmin(ModelAdmin):  # type: ignore[type-arg]
    """An admin whose entries in the audit log have the values of the changed fields."""

    link_lookups: tuple[str, ...] = ()
    """Lookups of links to this list, beside those of its filters."""

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Allow only filters, links and the key: by others staff read columns they cannot see."""
        if lookup in self.link_lookups or lookup in KEY_LOOKUPS:
            return True
        filters = self.get_list_filter(request) if request else self.list_filter
        return any(lookup in _parameters(item) for item in filters)

    def response_action(  # type: ignore[override] # the stubs are of a later Django
        self, request: HttpRequest, queryset: models.QuerySet[Any]
    ) -> Any:
        """Run the action without the keys that no row can have: on them Django fails."""
        posted = request.POST.copy()
        keys = [key for key in posted.getlist(ACTION_CHECKBOX_NAME) if self._is_key(key)]
        posted.setlist(ACTION_CHECKBOX_NAME, keys)
        request.POST = posted  # type: ignore[assignment]
        return super().response_action(request, queryset)

    def _is_key(self, text: str) -> bool:
        key = self.opts.pk
        try:
            key.run_validators(key.to_python(text))  # of numbers, whether a column can hold them
        except ValidationError:
            return False
        return True

    def construct_change_message(
        self, request: HttpRequest, form: forms.Form, formsets: Iterable[Any], add: bool = False
    ) -> Any:
        message = super().construct_change_message(request, form, formsets, add)
        return audit.with_values(message, changed_values(form))


def _parameters(list_filter: Any) -> Sequence[str]:
    if isinstance(list_filter, type):
        return getattr(list_filter, "parameters", None) or (list_filter.parameter_name,)  # type: ignore[attr-defined]
    column = list_filter if isinstance(list_filter, str) else list_filter[0]
    return [column, *(f"{column}__{lookup}" for lookup in FILTER_LOOKUPS)]


def changed_values(form: forms.BaseForm) -> Iterator[ChangedValue]:
    """Yield the values of the fields that the form has changed.

    Of a list of objects those that were removed are the old value, the added ones the new value.
    """
    model = getattr(getattr(form, "_meta", None), "model", None)
    for name in form.changed_data:
        field = form.fields.get(name)
        if field is None:  # of a password, whose form has two fields
            continue
        old, new = form.initial.get(name), form.cleaned_data.get(name)
        if isinstance(field, forms.ModelMultipleChoiceField):
            before, after = list(old or ()), list(new or ())
            old = [row for row in before if row not in after]
            new = [row for row in after if row not in before]
        else:
            old, new = _chosen(field, old), _chosen(field, new)
        if value := audit.changed(name, old, new, label=_label(model, name, field)):
            yield value


def _chosen(field: forms.Field, value: object) -> Any:
    """Return the object that a choice names by its key; other values as they are."""
    if not isinstance(field, forms.ModelChoiceField) or value in (None, ""):
        return value
    if isinstance(value, models.Model):
        return value
    try:
        return field.queryset.filter(pk=value).first() or value  # type: ignore[union-attr]
    except ValidationError:  # of a crafted address, such as ?user=nobody
        return value


def _label(model: type[models.Model] | None, name: str, field: forms.Field) -> str:
    with translation.override(None):  # translated when it is shown
        if model is not None:
            for column in model._meta.get_fields():
                if column.name == name:
                    return str(getattr(column, "verbose_name", name))
        return str(field.label or name)
