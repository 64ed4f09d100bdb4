"""The audit log: what staff did, searchable by person, object, time and text.

Fast with a million entries: pages without a count, filters that an index answers.
"""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, time, timedelta
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.contrib.admin.models import ADDITION, CHANGE, DELETION
from django.contrib.admin.views.main import ChangeList
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from unfold.paginator import InfinitePaginator

from accounts.models import AuditEntry, User, fold
from artgen.admin import audit
from artgen.admin.read_only import ReadOnlyAdmin
from artgen.database.ids import parse_uuid
from artgen.web import formatting, years

MAX_PEOPLE = 200
COMMAND_LINE = "command"
"""In place of a person: commands of versions that stored them."""
ACTIONS = {
    ADDITION: pgettext_lazy("audit log", "Added"),
    CHANGE: pgettext_lazy("audit log", "Changed"),
    DELETION: pgettext_lazy("audit log", "Deleted"),
}
"""In place of Django's words, which are those of buttons in Russian."""


class PersonFilter(admin.SimpleListFilter):
    title = _("person")
    parameter_name = "user__id__exact"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, Any]]:
        """Return the staff; a former member is found by email."""
        staff = User.objects.filter(is_staff=True).order_by("email")
        people = staff.values_list("pk", "email")[:MAX_PEOPLE]
        return [*((str(pk), email) for pk, email in people), (COMMAND_LINE, _("Command line"))]

    def has_output(self) -> bool:
        """Return True: a link may name a former member of staff."""
        return True

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Apply the filter; an invalid id finds nothing."""
        if not (value := self.value()):
            return queryset
        if value == COMMAND_LINE:
            return queryset.filter(user=None)
        person = parse_uuid(value)
        return queryset.filter(user=person) if person else queryset.none()


class KindFilter(admin.SimpleListFilter):
    title = _("kind of object")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, Any]]:
        models = [
            model
            for model in apps.get_models()
            if admin.site.is_registered(model) and not model._meta.proxy
        ]
        kinds = ContentType.objects.get_for_models(*models)
        named = ((str(kind.pk), model._meta.verbose_name) for model, kind in kinds.items())
        return sorted(named, key=lambda pair: str(pair[1]))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value() or ""
        known = {key for key, _name in self.lookup_choices}
        return queryset.filter(content_type_id=int(value)) if value in known else queryset


class DateFilter(admin.ListFilter):
    """Entries from one day to another, both included."""

    title = _("time")
    template = "accounts/admin/audit_dates.html"
    parameters = ("from", "to")

    def __init__(
        self, request: HttpRequest, params: dict[str, Any], model: type[Model], model_admin: Any
    ) -> None:
        super().__init__(request, params, model, model_admin)
        for name in self.parameters:
            if name in params:
                self.used_parameters[name] = params.pop(name)[-1]

    def expected_parameters(self) -> list[str | None]:
        return list(self.parameters)

    def has_output(self) -> bool:
        return True

    def choices(self, changelist: ChangeList) -> Iterator[dict[str, Any]]:
        """Yield what the filter's form shows: the days, and the other parameters to keep."""
        kept = [
            (name, value)
            for name, value in changelist.get_filters_params().items()
            if name not in self.parameters
        ]
        if changelist.query:
            kept.append(("q", changelist.query))
        hidden = [
            (name, each)
            for name, value in kept
            for each in (value if isinstance(value, list) else [value])
        ]
        yield {
            **{name: self.used_parameters.get(name, "") for name in self.parameters},
            "kept": hidden,
        }

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if first := self._midnight("from"):
            queryset = queryset.filter(action_time__gte=first)
        if last := self._midnight("to"):
            queryset = queryset.filter(action_time__lt=last + timedelta(days=1))
        return queryset

    def _midnight(self, name: str) -> datetime | None:
        try:
            day = parse_date(str(self.used_parameters.get(name, "")))
        except ValueError:
            return None
        if day is None or not years.has(day):
            return None
        return timezone.make_aware(datetime.combine(day, time.min))


class ObjectFilter(admin.SimpleListFilter):
    """Entries about one object, for links from its page; it has no choices of its own."""

    title = _("object")
    parameter_name = "object_id__exact"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, Any]]:
        value = request.GET.get(self.parameter_name, "")
        return [(value, value)] if value else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = (self.value() or "").replace("\0", "")
        return queryset.filter(object_id=value) if value else queryset


@admin.register(AuditEntry)
class AuditLogAdmin(ReadOnlyAdmin):
    menu_section = "people"
    menu_icon = "policy"
    list_display = ("at", "person", "action", "what", "change")
    list_display_links = None
    list_filter = (DateFilter, PersonFilter, KindFilter, ObjectFilter)
    list_select_related = ("content_type",)
    list_per_page = 50
    list_fullwidth = True
    search_fields = ("change_message",)
    search_help_text = _("Words of the object or the change, an ID, or the email of a person.")
    ordering = ("-action_time", "-id")
    sortable_by = ()
    show_facets = admin.ShowFacets.NEVER  # would count every choice
    show_full_result_count = False
    paginator = InfinitePaginator
    fields = ("at", "person", "action", "what", "change")
    readonly_fields = ("at", "person", "action", "what", "change")

    class Media:
        css = {"all": ["accounts/admin.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Fetch the users apart: Django joins them as if every entry had one."""
        return super().get_queryset(request).prefetch_related("user")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        if "@" in term and (person := User.objects.filter(email=fold(term)).first()):
            return audit.search(queryset, term, or_by=person), False
        return audit.search(queryset, term), False

    @admin.display(description=_("time"))
    def at(self, entry: AuditEntry) -> SafeString:
        """Return day and time in the reader's zone; the tooltip has the seconds and the offset."""
        local = timezone.localtime(entry.action_time)
        return format_html(
            '<time datetime="{}" title="{}">{}</time>',
            local.isoformat(),
            local.strftime("%Y-%m-%d %H:%M:%S %z"),
            formatting.moment(local),
        )

    @admin.display(description=_("person"))
    def person(self, entry: AuditEntry) -> str:
        return str(entry.user) if entry.user_id else gettext("Command line")

    @admin.display(description=_("action"))
    def action(self, entry: AuditEntry) -> str:
        if entry.content_type is None:
            return gettext("Command")
        return str(ACTIONS[entry.action_flag])

    @admin.display(description=_("object"))
    def what(self, entry: AuditEntry) -> SafeString | str:
        """Return the object with its kind, as a link to its page if there is one."""
        if entry.content_type is None:
            return entry.object_repr
        model = entry.content_type.model_class()
        kind = model._meta.verbose_name if model else entry.content_type.model
        text = entry.object_repr or entry.object_id or ""
        url = ""
        if entry.action_flag != DELETION and entry.object_id:
            name = f"admin:{entry.content_type.app_label}_{entry.content_type.model}_change"
            with suppress(NoReverseMatch):
                url = reverse(name, args=[entry.object_id])
        if not url:
            return f"{kind}: {text}"
        return format_html('{}: <a href="{}">{}</a>', kind, url, text)

    @admin.display(description=_("change"))
    def change(self, entry: AuditEntry) -> SafeString | str:
        """Return the fields with their values before and after, or the text."""
        values = audit.values_of(entry)
        if not values:
            return entry.get_change_message() if entry.change_message else ""
        rows = format_html_join(
            "",
            "<div><dt>{}</dt><dd><del>{}</del> → <ins>{}</ins></dd></div>",
            (
                (gettext(value.field) if value.field else "", value.old or "–", value.new or "–")
                for value in values
            ),
        )
        return format_html('<dl class="audit-values">{}</dl>', rows)
