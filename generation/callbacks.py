"""RunPod's webhook: an address with a secret of its own for every attempt."""

from uuid import UUID

from django.conf import settings
from django.core import signing
from django.urls import reverse

from generation.models import Job

SALT = "generation.callbacks"


def address(job: Job) -> str:
    """Return the absolute address that RunPod shall call when this attempt has ended."""
    token = signing.dumps([str(job.id), job.attempt], salt=SALT)
    return f"{settings.PUBLIC_URL}{reverse('runpod_hook', args=[token])}"


def read(token: str) -> tuple[UUID, int] | None:
    """Return (job id, attempt) of a token that we made, None for any other."""
    try:
        job_id, attempt = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        return None
    return UUID(job_id), attempt
