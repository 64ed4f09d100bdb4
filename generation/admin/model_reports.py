"""What pages of figures by model have in common: two bars for each model, and a table."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path

from artgen.admin.audited import AuditedAdmin


@dataclass(frozen=True)
class Bars:
    """The two bars of one model, in percent of the chart's width."""

    name: str
    title: str
    strong: float
    other: float


@dataclass(frozen=True)
class BarChart:
    """Bars with the words of both kinds, and a sentence in place of the picture."""

    title: str
    summary: str
    strong: str
    other: str
    bars: list[Bars]


@dataclass(frozen=True)
class Table:
    """Columns, the first one of which has the names; rows; and a row of sums or none."""

    columns: Sequence[str]
    rows: Sequence[tuple[str, Sequence[str]]]
    total: tuple[str, Sequence[str]] | None = None


def bars(rows: Iterable[tuple[str, str, float, float]], *, longest: float) -> list[Bars]:
    """Return the bars of rows (name, title, two values); one of `longest` fills the chart."""
    return [
        Bars(name, title, round(strong / longest * 100, 2), round(other / longest * 100, 2))
        for name, title, strong, other in rows
    ]


class ModelReports(AuditedAdmin):
    """Let the admin of models have such pages."""

    def report_url(self, name: str, view: Callable[..., HttpResponse]) -> URLPattern:
        """Return the route of a page, for `get_urls`."""
        return path(
            f"{name}/", self.admin_site.admin_view(view), name=f"generation_imagemodel_{name}"
        )

    def report(self, request: HttpRequest, name: str, **context: Any) -> HttpResponse:
        """Return the page; its template extends `report.html`."""
        return render(
            request,
            f"admin/generation/imagemodel/{name}.html",
            {**self.admin_site.each_context(request), "opts": self.opts, **context},
        )
