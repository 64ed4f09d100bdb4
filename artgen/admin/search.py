"""One search over several lists of the admin, each as its own page searches."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.contrib.admin import AdminSite
from django.contrib.admin.utils import lookup_field
from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils.http import urlencode

SHOWN = 8


@dataclass(frozen=True)
class FoundRow:
    title: object
    details: list[object]
    url: str


@dataclass(frozen=True)
class FoundRows:
    """What one list has found; `url` is that of the list with the same search."""

    title: str
    rows: list[FoundRow]
    url: str


def search(site: AdminSite, request: HttpRequest, term: str) -> Iterator[FoundRows]:
    """Yield what the searcher may view, of each admin that names columns of its results."""
    request.GET = QueryDict(urlencode({"q": term}))
    for model in filter(site.is_registered, apps.get_models()):
        admin = site.get_model_admin(model)
        columns = getattr(admin, "columns_of_results", None)
        if not columns or not admin.has_view_or_change_permission(request):
            continue
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        rows = list(admin.get_changelist_instance(request).result_list)[:SHOWN]
        if rows:
            yield FoundRows(
                str(model._meta.verbose_name_plural),
                [_result(admin, columns, name, row) for row in rows],
                f"{reverse(f'{name}_changelist')}?{request.GET.urlencode()}",
            )


def _result(admin: Any, columns: tuple[str, ...], name: str, row: Any) -> FoundRow:
    title, *details = (lookup_field(column, row, admin)[2] for column in columns)
    url = reverse(f"{name}_change", args=[row.pk])
    return FoundRow(title or str(row), [detail for detail in details if detail], url)
