"""Base class of all admin pages: changes are stored with old and new values, and meet no others."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import ValidationError
from django.db import connection, models
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from unfold.admin import ModelAdmin

from artgen import audit
from artgen.admin import edit_conflicts
from artgen.audit import ChangedValue


class AuditedAdmin(ModelAdmin):  # type: ignore[type-arg]
    """An admin whose entries in the audit log have the values of the changed fields.

    A form does not replace what somebody else has changed while it was open (`edit_conflicts`).
    """

    change_form_before_template = edit_conflicts.TEMPLATE

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """Return the form, which checks what the page has shown when it is submitted."""
        form = super().get_form(request, obj, change=change, **kwargs)
        if not change or request.method != "POST":
            return form
        return edit_conflicts.checked(form, seen=_seen(request))

    def get_formsets_with_inlines(
        self, request: HttpRequest, obj: Any = None
    ) -> Iterator[tuple[Any, Any]]:
        """Yield the formsets of related rows, whose forms check the same."""
        for formset, inline in super().get_formsets_with_inlines(request, obj):
            if obj is not None and request.method == "POST":
                formset.form = edit_conflicts.checked(formset.form, seen=_seen(request))
            yield formset, inline

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> Any:
        """Return the form of a row of a list that is edited, which checks the same."""
        form = super().get_changelist_form(request, **kwargs)
        if request.method != "POST":
            return form
        return edit_conflicts.checked(form, seen=_seen(request))

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Add the digests of the values that the forms of the list show."""
        response: HttpResponse = super().changelist_view(request, extra_context)
        context = getattr(response, "context_data", None) or {}
        if formset := getattr(context.get("cl"), "formset", None):
            context["seen_values"] = edit_conflicts.digests(formset.forms)
        return response

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        """Return the object; for a POST locked until it is saved, so that the next one sees it."""
        found = super().get_object(request, object_id, from_field)
        if found is None or request.method != "POST" or not connection.in_atomic_block:
            return found
        rows = self.model._base_manager.select_for_update(no_key=True)
        rows.filter(pk=found.pk).values_list("pk").first()
        return super().get_object(request, object_id, from_field)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Add the digests of the values that the forms show."""
        if kwargs.get("change") and self.has_change_permission(request, kwargs.get("obj")):
            related = context["inline_admin_formsets"]
            rows = (row for one in related if one.has_change_permission for row in one.formset)
            shown = (context["adminform"].form, *rows)
            context["seen_values"] = edit_conflicts.digests(shown)
        return super().render_change_form(request, context, *args, **kwargs)

    def response_action(  # type: ignore[override] # the stubs are of a later Django
        self, request: HttpRequest, queryset: Any
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
        self,
        request: HttpRequest,
        form: Any,
        formsets: Any,
        add: bool = False,
    ) -> Any:
        """Return Django's message with the values of this form."""
        message = super().construct_change_message(request, form, formsets, add)
        return audit.with_values(message, changed_values(form))


def _seen(request: HttpRequest) -> str:
    return request.POST.get(edit_conflicts.FIELD, "")


def changed_values(form: Any) -> Iterator[ChangedValue]:
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
            old = [one for one in before if one not in after]
            new = [one for one in after if one not in before]
        else:
            old, new = _chosen(field, old), _chosen(field, new)
        if value := audit.changed(name, old, new, label=_label(model, name, field)):
            yield value


def _chosen(field: forms.Field, value: Any) -> Any:
    """Return the object that a choice names by its key; other values as they are."""
    if not isinstance(field, forms.ModelChoiceField) or value in (None, ""):
        return value
    if isinstance(value, models.Model):
        return value
    try:
        return field.queryset.filter(pk=value).first() or value  # type: ignore[union-attr]
    except ValidationError:  # of a crafted address, such as ?user=nobody
        return value


def _label(model: Any, name: str, field: forms.Field) -> str:
    with translation.override(None):  # translated when it is shown
        if model is not None:
            for column in model._meta.get_fields():
                if column.name == name:
                    return str(getattr(column, "verbose_name", name))
        return str(field.label or name)
