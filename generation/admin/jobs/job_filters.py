"""The list of jobs: what its rows show, and filters that an index answers."""

from abc import ABC, abstractmethod
from typing import Any

from django.contrib import admin
from django.db.models import Prefetch, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.views import ChangeList

from accounts.admin.large_tables import users_found
from artgen.admin.periods import PeriodFilter
from artgen.database.ids import parse_uuid
from generation.jobs.live.status_text import ERROR_CODES, error_message
from generation.models import ACTIVE, Image, Job, JobQuerySet, Status


class JobChangeList(ChangeList):
    def get_queryset(self, request: HttpRequest, *args: Any) -> QuerySet[Any]:
        """Fetch what a row shows, without the fields that only the provider needs."""
        first_images = Image.objects.filter(position=0)
        jobs: QuerySet[Any] = super().get_queryset(request, *args)
        return jobs.defer(
            "snapshot", "result", "model__workflow", "model__parameters"
        ).prefetch_related(Prefetch("images", queryset=first_images, to_attr="first_images"))


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
