"""What the owner of a failed job can do about it, by error code."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from generation.jobs.live.status_text import error_message
from generation.models import Job

TRY_AGAIN = gettext_lazy("Try again. If it fails again, choose another model.")
WAIT = gettext_lazy("Choose another model, or try again later.")
ADVICE: dict[str, Promise] = {
    "prompt_refused": gettext_lazy(
        "Change the prompt: real people, violence and nudity are the usual reasons."
    ),
    "invalid_input": gettext_lazy(
        "Change the size or the advanced settings, or choose another model."
    ),
    "source_unreadable": gettext_lazy(
        "Choose another source image, or save yours as PNG or JPEG and upload it again."
    ),
    "empty_mask": gettext_lazy("Open the editor again and mark the area to change."),
    "lora_unreadable": gettext_lazy("Change the LoRA address, or remove the LoRA."),
    "workflow_invalid": gettext_lazy("Choose another model until this one is repaired."),
    "out_of_memory": gettext_lazy("Another model may need less memory."),
    "gpu_lost": gettext_lazy("Your prompt isn’t the reason. Try again."),
    "timed_out": gettext_lazy("Try again, or choose a smaller size or fewer steps."),
    "no_output": TRY_AGAIN,
    "unreadable": WAIT,
    "bad_picture": TRY_AGAIN,
    "invalid_output": TRY_AGAIN,
    "canceled": gettext_lazy("Your prompt isn’t the reason. Try again."),
    "perhaps_paid": gettext_lazy(
        "The service may have paid for the image, so it was not tried again automatically. You can "
        "try again."
    ),
    "provider_unpaid": WAIT,
    "provider_error": TRY_AGAIN,
    "deadline": gettext_lazy("The GPUs were busy or unreachable for too long. Try again."),
    "unauthorized": WAIT,
    "endpoint_missing": WAIT,
    "too_large": gettext_lazy("Use fewer or smaller source images."),
    "source_missing": gettext_lazy("Add the source image again."),
    "storage": gettext_lazy("The image storage was unreachable for too long. Try again."),
}
SAME_AGAIN = frozenset(
    {
        "prompt_refused",
        "invalid_input",
        "source_unreadable",
        "empty_mask",
        "lora_unreadable",
        "workflow_invalid",
        "out_of_memory",
        "too_large",
        "source_missing",
    }
)
"""Codes that the same job would end with again, so its parameters have to be changed."""


@dataclass(frozen=True)
class FailureAdvice:
    """Why a job failed, what its owner can do, and what became of the credits."""

    reason: str
    advice: str
    credits: str
    attempts: str  # empty after a single one
    may_retry: bool


def of_job(job: Job) -> FailureAdvice:
    """Return the texts about a failed job in the active language."""
    return FailureAdvice(
        reason=error_message(job.error_code),
        advice=str(ADVICE.get(job.error_code, TRY_AGAIN)),
        credits=_credits(job),
        attempts=_attempts(job),
        may_retry=job.error_code not in SAME_AGAIN,
    )


def _credits(job: Job) -> str:
    if not job.credits:
        return _("Nothing was charged.")
    text = ngettext(
        "%(count)d credit was held and has been returned. Nothing was charged.",
        "%(count)d credits were held and have been returned. Nothing was charged.",
        job.credits,
    )
    return text % {"count": job.credits}


def _attempts(job: Job) -> str:
    if job.attempt < 2:
        return ""
    text = ngettext("It was tried %(count)d time.", "It was tried %(count)d times.", job.attempt)
    return text % {"count": job.attempt}
