"""Base class of all admin pages: changes are logged with values, meet no others, are saved once."""

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from typing import Any
from uuid import uuid4

from django import forms
from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import ValidationError
from django.db import connection, models, transaction
from django.forms import BaseModelFormSet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext
from unfold.admin import ModelAdmin

from artgen import audit
from artgen.admin import edit_conflicts, submit_once
from artgen.audit import ChangedValue
from artgen.cache import CacheAway
from artgen.ids import parse_uuid

HAS_KEY, IS_SAVED = "has_form_key", "is_form_saved"
"""Attributes of a request: it has the key of its form; it has saved what the form describes."""

FILTER_LOOKUPS = ("exact", "id__exact", "isnull", "isempty", "gte", "lt")
"""What Django's filters of columns send."""
KEY_LOOKUPS = ("pk", "pk__exact", "pk__in", "id", "id__exact", "id__in")


class LockedFormSet(BaseModelFormSet):  # type: ignore[type-arg]
    """Forms of rows that are locked until they are saved, so that the next request sees them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        rows = kwargs["queryset"]
        _lock(rows.model, list(rows.values_list("pk", flat=True)))
        super().__init__(*args, **kwargs)


class AuditedAdmin(ModelAdmin):  # type: ignore[type-arg]
    """An admin whose entries in the audit log have the values of the changed fields.

    A form does not replace what somebody else has changed while it was open (`edit_conflicts`), and
    that of a new object is saved once (`submit_once`).
    """

    change_form_before_template = "admin/form_state.html"
    link_lookups: tuple[str, ...] = ()
    """Lookups of links to this list, beside those of its filters."""

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Allow only filters, links and the key: by others staff read columns they cannot see."""
        if lookup in self.link_lookups or lookup in KEY_LOOKUPS:
            return True
        filters = self.get_list_filter(request) if request else self.list_filter
        return any(lookup in _parameters(item) for item in filters)

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

    def get_changelist_formset(self, request: HttpRequest, **kwargs: Any) -> Any:
        """Return the forms of a list that is edited; those that are saved lock their rows."""
        if _saves_list(request):
            kwargs.setdefault("formset", LockedFormSet)
        return super().get_changelist_formset(request, **kwargs)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Add the digests of the values that the forms of the list show; save them all or none."""
        with transaction.atomic() if _saves_list(request) else nullcontext():
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
        _lock(self.model, [found.pk])
        return super().get_object(request, object_id, from_field)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Show or save the form; one of a new object that was sent before is not saved again."""
        key = _form_key(request) if object_id is None else ""
        if not key:
            return super().changeform_view(request, object_id, form_url, extra_context)
        # Before the form is checked: it would find the object that the first one has saved.
        if submit_once.was_sent(key):
            return self._sent_before(request)
        try:
            response = super().changeform_view(request, object_id, form_url, extra_context)
        except _SentBefore:
            return self._sent_before(request)
        except BaseException:
            _give_back(request, key)
            raise
        if getattr(request, IS_SAVED, False):
            return response
        _give_back(request, key)
        # Refused because the first one has been saved meanwhile.
        return self._sent_before(request) if submit_once.was_sent(key) else response

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Any:
        """Return the object of a valid form, unless another request has the form's key."""
        if not change and (key := _form_key(request)):
            _claim(request, key)
        return super().save_form(request, form, change)

    def response_add(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Return the response to a form that was saved: a redirect or a page for a popup."""
        setattr(request, IS_SAVED, True)
        return super().response_add(request, *args, **kwargs)

    def _sent_before(self, request: HttpRequest) -> HttpResponse:
        messages.info(request, gettext("This was already saved."))
        return HttpResponseRedirect(
            reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
        )

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Add the key of a new form, or the digests of the values that the forms show."""
        if kwargs.get("add"):
            context["form_key"] = _form_key(request) or str(uuid4())
        elif kwargs.get("change") and self.has_change_permission(request, kwargs.get("obj")):
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


def _parameters(list_filter: Any) -> Sequence[str]:
    """Return the parameters of an item of `ModelAdmin.list_filter`."""
    if isinstance(list_filter, type):
        return getattr(list_filter, "parameters", None) or (list_filter.parameter_name,)  # type: ignore[attr-defined]
    column = list_filter if isinstance(list_filter, str) else list_filter[0]
    return [column, *(f"{column}__{lookup}" for lookup in FILTER_LOOKUPS)]


def _lock(model: Any, keys: Sequence[Any]) -> None:
    """Lock these rows until the transaction ends, in the order of their keys."""
    rows = model._base_manager.filter(pk__in=keys).order_by("pk")
    list(rows.select_for_update(no_key=True).values_list("pk"))


def _saves_list(request: HttpRequest) -> bool:
    return request.method == "POST" and "_save" in request.POST


class _SentBefore(Exception):
    """Another request has the key of this form."""


def _form_key(request: HttpRequest) -> str:
    """Return the key of the form that is posted, "" if there is none that a page has given."""
    key = parse_uuid(request.POST.get(submit_once.FIELD, ""))
    return str(key or "")


def _claim(request: HttpRequest, key: str) -> None:
    """Take the key of the form; raise `_SentBefore` if another request has it."""
    try:
        is_first = submit_once.claim(key)
    except CacheAway:  # nobody can know; staff must be able to announce that something is away
        return
    if not is_first:
        raise _SentBefore
    setattr(request, HAS_KEY, True)


def _give_back(request: HttpRequest, key: str) -> None:
    if getattr(request, HAS_KEY, False):
        submit_once.give_back(key)


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
