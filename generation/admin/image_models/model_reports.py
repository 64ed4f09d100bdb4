"""What pages of figures by model have in common: a table and a route."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path

from artgen.admin.audited import AuditedAdmin
from artgen.admin.pages import page


@dataclass(frozen=True)
class Table:
    """Columns, the first one of which has the names; rows; and a row of sums or none."""

    columns: Sequence[str]
    rows: Sequence[tuple[str, Sequence[str]]]
    total: tuple[str, Sequence[str]] | None = None


class ModelReports(AuditedAdmin):
    def report_url(self, name: str, view: Callable[..., HttpResponse]) -> URLPattern:
        return path(
            f"{name}/", self.admin_site.admin_view(view), name=f"generation_imagemodel_{name}"
        )

    def report(self, request: HttpRequest, name: str, **context: object) -> HttpResponse:
        """Return the page; its template extends `report.html`."""
        return page(self, request, f"admin/generation/imagemodel/{name}.html", **context)
