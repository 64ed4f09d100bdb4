"""What the browser learns at once: every change of a job goes to the group of its user, and to nobody else."""

import logging
from uuid import UUID

from django.conf import settings
from django.utils import translation

from accounts import sockets
from artgen.layers import send_to_group
from generation.models import Job
from generation.serializers import job_json

log = logging.getLogger(__name__)


def group(user_id: UUID) -> str:
    """Return the name of the channel group that only this user's sockets join; `accounts` closes them through it."""
    return sockets.group(user_id)


def publish(job_id: UUID) -> None:
    """Send the job as it is now to its user's sockets, in the user's language; the next one makes a lost one good."""
    try:
        _publish(job_id)
    except Exception as error:  # noqa: BLE001 a cache or channel layer raises whatever its client does; nobody fails for it
        log.warning("event not sent", extra={"job": str(job_id), "error": repr(error)})


def _publish(job_id: UUID) -> None:
    job = Job.objects.with_all().select_related("user").filter(id=job_id).first()
    if job is None:
        return
    with translation.override(job.user.language or settings.LANGUAGE_CODE):
        message = {"type": "job.changed", "job": job_json(job)}
    send_to_group(group(job.user_id), message)
