"""What RunPod gets for a job: its `input`, from its parameters, its sources and the model as it was when placed."""

from typing import Any

from generation import sources
from generation.models import Job
from generation.runpod import payloads
from generation.runpod.payloads import Parameters


def of_job(job: Job) -> dict[str, Any]:
    """Return the `input` of the job's /run.

    Raises:
        SourceMissing: a source picture is gone.
        PayloadError: the dialect cannot carry what is asked for, or the workflow does not fit.
        OSError, BotoCoreError: the bucket does not answer.
    """
    dialect = job.snapshot["dialect"]
    template = job.snapshot.get("style_template") or "{prompt}"
    parameters = Parameters(
        prompt=template.replace("{prompt}", job.prompt),
        negative_prompt=job.negative_prompt,
        width=job.width,
        height=job.height,
        steps=job.steps,
        guidance=job.guidance,
        seed=job.seed,
        strength=job.strength,
        sampler=job.snapshot.get("sampler"),
    )
    return payloads.build(
        dialect,
        parameters,
        sources=sources.of_job(job, with_data=payloads.DIALECTS[dialect].needs_data),
        workflow=job.snapshot.get("workflow"),
    )
