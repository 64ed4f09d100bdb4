"""The admin of jobs: fields, the actions check, cancel and retry, and the refund."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.views import ChangeList

from accounts.access.request_user import SignedInRequest
from accounts.admin.large_tables import LargeTableAdmin
from accounts.credits import refunds
from accounts.forms.credit_grants import RefundForm
from accounts.models import User
from artgen.admin.actions import back_to_start, on_each
from artgen.admin.pages import page
from artgen.admin.read_only import ReadOnlyInline
from artgen.refusals import Refusal
from artgen.web import formatting
from generation.admin.columns import thumbnail
from generation.admin.jobs import job_filters, job_history, job_text
from generation.admin.jobs.job_columns import JobColumns, is_unconfirmed
from generation.admin.read_only import ReadOnlyModelAdmin
from generation.catalog.job_parameters import JOB_FIELDS
from generation.jobs.engine import job_control, unread_replies
from generation.jobs.placing import idempotency, retries
from generation.models import Image, Job, Status, UnreadReply

MAX_JOBS_PER_ACTION = 500  # done within one request


class ImageInline(ReadOnlyInline):
    model = Image
    fields = readonly_fields = (
        "thumbnail",
        "width",
        "height",
        "bytes",
        "seed",
        "visibility",
        "trashed_at",
    )

    @admin.display(description=_("image"))
    def thumbnail(self, image: Image) -> SafeString:
        return thumbnail(image)


@admin.register(Job)
class JobAdmin(JobColumns, LargeTableAdmin, ReadOnlyModelAdmin):
    menu_icon = "list_alt"
    change_form_template = "admin/generation/job/change_form.html"
    list_display = (
        "thumbnail",
        "prompt_cut",
        "state",
        "owner",
        "model",
        "age",
        "attempt",
        "cost_text",
    )
    list_display_links = ("prompt_cut",)
    list_select_related = ("user", "model")
    list_filter = (
        job_filters.JobStateFilter,
        job_filters.StuckFilter,
        job_filters.JobPeriodFilter,
        "model",
        job_filters.TrialFilter,
        job_filters.ErrorFilter,
    )
    search_fields = ("prompt",)
    columns_of_results = ("prompt_cut", "state", "model", "age")
    search_help_text = _("ID, prompt, email or the provider’s ID.")
    ordering = ("-id",)
    inlines = (ImageInline,)
    actions = ("look_again", "cancel", "retry")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "id",
                    "user",
                    "model",
                    "batch",
                    "credits",
                    "attempt",
                    "due_at",
                    "created_at",
                )
            },
        ),
        (_("Request"), {"fields": JOB_FIELDS}),
        (
            _("At the provider"),
            {
                "fields": (
                    "runpod_id",
                    ("submitted_at", "started_at", "finished_at", "deadline_at"),
                    ("promised_p50_at", "promised_p90_at"),
                    ("missing", "refused", "stopping"),
                    "cost",
                    "error_code",
                    "vendor_text",
                )
            },
        ),
        (_("Model and style at submission"), {"classes": ("collapse",), "fields": ("as_placed",)}),
    )
    # Computed fields; the others are read-only without change permission.
    readonly_fields = (
        "id",
        "missing",
        "refused",
        "stopping",
        "vendor_text",
        "as_placed",
        "promised_p50_at",
        "promised_p90_at",
    )

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return job_filters.JobChangeList

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        return self.list_display if _sees_images(request) else self.list_display[1:]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Search by id, email or the provider's id, else by the prompt."""
        if not search_term.strip():
            return queryset, False
        return job_filters.search(queryset, search_term), False

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        urls: list[URLPattern] = [
            path("<uuid:object_id>/reply/", view(self.reply), name="generation_job_reply"),
            path("<uuid:object_id>/refund/", view(self.refund), name="generation_job_refund"),
            *super().get_urls(),
        ]
        return urls

    def reply(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        job = get_object_or_404(Job, pk=object_id)
        if not self.has_view_permission(request, job):
            raise PermissionDenied
        if (body := unread_replies.kept_body(job)) is None:
            raise Http404
        disposition = f'attachment; filename="reply-{job.id}.json"'
        return HttpResponse(
            body, content_type="application/json", headers={"Content-Disposition": disposition}
        )

    def has_refund_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("accounts.add_creditentry")

    def refund(self, request: SignedInRequest, object_id: UUID) -> HttpResponse:
        """Ask for amount and reason, then return what the job was charged, or a part of it."""
        job = get_object_or_404(Job.objects.select_related("user"), pk=object_id)
        if not (self.has_view_permission(request, job) and self.has_refund_permission(request)):
            raise PermissionDenied
        form = RefundForm(request.POST or None, initial={"amount": refunds.charged(job.pk)})
        if request.method == "POST" and form.is_valid():
            try:
                refunds.refund(user=job.user, job=job, actor=request.user, **form.cleaned_data)
            except Refusal as refusal:
                form.add_error("amount", refusal.message)
            else:
                credits = formatting.credits(form.cleaned_data["amount"])
                text = gettext("%(credits)s returned to %(email)s.")
                messages.success(request, text % {"credits": credits, "email": job.user.email})
                return HttpResponseRedirect(reverse("admin:generation_job_change", args=[job.pk]))
        return page(
            self,
            request,
            "accounts/admin/form.html",
            title=gettext("Refund"),
            original=job,
            lines=[job.user.email, self.cost_text(job)],
            form=form,
            button=gettext("Refund"),
            words=gettext("A job is refunded once. The user gets an email with the reason."),
        )

    # --- actions ----------------------------------------------------------------------------------
    def has_drive_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("generation.change_job")

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        job = kwargs.get("obj")
        if isinstance(job, Job):
            now, events = timezone.now(), job_history.events_of(job)
            context["timeline"] = job_history.timeline(events)
            context["state"] = job_text.state(job, now=now)
            context["stuck_reason"] = job_text.stuck_reason(job, now=now)
            images = job.images.order_by("position") if _sees_images(request) else ()
            context["thumbnails"] = [thumbnail(image) for image in images]
            context["age"] = job_text.age(job, now=now)
            context["has_reply"] = UnreadReply.objects.filter(job=job).exists()
            context["cost_text"] = self.cost_text(job)
            refund = refunds.of(job.pk)
            context["refunded"] = refund and formatting.credits(refund.amount)
            context["may_refund"] = (
                not refund and self.has_refund_permission(request) and refunds.charged(job.pk)
            )
        if isinstance(job, Job) and self.has_drive_permission(request):
            context["job_actions"] = [
                (name, label)
                for name, label, possible in (
                    ("look_again", _("Check now"), not job.is_final and not is_unconfirmed(job)),
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
        def done(count: int) -> str:
            return ngettext("Checking %(count)d job.", "Checking %(count)d jobs.", count)

        return self._each(request, queryset, _look_again, done, logged="check requested")

    @admin.action(description=_("Cancel and return credits"), permissions=["drive"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        def done(count: int) -> str:
            return ngettext("%(count)d job is canceled.", "%(count)d jobs are canceled.", count)

        return self._each(request, queryset, _cancel, done, logged="canceled")

    @admin.action(description=_("Retry at the user’s cost"), permissions=["drive"])
    def retry(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        def done(count: int) -> str:
            return ngettext(
                "%(count)d job is queued again.", "%(count)d jobs are queued again.", count
            )

        return self._each(request, queryset, _retry, done, logged="retried")

    def _each(
        self,
        request: HttpRequest,
        queryset: QuerySet[Any],
        act: Callable[[Job, User], None],
        done: Callable[[int], str],
        *,
        logged: str,
    ) -> HttpResponse | None:
        """Run `act` on each job, log it, and report successes, and refusals by reason."""
        actor, jobs = _actor(request), self._some(request, queryset)
        on_each(self, request, jobs, lambda job: act(job, actor), logged=logged, done_text=done)
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


def _sees_images(request: HttpRequest) -> bool:
    return request.user.has_perm("generation.view_image")


def _look_again(job: Job, actor: User) -> None:
    if not job_control.look_again(job=job, actor=actor):
        raise Refusal(gettext("it has finished or is waiting for the provider’s webhook."))


def _cancel(job: Job, actor: User) -> None:
    job_control.cancel(job=job, actor=actor, is_counted=False)


def _retry(job: Job, actor: User) -> None:
    if job.status not in (Status.FAILED, Status.CANCELED):
        raise Refusal(gettext("only failed and canceled jobs are retried."))
    if not job.user.is_active:
        raise Refusal(gettext("the user’s account is locked."))
    if not retries.retry_for_owner(job=job, actor=actor).created:
        raise idempotency.KeyBusy(gettext("it was already retried."))


def _actor(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise TypeError("the admin requires a signed-in user")
    return request.user


def _back(request: HttpRequest) -> HttpResponse | None:
    """Redirect to the page whose button was used, of a job or the first one; None: the list."""
    if "from_page" not in request.POST:
        return back_to_start(request)
    return HttpResponseRedirect(
        reverse("admin:generation_job_change", args=[request.POST.get("_selected_action", "")])
    )
