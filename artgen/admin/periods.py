"""The filter of a list of a table that grows with the number of jobs: by default the last 30 days.

Whatever else the list is filtered by, it then reads the rows of these days, and not the table.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from artgen.database.ids import first_id, parse_uuid

PERIODS = {
    "hour": (_("Last hour"), timedelta(hours=1)),
    "day": (_("Last 24 hours"), timedelta(days=1)),
    "week": (_("Last 7 days"), timedelta(days=7)),
    "month": (_("Last 30 days"), timedelta(days=30)),
}
DEFAULT_PERIOD = "month"


class PeriodFilter(admin.SimpleListFilter):
    """Rows of a period, by their id: no other column needs an index of times."""

    title = _("period")
    parameter_name = "period"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, Any]]:
        others = [(name, title) for name, (title, _span) in PERIODS.items()]
        return [*(choice for choice in others if choice[0] != DEFAULT_PERIOD), ("all", _("All"))]

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        """Rename the default choice. Rows found without a period are of all periods."""
        month, *others, every = super().choices(changelist)
        month["display"] = PERIODS[DEFAULT_PERIOD][0]
        if self.is_exact(self.request):
            month["query_string"] = changelist.get_query_string(
                {self.parameter_name: DEFAULT_PERIOD}
            )
            month["selected"] = False
            every["selected"] |= self.value() is None
        month["selected"] |= self.value() == DEFAULT_PERIOD
        yield from (month, *others, every)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the rows of the period. What a row is found by, such as its id, has no period."""
        value = self.value()
        if value == "all" or (value is None and self.is_exact(request)):
            return queryset
        _title, span = PERIODS.get(value or DEFAULT_PERIOD, PERIODS[DEFAULT_PERIOD])
        return queryset.filter(id__gte=first_id(timezone.now() - span))

    def is_exact(self, request: HttpRequest) -> bool:
        """Return whether an index finds the rows without a period: of one user, or by an id."""
        term = request.GET.get("q", "").strip()
        is_of_user = bool(request.GET.get("user__id__exact"))
        return is_of_user or "@" in term or parse_uuid(term) is not None
