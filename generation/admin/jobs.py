"""The admin of jobs: their history, and the actions check, cancel and retry."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from artgen import formatting
from artgen.admin_actions import on_each
from artgen.refusals import Refusal
from generation.admin.read_only import ReadOnlyInline, ReadOnlyModelAdmin, preformatted, thumbnail
from generation.catalog.parameters import JOB_FIELDS
from generation.jobs import idempotency, orders
from generation.models import Image, Job, JobEvent, JobQuerySet, Status

PROMPT_CUT = 60
MAX_JOBS_PER_ACTION = 500  # done within one request


class StuckFilter(admin.SimpleListFilter):
    """Filter jobs that require an operator."""

    title = _("stuck")
    parameter_name = "stuck"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the only choice besides "all"."""
        return [("yes", _("Stuck"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Apply the filter."""
        return queryset.stuck() if self.value() and isinstance(queryset, JobQuerySet) else queryset


class EventInline(ReadOnlyInline):
    """The history of one job, with RunPod's messages."""

    model = JobEvent
    fields = readonly_fields = ("when", "name", "status", "attempt", "actor", "said")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Fetch the actors with the events."""
        return super().get_queryset(request).select_related("actor").order_by("id")

    @admin.display(description=_("time"))
    def when(self, event: JobEvent) -> str:
        """Return day and time with seconds."""
        return timezone.localtime(event.at).strftime("%d.%m. %H:%M:%S")

    @admin.display(description=_("detail"))
    def said(self, event: JobEvent) -> SafeString:
        """Return the detail."""
        return preformatted(event.detail)


class ImageInline(ReadOnlyInline):
    """The images of one job."""

    model = Image
    fields = readonly_fields = (
        "picture",
        "width",
        "height",
        "bytes",
        "seed",
        "visibility",
        "trashed_at",
    )

    @admin.display(description=_("image"))
    def picture(self, image: Image) -> SafeString:
        """Return the thumbnail."""
        return thumbnail(image)


@admin.register(Job)
class JobAdmin(ReadOnlyModelAdmin):
    """Jobs: search, read, check, cancel, retry."""

    change_form_template = "admin/generation/job/change_form.html"
    list_display = (
        "short_id",
        "badge",
        "user",
        "model",
        "prompt_cut",
        "attempt",
        "due",
        "age",
        "credits",
    )
    list_display_links = ("short_id", "prompt_cut")
    list_select_related = ("user", "model")
    list_filter = ("status", StuckFilter, "model", "created_at")
    list_per_page = 50
    search_fields = ("prompt", "user__email", "=runpod_id")
    search_help_text = _("ID, prompt, email or RunPod ID.")
    ordering = ("-id",)
    inlines = (ImageInline, EventInline)
    actions = ("look_again", "cancel", "retry")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "id",
                    "badge",
                    "user",
                    "model",
                    "batch",
                    "credits",
                    "attempt",
                    "due",
                    "created_at",
                )
            },
        ),
        (
            _("Request"),
            {"fields": JOB_FIELDS},
        ),
        (
            _("At RunPod"),
            {
                "fields": (
                    "runpod_id",
                    "endpoint",
                    ("submitted_at", "started_at", "finished_at", "deadline_at"),
                    ("missing", "refused", "stopping"),
                    "cost",
                    "error_code",
                    "vendor_words",
                )
            },
        ),
        (
            _("Model and style at submission"),
            {"classes": ("collapse",), "fields": ("as_placed",)},
        ),
    )
    # Computed fields; the others are read-only without change permission.
    readonly_fields = (
        "id",
        "badge",
        "due",
        "endpoint",
        "missing",
        "refused",
        "stopping",
        "vendor_words",
        "as_placed",
    )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Search by id, else by the search fields."""
        try:
            return queryset.filter(id=UUID(search_term.strip())), False
        except ValueError:
            return super().get_search_results(request, queryset, search_term)

    # --- columns ----------------------------------------------------------------------------------
    @admin.display(description=_("id"), ordering="id")
    def short_id(self, job: Job) -> str:
        """Return the end of the id, which differs between ids of the same time."""
        return str(job.id)[-8:]

    @admin.display(description=_("status"), ordering="status")
    def badge(self, job: Job) -> SafeString:
        """Return the status with error code or "not confirmed"."""
        more = job.error_code or (gettext("not confirmed by RunPod") if self._unknown(job) else "")
        return format_html(
            '<span class="badge" data-status="{}">{}</span> {}',
            job.status,
            job.get_status_display(),
            more,
        )

    @admin.display(description=_("prompt"))
    def prompt_cut(self, job: Job) -> str:
        """Return the beginning of the prompt."""
        return job.prompt if len(job.prompt) <= PROMPT_CUT else f"{job.prompt[:PROMPT_CUT]}…"

    @admin.display(description=_("due"), ordering="due_at")
    def due(self, job: Job) -> str:
        """Return the time until the next check."""
        if job.due_at is None:
            return "—"
        seconds = (job.due_at - timezone.now()).total_seconds()
        if seconds < 0 and job.status == Status.QUEUED:
            return gettext("queued")
        if seconds >= 0:
            return gettext("in %(time)s") % {"time": formatting.duration(seconds)}
        return gettext("%(time)s late") % {"time": formatting.duration(-seconds)}

    @admin.display(description=_("age"), ordering="created_at")
    def age(self, job: Job) -> str:
        """Return the time from creation to end, or until now."""
        end: datetime = job.finished_at or timezone.now()
        seconds = (end - job.created_at).total_seconds()
        return (
            formatting.duration(seconds)
            if seconds < 3600
            else timesince(job.created_at, end, depth=1)
        )

    @admin.display(description=_("endpoint"))
    def endpoint(self, job: Job) -> str:
        """Return the endpoint of the job."""
        return str(job.snapshot.get("endpoint_id", ""))

    @admin.display(description=_("not confirmed since"))
    def missing(self, job: Job) -> datetime | str:
        """Return since when RunPod has returned 404."""
        return job.missing_since or "-"

    @admin.display(description=_("times not accepted"))
    def refused(self, job: Job) -> int:
        """Return how often RunPod rejected this attempt."""
        return job.refusals

    @admin.display(description=_("stop pending at RunPod"), boolean=True)
    def stopping(self, job: Job) -> bool:
        """Return whether RunPod has not been told to stop yet."""
        return job.stop_pending

    @admin.display(description=_("RunPod message"))
    def vendor_words(self, job: Job) -> SafeString:
        """Return RunPod's message about the failure."""
        return preformatted(job.error_detail)

    @admin.display(description=_("snapshot"))
    def as_placed(self, job: Job) -> SafeString:
        """Return the snapshot."""
        return preformatted(json.dumps(job.snapshot, indent=2, ensure_ascii=False))

    @staticmethod
    def _unknown(job: Job) -> bool:
        return job.status == Status.SUBMITTED and not job.runpod_id

    # --- actions ----------------------------------------------------------------------------------
    def has_drive_permission(self, request: HttpRequest) -> bool:
        """Return whether the user may run the actions."""
        return request.user.has_perm("generation.change_job")

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Add the possible actions to the page of one job."""
        job = kwargs.get("obj")
        if isinstance(job, Job) and self.has_drive_permission(request):
            context["job_actions"] = [
                (name, label)
                for name, label, possible in (
                    (
                        "look_again",
                        _("Check now"),
                        not job.is_final and not self._unknown(job),
                    ),
                    ("cancel", _("Cancel"), job.is_cancelable),
                    (
                        "retry",
                        _("Retry at the user’s cost"),
                        job.status in (Status.FAILED, Status.CANCELED),
                    ),
                )
                if possible
            ]
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.action(description=_("Check now"), permissions=["drive"])
    def look_again(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """Make the jobs due now."""

        def done(count: int) -> str:
            return ngettext("Checking %(count)d job.", "Checking %(count)d jobs.", count)

        return self._each(request, queryset, _look_again, done)

    @admin.action(description=_("Cancel and return credits"), permissions=["drive"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """Cancel the jobs that have not finished."""

        def done(count: int) -> str:
            return ngettext("%(count)d job is canceled.", "%(count)d jobs are canceled.", count)

        return self._each(request, queryset, _cancel, done)

    @admin.action(description=_("Retry at the user’s cost"), permissions=["drive"])
    def retry(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """Retry failed and canceled jobs at their owners' cost."""

        def done(count: int) -> str:
            return ngettext(
                "%(count)d job is queued again.", "%(count)d jobs are queued again.", count
            )

        return self._each(request, queryset, _retry, done)

    def _each(
        self,
        request: HttpRequest,
        queryset: QuerySet[Any],
        act: Callable[[Job, User], None],
        done: Callable[[int], str],
    ) -> HttpResponse | None:
        """Run `act` on each job and report successes, and refusals by reason."""
        actor = _actor(request)
        rows = self._some(request, queryset)
        on_each(self, request, rows, lambda job: act(job, actor), done_text=done)
        return _back(request)

    def _some(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[Job]:
        jobs = list(
            queryset.select_related("user", "model").order_by("id")[: MAX_JOBS_PER_ACTION + 1]
        )
        if len(jobs) > MAX_JOBS_PER_ACTION:
            text = gettext(
                "Only the oldest %(count)d jobs were processed. Repeat for the rest."
            ) % {"count": MAX_JOBS_PER_ACTION}
            self.message_user(request, text, messages.WARNING)
        return jobs[:MAX_JOBS_PER_ACTION]


def _look_again(job: Job, actor: User) -> None:
    if not orders.look_again(job=job, actor=actor):
        raise Refusal(gettext("it has finished or is waiting for RunPod’s webhook."))


def _cancel(job: Job, actor: User) -> None:
    orders.cancel(job=job, actor=actor)


def _retry(job: Job, actor: User) -> None:
    if job.status not in (Status.FAILED, Status.CANCELED):
        raise Refusal(gettext("only failed and canceled jobs are retried."))
    if not job.user.is_active:
        raise Refusal(gettext("the user’s account is locked."))
    if not orders.retry_for_owner(job=job, actor=actor).created:
        raise idempotency.KeyBusy(gettext("it was already retried."))


def _actor(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise TypeError("the admin requires a signed-in user")
    return request.user


def _back(request: HttpRequest) -> HttpResponse | None:
    """Redirect to the page of the job whose button was used; None: to the list."""
    if "from_page" not in request.POST:
        return None
    return HttpResponseRedirect(
        reverse("admin:generation_job_change", args=[request.POST.get("_selected_action", "")])
    )
