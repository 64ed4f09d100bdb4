"""A user's jobs and bytes with their limits, and the models of the user."""

from collections.abc import Sequence

from accounts.job_app import JobLimits, LimitUsage
from accounts.limits.quotas import Quotas
from accounts.models import User
from generation.files import storage_limits
from generation.models import AT_PROVIDER, ImageModel, Job, Status


def of_user(user: User, allowed: Quotas) -> JobLimits:
    """Return the limits of jobs at the same time and of bytes, in three queries."""
    active = list(Job.objects.of(user).active().values_list("status", flat=True))

    def models() -> dict[str, str]:
        rows = ImageModel.objects.enabled().order_by("position", "slug")
        named = rows.values_list("slug", "name")
        return {slug: name for slug, name in named if allowed.allows_model(slug)}

    return JobLimits(
        limits={
            "jobs_at_once": LimitUsage(
                allowed.limit("jobs_at_once"), sum(status in AT_PROVIDER for status in active)
            ),
            "jobs_waiting": LimitUsage(allowed.limit("jobs_waiting"), active.count(Status.QUEUED)),
            "upload_bytes": LimitUsage(
                storage_limits.upload_limit(user), storage_limits.bytes_of_uploads(user)
            ),
            "image_bytes": LimitUsage(
                storage_limits.image_limit(user), storage_limits.bytes_of_images(user)
            ),
        },
        models=models,
    )


def all_models() -> Sequence[tuple[str, str]]:
    return list(ImageModel.objects.order_by("position", "slug").values_list("slug", "name"))
