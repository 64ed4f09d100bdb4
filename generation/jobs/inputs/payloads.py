"""A job's `input` for the provider, from its parameters, source images and model snapshot."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from generation.catalog import source_roles
from generation.catalog.job_parameters import PAYLOAD_FIELDS
from generation.jobs.inputs import masks, sources
from generation.jobs.inputs.sources import OwnImage
from generation.models import Job
from generation.providers import payloads
from generation.providers.payloads import Parameters, UnknownDialect
from generation.providers.provider import SYNCHRONOUS

ERASED = "empty background, seamless continuation of the surroundings, nothing there"
"""What the model paints where something is removed."""
ERASED_NEGATIVE = "object, person, animal, text, watermark"


def input_of(job: Job, own: Sequence[OwnImage]) -> dict[str, Any]:
    """Return the `input` of the job's /run; `own` are its images, from `sources.chosen`.

    Reads the bucket, not the database.

    Raises:
        SourceMissing: a source image has been deleted.
        PayloadError: the dialect does not support the parameters, or the workflow does not fit.
        LookupError: another version of ArtGen placed the job with a dialect unknown here.
        OSError, BotoCoreError: the bucket does not respond.
    """
    dialect, request_format = job.snapshot["dialect"], job.snapshot.get("request_format")
    try:
        needs_data = payloads.dialect_of(dialect, request_format).needs_data
    except UnknownDialect as error:
        raise LookupError(f"a job of another version of ArtGen: {error}") from error
    count = len(job.source_images)
    images, mask = masks.apply(
        job,
        sources.of_job(
            job,
            own[:count],
            with_data=needs_data,
            is_embedded=job.place.provider in SYNCHRONOUS,  # which may be in a private network
        ),
        own=own[:count],
        mask=own[count] if job.mask else None,
    )
    if job.source_roles:
        formats = source_roles.formats_from(job.snapshot["roles"])
        numbers = source_roles.numbers_of(job.source_roles, formats)
        images = [
            replace(image, weight=weight) for image, weight in zip(images, numbers, strict=True)
        ]
        images = source_roles.in_slots(images, job.source_roles, formats)
    return payloads.build(
        dialect,
        _parameters(job),
        sources=images,
        mask=mask,
        workflow=job.snapshot.get("workflow"),
        request_format=request_format,
    )


def _parameters(job: Job) -> Parameters:
    values = {name: getattr(job, name) for name in PAYLOAD_FIELDS}
    if job.erase:  # the prompt describes the whole image, with what is removed
        values["prompt"] = ERASED
        if "negative_prompt" in job.model.offer.parameters:
            values["negative_prompt"] = ERASED_NEGATIVE
        return Parameters(**values)
    values["prompt"] = job.sent_prompt
    if (negative := job.snapshot.get("style_negative")) and (
        "negative_prompt" in job.model.offer.parameters
    ):
        values["negative_prompt"] = ", ".join(filter(None, (job.negative_prompt, negative)))
    return Parameters(**values)
