"""A job's `input` for RunPod, from its parameters, source images and model snapshot."""

from collections.abc import Sequence
from typing import Any

from generation.catalog.parameters import PAYLOAD_FIELDS
from generation.jobs import sources
from generation.jobs.sources import OwnImage
from generation.models import Job
from generation.runpod import payloads
from generation.runpod.payloads import Parameters, UnknownDialect


def input_of(job: Job, own: Sequence[OwnImage]) -> dict[str, Any]:
    """Return the `input` of the job's /run; `own` are its source images, from `sources.chosen`.

    Reads the bucket, not the database.

    Raises:
        SourceMissing: a source image has been deleted.
        PayloadError: the dialect does not support the parameters, or the workflow does not fit.
        LookupError: another version of ArtGen placed the job with a dialect unknown here.
        OSError, BotoCoreError: the bucket does not respond.
    """
    dialect, request_format = job.snapshot["dialect"], job.snapshot.get("request_format")
    if dialect == payloads.PUBLIC and request_format is None:
        # Placed during an upgrade by the previous version, whose snapshots have none.
        request_format = job.model.request_format
    template = job.snapshot.get("style_template") or "{prompt}"
    values = {name: getattr(job, name) for name in PAYLOAD_FIELDS}
    values["prompt"] = template.replace("{prompt}", job.prompt)
    try:
        needs_data = payloads.dialect_of(dialect, request_format).needs_data
    except UnknownDialect as error:
        raise LookupError(f"a job of another version of ArtGen: {error}") from error
    return payloads.build(
        dialect,
        Parameters(**values),
        sources=sources.of_job(job, own, with_data=needs_data),
        workflow=job.snapshot.get("workflow"),
        request_format=request_format,
    )
