"""Jobs and calls of the prompt helper in the ledger: LEDGER_… of the settings."""

import re
from collections.abc import Collection, Mapping
from uuid import UUID

from django.db.models import Prefetch
from django.urls import reverse
from django.utils.translation import gettext

from accounts.job_app import LedgerDescription
from generation.files import storage
from generation.jobs.live import status_text
from generation.models import CHARGED, Image, Job, Status
from generation.studio.forms import image_edits
from generation.studio.prompt_helper import credit_charges

CODE = re.compile("[a-z0-9_]+")  # of an error


def of_jobs(ids: Collection[UUID]) -> Mapping[UUID, LedgerDescription]:
    """Return descriptions of the jobs, with their first untrashed image, in two queries."""
    images = Prefetch(
        "images", queryset=Image.objects.kept().order_by("position"), to_attr="kept_images"
    )
    return {
        job.id: _description(job)
        for job in Job.objects.filter(id__in=ids).select_related("model").prefetch_related(images)
    }


def reason_of(code: str) -> str:
    """Return why a job has no image: the message of its error, or that it was canceled.

    A reason that is not a code is returned unchanged.
    """
    if code == credit_charges.NO_PROPOSAL:
        return gettext("The proposal couldn’t be generated.")
    if code == credit_charges.UNCHANGED:
        return gettext("The proposal is the same as your prompt.")
    if code == CHARGED:
        return gettext("Canceled when it couldn’t be stopped anymore.")
    if code in ("", Status.CANCELED):
        return gettext("Canceled.")
    return status_text.error_message(code) if CODE.fullmatch(code) else code


def service_of(reason: str) -> str:
    """Return what a hold is for by its reason, if that is a call of the prompt helper; else ""."""
    return gettext(reason) if reason in credit_charges.REASONS.values() else ""


def _description(job: Job) -> LedgerDescription:
    images: list[Image] = getattr(job, "kept_images", [])
    made = image_edits.made_text(job, width=job.width or 0, height=job.height or 0)
    return LedgerDescription(
        title=" · ".join(filter(None, [made, job.prompt])),
        model=_model_name(job),
        label=job.label,
        url=reverse("job", args=[job.id]),
        thumbnail=storage.url(images[0].thumbnail_key) if images else "",
    )


def _model_name(job: Job) -> str:
    if job.is_trial:
        return gettext("%(model)s: trial paid by the service") % {"model": job.model.name}
    return job.model.name
