"""Pages and actions of one job and one run."""

from datetime import UTC, datetime
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts.access.request_user import user_of
from accounts.models import CreditEntry
from artgen.web import formatting, refusal_pages
from generation.catalog.shapes import shape_name
from generation.jobs.engine import job_control
from generation.jobs.placing import retries
from generation.models import CHARGED, Image, Job, JobEvent
from generation.studio.presets import own_styles
from generation.views.jobs import cards, live_texts, runs
from generation.views.partials import part, wants_part
from generation.views.shown_price import max_credits_of
from generation.views.tiles import tiles_of
from generation.views.undo import with_undo


@login_required
@require_safe
def job(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Show one of the user's jobs: card, parameters, costs and history."""
    job = _own(request, job_id)
    entries = CreditEntry.objects.filter(user=user_of(request), reference=job.id).order_by("id")
    receipt = [
        (entry.get_kind_display(), entry.created_at, _credits(entry, job)) for entry in entries
    ]
    history = [
        (event.at, text) for event in job.events.order_by("id") if (text := _event_text(event))
    ]
    context = {
        "card": cards.of_job(job),
        "words": live_texts.ready_texts(),
        "job": job,
        "shape": shape_name(job.width, job.height) if job.width and job.height else "",
        "style": own_styles.name_of(job),
        "receipt": receipt,
        "history": history,
        "took": (job.finished_at - job.created_at).total_seconds() if job.finished_at else None,
    }
    return render(request, "generation/job.html", context)


@login_required
@require_safe
def card(request: HttpRequest, job_id: UUID) -> HttpResponse:
    return part(request, "generation/_card.html", {"card": cards.of_job(_own(request, job_id))})


@login_required
@require_safe
def run(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Return one of the user's runs as in the feed."""
    run = runs.of_user(user_of(request), run_id)
    if run is None:
        raise Http404
    return part(request, "generation/_runs.html", {"runs": [run]})


@login_required
@require_safe
def run_tiles(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Return the images of one of the user's runs as in the gallery, in order."""
    own = Image.objects.of(request.user).kept().filter(Q(job__batch=run_id) | Q(job=run_id))
    found = tiles_of(own, order="image.job_id, image.position")
    if not found:
        raise Http404
    return part(request, "generation/_tiles.html", {"tiles": found, "layout": "row", "eager": 0})


@login_required
@require_POST
def cancel(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Cancel a job; forms show no price, so what costs credits is asked first."""
    max_credits = max_credits_of(request) or 0
    job_control.cancel(job=_own(request, job_id), actor=user_of(request), max_credits=max_credits)
    if wants_part(request):
        return part(request, "generation/_card.html", {"card": cards.of_job(_own(request, job_id))})
    return redirect("create")


@login_required
@require_POST
def cancel_run(request: HttpRequest, run_id: UUID) -> HttpResponse:
    run = runs.of_user(user_of(request), run_id)
    if run is None:
        raise Http404
    jobs, max_credits = (card.job for card in run.cards), max_credits_of(request) or 0
    done = job_control.cancel_each(jobs, actor=user_of(request), max_credits=max_credits)
    if wants_part(request):
        if done.obstacle:
            return refusal_pages.plain(done.obstacle, text=done.text)
        return part(
            request, "generation/_runs.html", {"runs": [runs.of_user(user_of(request), run_id)]}
        )
    (messages.error if done.obstacle else messages.info)(request, done.text)
    return redirect("create")


@login_required
@require_POST
def retry(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Create a new job with the same parameters and seed; scripts get its run."""
    job = _own(request, job_id)
    placed = retries.retry(user=user_of(request), job=job, max_credits=max_credits_of(request))
    if not wants_part(request):
        messages.success(request, _("Queued again."))
        return redirect("create")
    run = runs.of_user(user_of(request), placed.batch or placed.id)
    return part(request, "generation/_runs.html", {"runs": [run]}, status=201)


@login_required
@require_POST
def dismiss(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Hide a failed or canceled job in the feed; with `undo=1` show it again.

    Scripts get 204, and for an undo the run.
    """
    job, is_undo = _own(request, job_id), request.POST.get("undo") == "1"
    if not job_control.dismiss(job=job, dismissed=not is_undo):
        raise Http404
    if not wants_part(request):
        return redirect("create")
    if not is_undo:
        return HttpResponse(status=204)
    run = runs.of_user(user_of(request), job.batch or job.id)
    return part(request, "generation/_runs.html", {"runs": [run]})


@login_required
@require_POST
def dismiss_all(request: HttpRequest) -> HttpResponse:
    """Hide all failed and canceled jobs in the feed; `undo` is the moment of the call to undo.

    Scripts get a JSON object: `text` says how many, `undo` is that moment.
    """
    user = user_of(request)
    if "undo" in request.POST:
        job_control.restore_dismissed(user, at=_moment(request.POST["undo"]))
        return HttpResponse(status=204) if wants_part(request) else redirect("create")
    count, at = job_control.dismiss_all(user)
    text = ngettext("%(count)s dismissed.", "%(count)s dismissed.", count)
    text %= {"count": formatting.number(count)}
    if wants_part(request):
        return JsonResponse({"text": text, "undo": at.isoformat()})
    undo = reverse("dismiss_all_jobs")
    text = with_undo(text, action=undo, name="undo", value=at.isoformat())
    messages.success(request, text)
    return redirect("create")


def _moment(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise BadRequest("undo: not a date and time") from error


def _own(request: HttpRequest, job_id: UUID) -> Job:
    return get_object_or_404(Job.objects.of(request.user).with_all(), id=job_id)


def _credits(entry: CreditEntry, job: Job) -> int:
    # Settling records only the difference to the hold; show the price.
    return job.credits if entry.kind == CreditEntry.Kind.SETTLE else abs(entry.amount)


def _event_text(event: JobEvent) -> str:
    """Return the text of an event for the owner, "" for internal ones."""
    if event.name == "canceled" and event.detail == CHARGED:
        return _("Canceled, credits charged")
    return {
        "placed": _("Queued, credits held"),
        "sources_reduced": _("Source images reduced to fit in the request"),
        "submitted": _("Sent to a GPU"),
        "adopted": _("Sent to a GPU"),
        "set_aside": _("All GPUs cost more than allowed, waiting for a lower price"),
        "parked": _("The budget is used up, waiting for the next one"),
        "deferred": _("All GPUs were busy, waiting for a free one"),
        "running": _("Generation started"),
        "storing": _("Generated, saving"),
        "lost": _("The GPU disconnected, retried at no charge"),
        "succeeded": _("Image saved, credits charged"),
        "failed": _("Failed, credits returned"),
        "canceled": _("Canceled, credits returned"),
    }.get(event.name, "")
