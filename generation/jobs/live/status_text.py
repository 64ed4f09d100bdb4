"""A job's status as text for people: `phase` and `phase_detail` of the Job JSON."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.limits import period_limits
from artgen.web import formatting
from generation.jobs import eta
from generation.jobs.eta import Forecast, JobOutlook
from generation.jobs.queue import scheduling
from generation.jobs.queue.queue_positions import QueuePosition
from generation.models import CHARGED, FINAL, TOO_DEAR, Job, Status
from generation.providers.provider import SYNCHRONOUS

ERROR_MESSAGES = {
    "prompt_refused": gettext_lazy("The model rejected this prompt. Rephrase it."),
    "invalid_input": gettext_lazy("The model rejected these settings."),
    "source_unreadable": gettext_lazy("The model couldn’t open the source image."),
    "lora_unreadable": gettext_lazy(
        "The model couldn’t load the LoRA. Check its address and that it fits this model."
    ),
    "workflow_invalid": gettext_lazy("This model is misconfigured. Contact the administrator."),
    "out_of_memory": gettext_lazy("The GPU ran out of memory. Try a smaller size."),
    "gpu_lost": gettext_lazy("The GPU disconnected during generation."),
    "timed_out": gettext_lazy("Generation timed out."),
    "no_output": gettext_lazy("The model returned no image."),
    "unreadable": gettext_lazy("The model’s reply can’t be read."),
    "bad_picture": gettext_lazy("The model returned an invalid file."),
    "invalid_output": gettext_lazy("The model returned an invalid file."),
    "canceled": gettext_lazy("The job was stopped by the GPU provider."),
    "perhaps_paid": gettext_lazy(
        "The connection broke after the request was sent, so its image can’t be fetched."
    ),
    "provider_unpaid": gettext_lazy("The service is out of GPU time. Contact the administrator."),
    "provider_error": gettext_lazy("The model failed."),
    "deadline": gettext_lazy("It timed out."),
    "unauthorized": gettext_lazy("The service is misconfigured. Contact the administrator."),
    "endpoint_missing": gettext_lazy("This model is temporarily unavailable."),
    "too_large": gettext_lazy("The source images are too large."),
    "source_missing": gettext_lazy("A source image no longer exists."),
    "empty_mask": gettext_lazy("The mask marks nothing. Mark the area to change."),
    "storage": gettext_lazy("Couldn’t save the image."),
}

ERROR_CODES = tuple(ERROR_MESSAGES)


LIMIT_IS_0 = gettext_lazy(
    "Your limit of images in progress at once is 0, so nothing starts. Ask the administrator."
)


@dataclass(frozen=True)
class Phase:
    """`title`: what is happening; `detail`: what it means for the user, may be empty."""

    title: str
    detail: str


def now_of(job: Job, *, forecast: Forecast, now: datetime) -> Phase:
    """Return the job's phase in the active language; `forecast` covers models of active jobs."""
    return of_job(job, forecast.outlook(job, now=now), now=now)


def of_job(job: Job, outlook: JobOutlook, *, now: datetime | None = None) -> Phase:
    """Return the phase of a job with this outlook, in the active language."""
    now = now or timezone.now()
    late = "" if job.status in FINAL else _late(job, now)
    about = formatting.about(outlook.left.p50, outlook.left.p90) if outlook.left else ""
    if job.status == Status.QUEUED:
        if job.error_code == TOO_DEAR:
            return Phase(
                _("Waiting for a lower price"),
                _("All GPUs of this model cost more than allowed now. Nothing is charged."),
            )
        if outlook.parked_until:
            return _parked(outlook.parked_until)
        if outlook.may_start_none and not outlook.is_blocked:
            return Phase(_("In the queue"), str(LIMIT_IS_0))
        if job.background and not outlook.is_blocked:
            return Phase(_("Starts when there is room"), _in_background(job, now))
        return _queued(job, outlook, about=late or about)
    if job.status == Status.SUBMITTED:
        return _submitted(job, about=about, late=late, warm=outlook.is_warm, now=now)
    if job.status == Status.RUNNING:
        late = late or (longer_than_usual() if outlook.is_over else "")
        return _running(job, about=about, late=late)
    if job.status == Status.STORING:
        if job.error_code:
            return Phase(
                _("Saving"),
                _(
                    "The model’s reply can’t be read yet. The administrator can see this. "
                    "You pay only if you get the image; otherwise your credits are returned."
                ),
            )
        if job.error_detail:
            return Phase(
                _("Saving"), _("The image is ready but can’t be saved yet. Retrying automatically.")
            )
        return Phase(_("Saving"), _("Almost done"))
    if job.status == Status.SUCCEEDED:
        return of_success()
    if job.status == Status.CANCELED:
        if job.error_code == CHARGED:
            return Phase(_("Canceled by you"), _charged(job))
        return Phase(_("Canceled by you") if not job.error_code else _("Canceled"), _returned(job))
    title = _("Prompt not allowed") if job.error_code == "prompt_refused" else _("Failed")
    return Phase(title, f"{error_message(job.error_code)} {_returned(job)}")


def of_success() -> Phase:
    return Phase(_("Image ready"), "")


def _queued(job: Job, outlook: JobOutlook, *, about: str) -> Phase:
    if outlook.is_blocked:
        return Phase(
            _("Temporarily unavailable"),
            _("You keep your place in the queue. Nothing is charged."),
        )
    if job.attempt > 1:
        return Phase(_("Retrying"), _("the GPU disconnected, no extra charge"))
    if job.refusals or outlook.is_rejected:
        return Phase(_("Waiting for a GPU"), _("none is free yet, you keep your place"))
    if not outlook.position or not outlook.position.before:
        return Phase(_("Next in queue"), about)
    return Phase(_before(outlook.position), about)


def _in_background(job: Job, now: datetime) -> str:
    if now - job.created_at > timedelta(days=1):
        return longer_than_usual()
    return _("usually by tomorrow")


def _parked(until: datetime) -> Phase:
    """Return the phase of a job that waits for a budget, whose day is that of the site."""
    is_tomorrow = is_next_day(until)
    title = _("Waits for tomorrow’s budget") if is_tomorrow else _("Waits for the next budget")
    detail = _("From %(time)s. You keep your place in the queue.")
    return Phase(title, detail % {"time": formatting.moment(until)})


def is_next_day(until: datetime) -> bool:
    """Return whether a job that is parked until then waits for tomorrow's budget.

    The day is that of the site. It may begin today where the user is: then nothing is said of
    tomorrow.
    """
    is_next = until == period_limits.next_day()
    return is_next and timezone.localdate(until) > timezone.localdate()


def _before(position: QueuePosition) -> str:
    """Return how many jobs go before: "2 of yours and 3 others before it"."""
    others = position.before - position.own
    if not position.own:
        ahead = ngettext("%(count)d ahead of you", "%(count)d ahead of you", others)
        return ahead % {"count": others}
    if not others:
        own = ngettext("%(count)d of yours before it", "%(count)d of yours before it", position.own)
        return own % {"count": position.own}
    text = _("%(own)s and %(others)s before it")
    return text % {
        "own": ngettext("%(count)d of yours", "%(count)d of yours", position.own)
        % {"count": position.own},
        "others": ngettext("%(count)d other", "%(count)d others", others) % {"count": others},
    }


def _submitted(job: Job, *, about: str, late: str, warm: bool, now: datetime) -> Phase:
    is_unknown = not job.runpod_id and scheduling.post_has_ended(job, now=now)
    if is_unknown and job.place.provider not in SYNCHRONOUS:
        return Phase(_("Waiting for confirmation"), _unconfirmed(job, now))
    if late or job.missing_since:
        return Phase(_("Starting GPU"), late or about)
    if warm:
        return Phase(_("Starting"), about)
    # The whole wait, as everywhere else; a start of its own costs nothing.
    return Phase(_("Starting GPU"), _("%(about)s, the start is free") % {"about": about})


def _unconfirmed(job: Job, now: datetime) -> str:
    """Return until when the provider may still have the job, and that its credits are held."""
    gone_at = scheduling.gone_at(job.submitted_at or now, provider=job.place.provider)
    until = formatting.clock(min(gone_at, job.deadline_at or gone_at))
    if not job.credits:
        return _("Checking until %(time)s.") % {"time": until}
    text = _(
        "%(credits)s held, checking until %(time)s. Cancel to get credits back. You won’t be "
        "charged twice."
    )
    return text % {"credits": formatting.credits(job.credits), "time": until}


def longer_than_usual() -> str:
    return _("longer than usual")


def _running(job: Job, *, about: str, late: str) -> Phase:
    left = late or (_("%(about)s left") % {"about": about} if about else "")
    if job.step and job.step_count:
        title = _("Generating · step %(step)d of %(count)d")
        return Phase(title % {"step": job.step, "count": job.step_count}, left)
    return Phase(_("Generating"), left)


def error_message(code: str) -> str:
    return str(ERROR_MESSAGES.get(code) or _("The model failed."))


def _returned(job: Job) -> str:
    if not job.credits:
        return ""
    return ngettext("%(count)d credit returned.", "%(count)d credits returned.", job.credits) % {
        "count": job.credits
    }


def _charged(job: Job) -> str:
    text = ngettext(
        "%(count)d credit charged: it couldn’t be stopped anymore.",
        "%(count)d credits charged: it couldn’t be stopped anymore.",
        job.credits,
    )
    return text % {"count": job.credits}


def _late(job: Job, now: datetime) -> str:
    """Return that a job takes longer than usual, counted from its placing; else ""."""
    late_at = eta.late_at(job)
    if late_at is None or now < late_at:
        return ""
    since = (now - job.created_at).total_seconds()
    return _("Taking longer than usual: %(time)s so far. You can close the page.") % {
        "time": formatting.duration(since)
    }
