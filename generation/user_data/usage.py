"""A user's jobs and bytes with their limits: `settings.USAGE`."""

from collections.abc import Mapping

from django.conf import settings

from accounts.limits import Limit
from accounts.models import User
from generation.files import storage_limits
from generation.models import Job, Status


def of_user(user: User) -> Mapping[str, Limit]:
    """Return the limits of jobs at the same time and of bytes, in three queries."""
    active = list(Job.objects.of(user).active().values_list("status", flat=True))
    waiting = active.count(Status.QUEUED)
    return {
        # How many run at once depends on the model and on other users' jobs.
        "jobs_at_once": Limit(None, len(active) - waiting),
        "jobs_waiting": Limit(settings.MAX_WAITING_PER_USER, waiting),
        "upload_bytes": Limit(
            storage_limits.upload_limit(user), storage_limits.bytes_of_uploads(user)
        ),
        "image_bytes": Limit(
            storage_limits.image_limit(user), storage_limits.bytes_of_images(user)
        ),
    }
