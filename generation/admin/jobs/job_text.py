"""What staff read about a job: its state, why it needs a person, and its history."""

from datetime import datetime

from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

from artgen.web import formatting
from generation.jobs.live.status_text import error_message
from generation.models import CHARGED, STUCK_AFTER, TOO_DEAR, Job, Status

HOUR = 3600


def state(job: Job, *, now: datetime) -> tuple[str, str]:
    """Return what the job is doing, and a second line that may be empty."""
    if job.status == Status.FAILED:
        return _("Failed"), error_message(job.error_code)
    if job.status == Status.CANCELED:
        by_staff = job.error_code == "stopped_by_staff"
        return _("Canceled"), _("by staff") if by_staff else ""
    if job.status == Status.SUCCEEDED:
        return _("Image ready"), ""
    return _active_title(job), stuck_reason(job, now=now) or _active_detail(job, now=now)


def _active_title(job: Job) -> str:
    if job.status == Status.QUEUED:
        if job.error_code == TOO_DEAR:
            return _("Costs too much at every endpoint")
        is_parked = job.is_parked(now=timezone.now())
        return _("Waits for a budget") if is_parked else _("Waiting in the queue")
    if job.status == Status.STORING:
        return _("Saving the image")
    if job.status == Status.SUBMITTED:
        return _("Sent to the provider")
    if job.step and job.step_count:
        return _("Generating · step %(step)d of %(count)d") % {
            "step": job.step,
            "count": job.step_count,
        }
    return _("Generating")


def _active_detail(job: Job, *, now: datetime) -> str:
    if job.is_parked(now=now) and job.parked_until:
        return _("until %(time)s") % {"time": formatting.moment(job.parked_until)}
    if job.status == Status.QUEUED and job.refusals:
        return _("not accepted by the provider: %(count)d times") % {"count": job.refusals}
    if job.due_at is None or job.status == Status.QUEUED:
        return ""
    seconds = (job.due_at - now).total_seconds()
    if seconds > 0:
        return _("next check in %(time)s") % {"time": formatting.duration(seconds)}
    return _("check is due")


def stuck_reason(job: Job, *, now: datetime) -> str:
    """Return why the job needs a person, "" if it does not. In step with `JobQuerySet.stuck`."""
    if job.is_final:
        return ""
    since = now - STUCK_AFTER
    if job.status == Status.STORING and job.error_code:
        return error_message(job.error_code)
    if job.status == Status.STORING and job.error_detail:
        return _("the image can’t be saved")
    if job.missing_since:
        return _("not confirmed by the provider since %(time)s") % {
            "time": formatting.moment(job.missing_since)
        }
    if job.status == Status.SUBMITTED and not job.runpod_id and _before(job.submitted_at, since):
        return _("not confirmed by the provider")
    if _before(job.deadline_at, now):
        return _("past its deadline")
    if job.status != Status.QUEUED and _before(job.due_at, since):
        return _("check overdue by %(time)s") % {
            "time": formatting.duration((now - (job.due_at or now)).total_seconds())
        }
    return ""


def _before(time: datetime | None, limit: datetime) -> bool:
    return time is not None and time < limit


def age(job: Job, *, now: datetime) -> str:
    """Return the time from creation to end, or until now."""
    return period(job.created_at, job.finished_at or now)


def period(start: datetime, end: datetime) -> str:
    """Return a duration: exact below an hour, else in the largest unit."""
    seconds = (end - start).total_seconds()
    return formatting.duration(seconds) if seconds < HOUR else timesince(start, end, depth=1)


def event(name: str, detail: str) -> str:
    """Return an event of the history in words; an unknown name as it is."""
    if name == "canceled" and detail == CHARGED:
        return _("Canceled, credits charged")
    return {
        "placed": _("Placed"),
        "submitting": _("Being sent to the provider"),
        "submitted": _("Accepted by the provider"),
        "unknown": _("No clear reply from the provider"),
        "set_aside": _("Costs too much at every endpoint, waits"),
        "parked": _("No budget left, waits for the next one"),
        "unparked": _("Budgets or prices changed, back in the queue"),
        "deferred": _("Not accepted by the provider, back in the queue"),
        "running": _("Generation started"),
        "storing": _("Generated, being saved"),
        "not_stored": _("Could not be saved"),
        "unread": _("Generated, but the reply can’t be read"),
        "succeeded": _("Image saved, credits charged"),
        "failed": _("Failed, credits returned"),
        "canceled": _("Canceled, credits returned"),
        "lost": _("Attempt lost, back in the queue"),
        "hurried": _("Check requested"),
        "adopted": _("Found by its webhook"),
        "sources_reduced": _("Source images made smaller"),
    }.get(name, name)


def clock(at: datetime) -> str:
    return timezone.localtime(at).strftime("%H:%M:%S")
