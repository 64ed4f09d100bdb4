"""A job's status as text for people: `phase` and `phase_detail` of the Job JSON."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from artgen import formatting
from generation.jobs import scheduling
from generation.jobs.eta import Eta, Forecast
from generation.models import Job, Status

LATE_AFTER = 2  # times the usual p90


@dataclass(frozen=True)
class Phase:
    """`title`: what is happening; `detail`: what it means for the user, may be empty."""

    title: str
    detail: str


def now_of(job: Job, *, forecast: Forecast, now: datetime) -> Phase:
    """Return the job's phase in the active language; `forecast` covers models of active jobs."""
    return of_job(
        job,
        position=forecast.position(job),
        eta=forecast.of_job(job, now=now),
        warm=job.status == Status.SUBMITTED and forecast.is_warm(job),
        blocked=job.status == Status.QUEUED and forecast.is_blocked(job),
        now=now,
    )


def of_job(
    job: Job,
    *,
    position: int | None,
    eta: Eta | None,
    warm: bool = False,
    blocked: bool = False,
    now: datetime | None = None,
) -> Phase:
    """Return the job's phase in the active language.

    `warm`: its model has an active worker. `blocked`: an outage blocks its model.
    """
    now = now or timezone.now()
    about = formatting.about(eta.p50, eta.p90) if eta else ""
    if job.status == Status.QUEUED:
        if blocked:
            return Phase(
                _("Not available at the moment"), _("Your place is kept, nothing is charged.")
            )
        if job.attempt > 1:
            return Phase(_("Trying once more"), _("the GPU went away, not charged again"))
        if job.refusals or job.model.submit_failures:
            return Phase(_("Waiting for a GPU"), _("none answers yet, your place is kept"))
        if not position:
            return Phase(_("Next in line"), about)
        return Phase(
            ngettext("%(count)d before you", "%(count)d before you", position)
            % {"count": position},
            about,
        )
    if job.status == Status.SUBMITTED:
        if (
            not job.runpod_id
            and job.submitted_at
            and now - job.submitted_at > scheduling.SUBMISSION
        ):
            gone_at = (
                job.submitted_at
                + timedelta(seconds=settings.RUNPOD_TTL_SECONDS)
                + scheduling.UNKNOWN_MARGIN
            )
            told = _(
                "No clear answer from the GPU yet. Nothing is paid twice; we look again until %(time)s."
            )
            return Phase(_("Waiting for an answer"), told % {"time": formatting.clock(gone_at)})
        if job.missing_since or (
            job.submitted_at and now - job.submitted_at > timedelta(seconds=60)
        ):
            return Phase(_("GPU waking up"), _late(job, now))
        if warm:
            return Phase(_("Starting"), about)
        return Phase(_("GPU waking up"), _("usually 20–40 s, not charged"))
    if job.status == Status.RUNNING:
        left = _("%(about)s left") % {"about": about} if about else ""
        if (
            eta
            and job.started_at
            and (now - job.started_at).total_seconds() > LATE_AFTER * max(eta.p90, 60)
        ):
            left = _late(job, now)
        if job.step and job.step_count:
            title = _("Drawing · step %(step)d of %(count)d") % {
                "step": job.step,
                "count": job.step_count,
            }
            return Phase(title, left)
        return Phase(_("Drawing"), left)
    if job.status == Status.STORING:
        if job.error_detail:
            return Phase(
                _("Saving"), _("The image is ready but cannot be saved yet. We keep trying.")
            )
        return Phase(_("Saving"), _("Nearly there"))
    if job.status == Status.SUCCEEDED:
        return Phase(_("Picture ready"), "")
    if job.status == Status.CANCELED:
        return Phase(_("Canceled by you") if not job.error_code else _("Canceled"), _back(job))
    title = _("Prompt not allowed") if job.error_code == "prompt_refused" else _("Did not work out")
    return Phase(title, f"{error_message(job.error_code)} {_back(job)}")


def error_message(code: str) -> str:
    """Return the message of this error code in the active language."""
    return {
        "prompt_refused": _("The model refused this prompt. Put it differently."),
        "invalid_input": _("The model could not read these settings."),
        "source_unreadable": _("The model could not open the source picture."),
        "lora_unreadable": _(
            "The model could not load the LoRA. Check its address, and that it fits this model."
        ),
        "workflow_invalid": _("This model is not set up right. Its operators can see why."),
        "out_of_memory": _("The GPU ran out of memory. Try a smaller size."),
        "gpu_lost": _("The GPU went away halfway."),
        "timed_out": _("The GPU took too long."),
        "no_output": _("The model sent no picture."),
        "bad_picture": _("What arrived was not a picture."),
        "invalid_output": _("What arrived was not a picture."),
        "canceled": _("It was stopped at the GPU's end."),
        "provider_unpaid": _("The service has run out of GPU time. Its operators can see why."),
        "provider_error": _("Something went wrong at the model's end."),
        "deadline": _("It took too long, so it was stopped."),
        "unauthorized": _("The service is not set up right. Its operators can see why."),
        "endpoint_missing": _("This model is not available right now."),
        "too_large": _("The source pictures are too large."),
        "source_missing": _("A source picture is gone."),
        "storage": _("The picture could not be saved."),
    }.get(code, _("Something went wrong at the model's end."))


def _back(job: Job) -> str:
    if not job.credits:
        return ""
    return ngettext("%(count)d credit is back.", "%(count)d credits are back.", job.credits) % {
        "count": job.credits
    }


def _late(job: Job, now: datetime) -> str:
    since = (now - (job.submitted_at or job.created_at)).total_seconds()
    return _("Takes longer than usual, %(time)s so far. You may close the page.") % {
        "time": formatting.duration(since)
    }
