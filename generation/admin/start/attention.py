"""What of jobs, models and publications needs a person now: sources of the start page."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.db.models import Count, Exists, Min, OuterRef
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from artgen.admin.attention import Action, Item, Urgency, source
from artgen.web import formatting
from generation.admin.budgets import budget_text
from generation.admin.jobs import job_text
from generation.admin.moderation import review_queue
from generation.jobs.budgets import budget_state
from generation.jobs.engine import heartbeat
from generation.models import Endpoint, Job, OutageKind, ProviderOutage, Report, Status
from generation.operations import unlimited_spending

MAX_JOBS = 50  # that are read, and that one button checks
SHOWN_JOBS = 5
SHOWN_OUTAGES = 10
PAUSED_AFTER = 3  # failed submissions in a row; fewer pass by themselves
NOT_STARTED_AFTER = timedelta(minutes=5)  # cold starts are shorter


@source("generation.view_job")
def silent_workers(request: HttpRequest) -> Iterator[Item]:
    """Yield that no tick has run for a while."""
    if not heartbeat.is_late():
        return
    last = heartbeat.last()
    yield Item(
        title=_("Jobs are not processed: the workers have stopped"),
        detail=_("Last heartbeat: %(time)s. Run “manage.py doctor” on the server.")
        % {"time": formatting.moment(timezone.localtime(last)) if last else _("unknown")},
        url=_jobs("status__exact=active"),
        urgency=Urgency.STOPPED,
    )


@source("generation.view_provideroutage")
def provider_outages(request: HttpRequest) -> Iterator[Item]:
    """Yield what RunPod refuses, the key or an endpoint, and endpoints with unread replies."""
    now = timezone.now()
    url = reverse("admin:generation_provideroutage_changelist")
    for outage in ProviderOutage.objects.order_by("since", "id")[:SHOWN_OUTAGES]:
        rows: tuple[Item, ...] = ()
        if outage.kind == OutageKind.REPLIES_UNREAD:
            detail = _(
                "For %(time)s. Submission is paused. The replies are paid for and kept at their "
                "jobs. Enter “images” in the model’s request format, or resume."
            )
            action = ListAction("provideroutage", _("Resume"), "resume")
            if request.user.has_perm("generation.view_job"):
                rows = _unread(outage)
        else:
            detail = _("For %(time)s. Submission is paused. No job fails and nothing is charged.")
            action = ListAction("provideroutage", _("Check now"), "probe")
        yield Item(
            title=outage.text,
            detail=detail % {"time": formatting.elapsed(outage.since, until=now)},
            url=url,
            urgency=Urgency.STOPPED,
            action=action.on(request, [str(outage.pk)], url=url),
            rows=rows,
        )


def _unread(outage: ProviderOutage) -> tuple[Item, ...]:
    jobs = Job.objects.filter(
        unread_reply__endpoint_id=outage.endpoint_id, unread_reply__is_open=True
    )
    return tuple(
        Item(
            title=job.prompt[:80],
            detail=job.error_detail[:120],
            url=reverse("admin:generation_job_change", args=[job.id]),
            urgency=Urgency.STOPPED,
        )
        for job in jobs.order_by("unread_reply__at")[:SHOWN_JOBS]
    )


@source("generation.view_imagemodel")
def paused_models(request: HttpRequest) -> Iterator[Item]:
    url = reverse("admin:generation_imagemodel_changelist")
    end_pause = ListAction("imagemodel", _("Try now"), "end_pause")
    paused = Endpoint.objects.enabled().filter(
        submit_failures__gte=PAUSED_AFTER, model__enabled=True
    )
    for endpoint in paused.select_related("model").order_by("model__position", "model__slug", "id"):
        model = endpoint.model
        if endpoint.submit_after and endpoint.submit_after > timezone.now():
            title = _("%(model)s is paused until %(time)s") % {
                "model": _name(model.name, endpoint),
                "time": formatting.clock(endpoint.submit_after),
            }
        else:
            title = _("%(model)s is tried with one job at a time") % {
                "model": _name(model.name, endpoint)
            }
        rejected = ngettext(
            "%(provider)s has rejected %(count)d submission in a row.",
            "%(provider)s has rejected %(count)d submissions in a row.",
            endpoint.submit_failures,
        )
        yield Item(
            title=title,
            detail=rejected
            % {"provider": endpoint.get_provider_display(), "count": endpoint.submit_failures},
            url=reverse("admin:generation_imagemodel_change", args=[model.pk]),
            urgency=Urgency.WAITING,
            action=end_pause.on(request, [str(model.pk)], url=url),
        )


@source("generation.view_imagemodel")
def models_without_workers(request: HttpRequest) -> Iterator[Item]:
    """Yield the models of which an endpoint has jobs and starts none."""
    now = timezone.now()
    active = Job.objects.active().alias(at_endpoint=Coalesce("endpoint", 0))
    running = active.filter(
        status=Status.RUNNING, model=OuterRef("model"), at_endpoint=OuterRef("at_endpoint")
    )
    waiting = (
        active.filter(
            status=Status.SUBMITTED,
            submitted_at__lt=now - NOT_STARTED_AFTER,
            missing_since__isnull=True,
        )
        .exclude(runpod_id="")
        .exclude(Exists(running))
    )
    rows = list(
        waiting.order_by()
        .values("model", "model__name", "endpoint")
        .annotate(jobs=Count("id"), since=Min("submitted_at"))
        .order_by("since", "model", "endpoint")
    )
    endpoints = Endpoint.objects.in_bulk({row["endpoint"] for row in rows})
    for row in rows:
        endpoint = endpoints.get(row["endpoint"])
        detail = ngettext(
            "%(count)d job waits for %(time)s. "
            "See at the provider whether the endpoint has workers.",
            "%(count)d jobs wait for %(time)s. "
            "See at the provider whether the endpoint has workers.",
            row["jobs"],
        )
        query = f"status__exact=active&model__id__exact={row['model']}"
        yield Item(
            title=_("%(provider)s starts no jobs of %(model)s")
            % {
                "provider": (endpoint or Endpoint()).get_provider_display(),
                "model": _name(row["model__name"], endpoint),
            },
            detail=detail
            % {"count": row["jobs"], "time": formatting.elapsed(row["since"], until=now)},
            url=reverse("admin:generation_imagemodel_change", args=[row["model"]]),
            urgency=Urgency.STOPPED,
            action=Action(_("Show jobs"), _jobs(query))
            if request.user.has_perm("generation.view_job")
            else None,
        )


@source("generation.view_budget")
def missing_budget(request: HttpRequest) -> Iterator[Item]:
    """Yield that anyone can sign up and spend money, and no budget limits all jobs."""
    if not unlimited_spending.is_possible():
        return
    credits = ngettext(
        "A new account has %(count)d credit.",
        "A new account has %(count)d credits.",
        settings.DEFAULT_CREDITS,
    )
    yield Item(
        title=_("Anyone can sign up and spend money: no budget is set"),
        detail=credits % {"count": settings.DEFAULT_CREDITS},
        url=reverse("admin:generation_budget_changelist"),
        urgency=Urgency.NOTICE,
        action=Action(_("Set a budget"), reverse("admin:generation_budget_add"))
        if request.user.has_perm("generation.add_budget")
        else None,
    )


@source("generation.view_budget")
def used_budgets(request: HttpRequest) -> Iterator[Item]:
    for state in budget_state.states():
        parked = budget_state.parked_by(state).count()
        if not (parked or state.is_near):
            continue
        values = {
            "budget": state.budget.scope,
            "used": budget_text.dollars(state.used),
            "limit": budget_text.dollars(state.limit),
            "time": formatting.moment(state.ends_at),
        }
        waits = ngettext(
            "%(count)d job waits until %(time)s.", "%(count)d jobs wait until %(time)s.", parked
        )
        yield Item(
            title=_("Budget of %(budget)s: %(used)s of %(limit)s") % values,
            detail=waits % {"count": parked, **values}
            if parked
            else _("Resets at %(time)s.") % values,
            url=reverse("admin:generation_budget_changelist"),
            urgency=Urgency.WAITING if parked or state.is_reached else Urgency.NOTICE,
            action=Action(
                _("Raise"), reverse("admin:generation_budget_change", args=[state.budget.pk])
            )
            if request.user.has_perm("generation.change_budget")
            else None,
        )


@source("generation.view_job")
def stuck_jobs(request: HttpRequest) -> Iterator[Item]:
    rows = Job.objects.stuck().select_related("model", "user").defer("snapshot", "result")
    jobs = list(rows.order_by("due_at", "id")[: MAX_JOBS + 1])
    not_stored = [job for job in jobs if job.status == Status.STORING and job.error_detail]
    others = [job for job in jobs if job not in not_stored]
    if not_stored:
        title = ngettext(
            "%(count)s finished job can’t be saved.",
            "%(count)s finished jobs can’t be saved.",
            len(not_stored),
        )
        yield _group(
            request,
            not_stored,
            title=title,
            detail=_("The images are paid for. They are lost when the jobs’ deadlines pass."),
        )
    if others:
        title = ngettext("%(count)s stuck job", "%(count)s stuck jobs", len(others))
        yield _group(request, others, title=title, detail="")


def _group(request: HttpRequest, jobs: Sequence[Job], *, title: str, detail: str) -> Item:
    now = timezone.now()
    count = f"{MAX_JOBS}+" if len(jobs) > MAX_JOBS else str(len(jobs))
    ids = [str(job.id) for job in jobs[:MAX_JOBS]]
    return Item(
        title=title % {"count": count},
        detail=detail,
        url=_jobs("stuck=yes"),
        urgency=Urgency.WAITING,
        action=_act_on_jobs(request, _("Check all now"), "look_again", ids)
        if len(jobs) > 1
        else None,
        rows=tuple(
            Item(
                title=job.prompt[:80],
                detail=" · ".join(
                    (
                        job_text.stuck_reason(job, now=now),
                        job.model.name,
                        job.user.email,
                        job_text.age(job, now=now),
                    )
                ),
                url=reverse("admin:generation_job_change", args=[job.id]),
                urgency=Urgency.WAITING,
                action=_fix(request, job),
            )
            for job in jobs[:SHOWN_JOBS]
        ),
    )


def _fix(request: HttpRequest, job: Job) -> Action | None:
    """Return what helps: a check, or the end of a job that only RunPod's webhook could confirm."""
    if job.status == Status.SUBMITTED and not job.runpod_id:
        return _act_on_jobs(request, _("Cancel and return credits"), "cancel", [str(job.id)])
    return _act_on_jobs(request, _("Check now"), "look_again", [str(job.id)])


def _reviews(_request: HttpRequest, *, queue: review_queue.ReviewQueue) -> Iterator[Item]:
    """Yield one of the queues of moderators that are not empty."""
    if not (count := queue.count()):
        return
    url = f"{reverse('admin:generation_promptreview_queue')}?show={queue.name}"
    oldest = _oldest(queue)
    since = formatting.elapsed(oldest, until=timezone.now()) if oldest else ""
    is_flagged = queue.name == review_queue.FLAGGED
    yield Item(
        title=_waiting(queue.name, count),
        detail=_("The oldest for %(time)s.") % {"time": since} if since else "",
        url=url,
        urgency=Urgency.NOTICE if is_flagged else Urgency.WAITING,
        action=Action(_("Review"), url),
    )


for _queue in review_queue.QUEUES:
    source(_queue.right)(partial(_reviews, queue=_queue))


def _oldest(queue: review_queue.ReviewQueue) -> datetime | None:
    """Return since when its oldest row waits: a reported image since its report."""
    rows, at = queue.rows(), queue.at
    if queue.name == review_queue.REPORTS:
        rows, at = Report.objects.filter(settled_at=None, publication__in=rows), "created_at"
    oldest: datetime | None = rows.order_by(at, "id").values_list(at, flat=True).first()
    return oldest


def _waiting(queue: str, count: int) -> str:
    """Return what waits in the queue; its count ends at COUNT_MAX."""
    titles = {
        review_queue.IMAGES: ngettext(
            "%(count)s image waits for review", "%(count)s images wait for review", count
        ),
        review_queue.REPORTS: ngettext(
            "%(count)s reported image", "%(count)s reported images", count
        ),
        review_queue.REQUESTS: ngettext(
            "%(count)s request waits for a decision",
            "%(count)s requests wait for a decision",
            count,
        ),
        review_queue.FLAGGED: ngettext(
            "%(count)s flagged request", "%(count)s flagged requests", count
        ),
    }
    shown = f"{count}+" if count >= review_queue.COUNT_MAX else str(count)
    return titles[queue] % {"count": shown}


def _jobs(query: str) -> str:
    return f"{reverse('admin:generation_job_changelist')}?{query}"


def _act_on_jobs(request: HttpRequest, label: str, name: str, ids: list[str]) -> Action | None:
    return ListAction("job", label, name).on(request, ids, url=_jobs("period=all"))


@dataclass(frozen=True)
class ListAction:
    """An action of the list of a model: its label, and its name in `ModelAdmin.actions`."""

    model: str
    label: str
    name: str

    def on(self, request: HttpRequest, ids: list[str], *, url: str) -> Action | None:
        """Return a button for these rows, None without the right to change them."""
        if not request.user.has_perm(f"generation.change_{self.model}"):
            return None
        return Action(
            self.label, url, {"action": self.name, "_selected_action": ids, "from_start": "1"}
        )


def _name(model: str, endpoint: Endpoint | None) -> str:
    """Return the name of a model, with that of its endpoint if it has several."""
    if endpoint and endpoint.model_id in Endpoint.objects.models_with_several():
        return f"{model} · {endpoint}"
    return model
