"""Send every change of a job to the sockets of its user."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import prefetch_related_objects
from django.utils import timezone, translation

from accounts.models import User
from accounts.sessions import socket_access
from accounts.sessions.time_zones import zone_of
from artgen.redis.channel_layers import send_lost, send_to_groups
from generation.files.image_addresses import addresses_of
from generation.jobs import eta
from generation.jobs.live import presence
from generation.jobs.live.job_json import job_json
from generation.jobs.live.presence import Reader
from generation.models import Job, Status

log = logging.getLogger(__name__)


def group(user_id: UUID) -> str:
    """Return the channel group of the user's sockets; `accounts` uses it to close them."""
    return socket_access.group(user_id)


def publish(jobs: Sequence[Job]) -> None:
    """Send jobs to those of their users who have a socket open, in each user's language.

    Trials of models are left out: their page in the admin asks for changes itself.
    Errors are only logged: instead of the events, the sockets get a snapshot as soon as possible.
    """
    try:
        _publish(jobs)
    except Exception as error:  # noqa: BLE001 depends on cache and channel layer
        log.warning("events not sent", extra={"jobs": len(jobs), "error": repr(error)})
        send_lost({group(job.user_id) for job in jobs if not job.is_trial})


def _publish(jobs: Sequence[Job]) -> None:
    jobs = [job for job in jobs if not job.is_trial]
    present = presence.present({job.user_id for job in jobs})
    jobs = [job for job in jobs if job.user_id in present]
    if not jobs:
        return
    readers = _readers(present)
    ended = [job for job in jobs if job.status == Status.SUCCEEDED and job.new_images is None]
    prefetch_related_objects(ended, "images")
    forecast = eta.of_jobs(jobs)
    messages = []
    for job in jobs:
        language, time_zone = readers[job.user_id]
        with (
            translation.override(language or settings.LANGUAGE_CODE),
            timezone.override(zone_of(time_zone)),
        ):
            message: dict[str, Any] = {
                "type": "job.changed",
                "job": job_json(job, forecast=forecast),
            }
            if job.new_images:  # so that pages show them without a request
                message["addresses"] = [addresses_of(image) for image in job.new_images]
            if job.preview:
                message["preview"] = f"data:image/jpeg;base64,{job.preview}"
            messages.append((group(job.user_id), message))
    send_to_groups(messages)


def _readers(present: Mapping[UUID, Reader | None]) -> dict[UUID, Reader]:
    readers = {user_id: reader for user_id, reader in present.items() if reader is not None}
    if unknown := present.keys() - readers.keys():
        rows = User.objects.filter(id__in=unknown).values_list("id", "language", "time_zone")
        readers |= {user_id: (language, time_zone) for user_id, language, time_zone in rows}
    return readers
