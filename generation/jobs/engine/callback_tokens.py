"""Webhook addresses for the provider, with a signed token for every attempt."""

from uuid import UUID

from django.conf import settings
from django.core import signing

from generation.jobs.inputs import reachability
from generation.models import Job

SALT = "generation.callbacks"
PATH = "hooks/runpod/{}/"
"""Of the address with its token: workers load no pages for it."""


def address(job: Job) -> str | None:
    """Return the address of this attempt's webhook, None if the provider cannot reach it."""
    token = signing.dumps([str(job.id), job.attempt], salt=SALT)
    url = f"{settings.PUBLIC_URL}/{PATH.format(token)}"
    return url if reachability.by_runpod(url) else None


def read(token: str) -> tuple[UUID, int] | None:
    """Return (job id, attempt) of a valid token, None for any other."""
    try:
        job_id, attempt = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        return None
    return UUID(job_id), attempt
