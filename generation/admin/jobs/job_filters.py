"""The list of jobs: pages without a count, and filters that an index answers."""

from abc import ABC, abstractmethod
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import Prefetch, Q, QuerySet
from django.http import HttpRequest
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from unfold.views import ChangeList

from accounts.admin.large_tables import users_found
from artgen.admin.periods import PeriodFilter
from artgen.database.ids import parse_uuid
from generation.jobs.live.status_text import ERROR_CODES, error_message
from generation.models import ACTIVE, Image, Job, JobQuerySet, Status

BEFORE, AFTER = "before", "after"
"""Parameters of the pages: the id of the last job of the page above, or of the first one below."""


class JobChangeList(ChangeList):
    """Pages by id: neither a count nor an OFFSET, so the last page costs what the first one does.

    Sorted by id, which is chronological; the other columns have no index to sort by.
    """

    newer = older = ""
    """Queries of the neighboring pages, "" if there is none."""

    def get_filters_params(self, params: Any = None) -> dict[str, Any]:
        filters: dict[str, Any] = super().get_filters_params(params)
        return {name: value for name, value in filters.items() if name not in (BEFORE, AFTER)}

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[Any]:
        return ["-id"]

    def get_results(self, request: HttpRequest) -> None:
        """Read one job more than the page shows, to know whether there is another page."""
        before, after = (parse_uuid(request.GET.get(name, "")) for name in (BEFORE, AFTER))
        rows = self._read(before, after)
        if after and len(rows) <= self.list_per_page:  # the first page, filled up
            before = after = None
            rows = self._read(None, None)
        has_more = len(rows) > self.list_per_page
        rows = rows[: self.list_per_page]
        if after:
            rows.reverse()
        self.result_list = rows
        self.result_count = len(rows)
        self.full_result_count = None
        self.show_full_result_count = False
        self.show_admin_actions = True
        self.can_show_all = self.multi_page = False
        self.paginator = None
        if rows and (after or has_more):
            self.older = self._page(BEFORE, rows[-1].id)
        if rows and (before or (after and has_more)):
            self.newer = self._page(AFTER, rows[0].id)

    def _read(self, before: UUID | None, after: UUID | None) -> list[Job]:
        jobs = with_first_images(self.queryset)
        if after:
            jobs = jobs.filter(id__gt=after).order_by("id")
        elif before:
            jobs = jobs.filter(id__lt=before)
        return list(jobs[: self.list_per_page + 1])

    def _page(self, name: str, job_id: UUID) -> str:
        kept = {key: value for key, value in self.params.items() if key not in (BEFORE, AFTER)}
        return "?" + urlencode({**kept, name: str(job_id)}, doseq=True)


class Filter(admin.SimpleListFilter, ABC):
    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        return (
            self.apply(queryset, value) if value and isinstance(queryset, JobQuerySet) else queryset
        )

    @abstractmethod
    def apply(self, jobs: JobQuerySet, value: str) -> QuerySet[Any]:
        """Return the jobs of this choice."""


class JobStateFilter(Filter):
    """Jobs in one status, or all unfinished ones. Named as the field's own filter, for links."""

    title = _("status")
    parameter_name = "status__exact"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, Any]]:
        return [("active", _("In progress")), *Status.choices]

    def apply(self, jobs: JobQuerySet, value: str) -> QuerySet[Any]:
        if value == "active":
            return jobs.active()
        return (jobs.active() if value in ACTIVE else jobs).filter(status=value)


class StuckFilter(Filter):
    title = _("stuck")
    parameter_name = "stuck"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, Any]]:
        return [("yes", _("Stuck"))]

    def apply(self, jobs: JobQuerySet, value: str) -> QuerySet[Any]:
        return jobs.stuck()


class TrialFilter(Filter):
    """Jobs of users, or those by which staff tried models."""

    title = _("placed by")
    parameter_name = "trial"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, Any]]:
        return [("no", _("Users")), ("yes", _("Staff, to try a model"))]

    def apply(self, jobs: JobQuerySet, value: str) -> QuerySet[Any]:
        return jobs.filter(is_trial=True) if value == "yes" else jobs.of_users()


class ErrorFilter(Filter):
    title = _("error")
    parameter_name = "error"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, Any]]:
        return [(code, f"{error_message(code)} ({code})") for code in ERROR_CODES]

    def apply(self, jobs: JobQuerySet, value: str) -> QuerySet[Any]:
        return jobs.filter(status=Status.FAILED, error_code=value)


class JobPeriodFilter(PeriodFilter):
    """Jobs of a period; stuck and unfinished ones have an index of their own."""

    def is_exact(self, request: HttpRequest) -> bool:
        status = request.GET.get(JobStateFilter.parameter_name, "")
        is_active = status == "active" or status in ACTIVE
        return is_active or bool(request.GET.get("stuck")) or super().is_exact(request)


def search(jobs: QuerySet[Any], term: str) -> QuerySet[Any]:
    """Find by id of the job, its batch or the provider, part of an email, else by the prompt."""
    term = term.strip()
    if job_id := parse_uuid(term):
        return jobs.filter(Q(id=job_id) | Q(batch=job_id))
    if "@" in term:
        return jobs.filter(user__in=users_found(term))
    exact = Job.objects.filter(runpod_id=term).exclude(runpod_id="")
    if " " not in term and (ids := list(exact.values_list("id", flat=True)[:1])):
        return jobs.filter(id__in=ids)
    return jobs.filter(prompt__icontains=term)


def with_first_images(jobs: QuerySet[Any]) -> QuerySet[Any]:
    """Fetch what a row shows, without the fields that only the provider needs."""
    first_images = Image.objects.filter(position=0)
    return jobs.defer(
        "snapshot", "result", "model__workflow", "model__parameters"
    ).prefetch_related(Prefetch("images", queryset=first_images, to_attr="first_images"))
