"""What the browser learns at once: every change of a job goes to the group of its user, and to nobody else."""

import logging
from collections.abc import Mapping, Sequence
from uuid import UUID

from django.conf import settings
from django.db.models import prefetch_related_objects
from django.utils import timezone, translation

from accounts import sockets
from accounts.middleware import zone_of
from accounts.models import User
from artgen.channel_layers import send_to_groups
from generation.jobs import eta, presence
from generation.jobs.presence import Reader
from generation.jobs.serializers import job_json
from generation.models import Job, Status

log = logging.getLogger(__name__)


def group(user_id: UUID) -> str:
    """Return the name of the channel group that only this user's sockets join; `accounts` closes them through it."""
    return sockets.group(user_id)


def publish(jobs: Sequence[Job]) -> None:
    """Send jobs as they are in hand to those of their users who have a socket open, each in its user's language.

    A lost event does no harm: the next one, or the snapshot, replaces it.
    """
    try:
        _publish(jobs)
    except Exception as error:  # noqa: BLE001 a cache or channel layer raises whatever its client does; nobody fails for it
        log.warning("events not sent", extra={"jobs": len(jobs), "error": repr(error)})


def _publish(jobs: Sequence[Job]) -> None:
    present = presence.present({job.user_id for job in jobs})
    jobs = [job for job in jobs if job.user_id in present]
    if not jobs:
        return
    readers = _readers(present)
    prefetch_related_objects([job for job in jobs if job.status == Status.SUCCEEDED], "images")
    forecast = eta.of_jobs(jobs)
    messages = []
    for job in jobs:
        language, time_zone = readers[job.user_id]
        with (
            translation.override(language or settings.LANGUAGE_CODE),
            timezone.override(zone_of(time_zone)),
        ):
            messages.append(
                (
                    group(job.user_id),
                    {"type": "job.changed", "job": job_json(job, forecast=forecast)},
                )
            )
    send_to_groups(messages)


def _readers(present: Mapping[UUID, Reader | None]) -> dict[UUID, Reader]:
    known = {user_id: reader for user_id, reader in present.items() if reader is not None}
    if unknown := present.keys() - known.keys():
        rows = User.objects.filter(id__in=unknown).values_list("id", "language", "time_zone")
        known |= {user_id: (language, time_zone) for user_id, language, time_zone in rows}
    return known
