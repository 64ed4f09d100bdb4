"""Jobs as staff see them: all of their history, and three actions that go the way of every other change."""

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
from generation.admin.reading import ReadOnlyAdmin, ReadOnlyInline, thumbnail
from generation.admin.reading import words as long_text
from generation.catalog.parameters import JOB_FIELDS
from generation.jobs import orders
from generation.models import Image, Job, JobEvent, JobQuerySet, Status

PROMPT_CUT = 60
ACTION_MOST = 500  # jobs an action does at once, within a request's time


class StuckFilter(admin.SimpleListFilter):
    """Keep the jobs that want an operator's eye."""

    title = _("stuck")
    parameter_name = "stuck"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Offer the one choice beside "all"."""
        return [("yes", _("Stuck"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Filter when asked to."""
        return queryset.stuck() if self.value() and isinstance(queryset, JobQuerySet) else queryset


class EventInline(ReadOnlyInline):
    """The history of one job, with RunPod's own words."""

    model = JobEvent
    fields = readonly_fields = ("when", "name", "status", "attempt", "actor", "said")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Fetch who did it along."""
        return super().get_queryset(request).select_related("actor").order_by("id")

    @admin.display(description=_("time"))
    def when(self, event: JobEvent) -> str:
        """Return day and time to the second."""
        return timezone.localtime(event.at).strftime("%d.%m. %H:%M:%S")

    @admin.display(description=_("detail"))
    def said(self, event: JobEvent) -> SafeString:
        """Return the detail as it came."""
        return long_text(event.detail)


class ImageInline(ReadOnlyInline):
    """The pictures of one job."""

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

    @admin.display(description=_("picture"))
    def picture(self, image: Image) -> SafeString:
        """Return the thumbnail."""
        return thumbnail(image)


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    """Search, read, hurry, cancel, retry."""

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
    search_help_text = _("Id, words of the prompt, e-mail, or RunPod's id.")
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
            _("What was asked for"),
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
            _("Model and style as they were when placed"),
            {"classes": ("collapse",), "fields": ("as_placed",)},
        ),
    )
    # What is computed here; the rest is read-only because nobody may edit.
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
        """Find by id at once; by anything else through the search fields."""
        try:
            return queryset.filter(id=UUID(search_term.strip())), False
        except ValueError:
            return super().get_search_results(request, queryset, search_term)

    # --- columns ---------------------------------------------------------------------------------------------------
    @admin.display(description=_("id"), ordering="id")
    def short_id(self, job: Job) -> str:
        """Return the end of the id, where ids of one moment differ."""
        return str(job.id)[-8:]

    @admin.display(description=_("status"), ordering="status")
    def badge(self, job: Job) -> SafeString:
        """Return the status in color, with what is special about it."""
        more = job.error_code or (gettext("unknown to RunPod") if self._unknown(job) else "")
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
        """Return when somebody looks at it next."""
        if job.due_at is None:
            return "—"
        seconds = (job.due_at - timezone.now()).total_seconds()
        if seconds < 0 and job.status == Status.QUEUED:
            return gettext("waits for its turn")
        if seconds >= 0:
            return gettext("in %(time)s") % {"time": formatting.duration(seconds)}
        return gettext("%(time)s late") % {"time": formatting.duration(-seconds)}

    @admin.display(description=_("age"), ordering="created_at")
    def age(self, job: Job) -> str:
        """Return the time from its placing to its end, or until now."""
        end: datetime = job.finished_at or timezone.now()
        seconds = (end - job.created_at).total_seconds()
        return (
            formatting.duration(seconds)
            if seconds < 3600
            else timesince(job.created_at, end, depth=1)
        )

    @admin.display(description=_("endpoint"))
    def endpoint(self, job: Job) -> str:
        """Return the endpoint that it went to."""
        return str(job.snapshot.get("endpoint_id", ""))

    @admin.display(description=_("unknown to RunPod since"))
    def missing(self, job: Job) -> datetime | str:
        """Return since when RunPod has answered 404."""
        return job.missing_since or "-"

    @admin.display(description=_("not accepted, times"))
    def refused(self, job: Job) -> int:
        """Return how often RunPod would not take this attempt."""
        return job.refusals

    @admin.display(description=_("must still be stopped at RunPod"), boolean=True)
    def stopping(self, job: Job) -> bool:
        """Return whether it has ended here and RunPod has not been told."""
        return job.stop_pending

    @admin.display(description=_("RunPod's words"))
    def vendor_words(self, job: Job) -> SafeString:
        """Return what RunPod said of the failure."""
        return long_text(job.error_detail)

    @admin.display(description=_("snapshot"))
    def as_placed(self, job: Job) -> SafeString:
        """Return the snapshot."""
        return long_text(json.dumps(job.snapshot, indent=2, ensure_ascii=False))

    @staticmethod
    def _unknown(job: Job) -> bool:
        return job.status == Status.SUBMITTED and not job.runpod_id

    # --- actions ---------------------------------------------------------------------------------------------------
    def has_drive_permission(self, request: HttpRequest) -> bool:
        """Tell whether the person may do more than read."""
        return request.user.has_perm("generation.change_job")

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Offer on the page of one job what can be done with it."""
        job = kwargs.get("obj")
        if isinstance(job, Job) and self.has_drive_permission(request):
            context["job_actions"] = [
                (name, label)
                for name, label, possible in (
                    (
                        "look_again",
                        _("Look again now"),
                        not job.is_final and not self._unknown(job),
                    ),
                    ("cancel", _("Cancel"), job.is_cancelable),
                    (
                        "retry",
                        _("Retry for the user"),
                        job.status in (Status.FAILED, Status.CANCELED),
                    ),
                )
                if possible
            ]
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.action(description=_("Look again now"), permissions=["drive"])
    def look_again(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """Make the jobs due at once."""

        def done(count: int) -> str:
            return ngettext(
                "%(count)d job is looked at now.", "%(count)d jobs are looked at now.", count
            )

        return self._each(request, queryset, _look_again, done)

    @admin.action(description=_("Cancel, credits go back"), permissions=["drive"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """End the jobs that can still be stopped."""

        def done(count: int) -> str:
            return ngettext("%(count)d job is canceled.", "%(count)d jobs are canceled.", count)

        return self._each(request, queryset, _cancel, done)

    @admin.action(description=_("Retry for the user, who pays again"), permissions=["drive"])
    def retry(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """Place failed and canceled jobs once more, at their owners' cost."""

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
        """Do one thing to each job and report how often it was done, and why it was refused."""
        actor = _actor(request)
        rows = self._some(request, queryset)
        on_each(self, request, rows, lambda job: act(job, actor), done_text=done)
        return _back(request)

    def _some(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[Job]:
        jobs = list(queryset.select_related("user", "model").order_by("id")[: ACTION_MOST + 1])
        if len(jobs) > ACTION_MOST:
            text = gettext("Only the oldest %(count)d are done at once; repeat for the rest.") % {
                "count": ACTION_MOST
            }
            self.message_user(request, text, messages.WARNING)
        return jobs[:ACTION_MOST]


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
        raise orders.KeyBusy(gettext("this was done before."))


def _actor(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise TypeError("the admin lets nobody in who has not signed in")
    return request.user


def _back(request: HttpRequest) -> HttpResponse | None:
    """Return to the page of the one job whose button was pressed; None: to the list."""
    if "from_page" not in request.POST:
        return None
    return HttpResponseRedirect(
        reverse("admin:generation_job_change", args=[request.POST.get("_selected_action", "")])
    )
