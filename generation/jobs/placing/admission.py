"""Whether the jobs of an order may wait in the queue: one INSERT with all conditions."""

from collections.abc import Sequence

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.limits import quotas
from accounts.models import User
from artgen.refusals import Refusal
from artgen.web import formatting
from generation.files import storage_limits
from generation.jobs import eta
from generation.jobs.engine import lifecycle
from generation.jobs.inputs import masks, sources
from generation.jobs.placing import creation_switch
from generation.jobs.placing.drafts import Drafts
from generation.jobs.queue.model_cache import Catalog
from generation.models import Job
from generation.moderation.rules import Rules

QUEUED = (
    "(SELECT COUNT(*) FROM generation_job "
    "WHERE user_id = %s AND due_at IS NOT NULL AND status = 'queued')"
)


class TooManyWaiting(Refusal):
    """The user has as many queued jobs as one user may have.

    `retry_after` are the seconds until the next one is probably submitted. `is_final`: the order
    has more jobs than the user may ever have in the queue, so no time is promised.
    """

    code = "too_many_waiting"
    status = 429

    def __init__(self, *, limit: int, retry_after: int, is_final: bool) -> None:
        super().__init__(retry_after=retry_after, limit=limit)
        self.limit = limit
        self.is_final = is_final

    @property
    def message(self) -> str:
        """What the limit is, and when to try again."""
        limit = formatting.number(self.limit)
        if self.is_final:
            text = _(
                "This is more than your account may have in the queue. The limit is %(limit)s."
            )
            return text % {"limit": limit}
        text = _("The limit of queued images is reached: %(limit)s. Try again in %(duration)s.")
        return text % {"limit": limit, "duration": formatting.duration(self.retry_after or 0)}


class CatalogChanged(Exception):
    """A model, a style or the rules have changed since this process cached them."""


def enqueue(
    *,
    user: User,
    drafted: Drafts,
    catalog: Catalog,
    rules: Rules,
    actor: User | None,
    detail: str,
    by_staff: bool,
) -> None:
    """Insert the jobs unless creation is paused, too many wait, the user's storage is full, a
    source image is being deleted, or the catalog or the rules have changed.

    One statement. Raises what `orders.place` raises for these reasons, or CatalogChanged.
    """
    jobs = drafted.jobs
    # Own styles are read for each order.
    built_in = {job.style for job in jobs if job.style and not job.has_own_style}
    same, versions = catalog.unchanged(models={job.model.slug for job in jobs}, styles=built_in)
    # The hold has locked the user's row, so orders of one user are counted one at a time.
    usable, *upload_ids = sources.not_expired(drafted.uploads)
    allowed, allowed_values = rules.unchanged()
    is_staff = by_staff or user.is_staff
    is_open = creation_switch.OPEN_FOR_STAFF if is_staff else creation_switch.OPEN_FOR_USERS
    room, room_values = quotas.room("jobs_waiting", user.pk)
    if by_staff:
        room, room_values = "%s", [settings.MAX_WAITING_PER_USER]
    guard = (
        f"{QUEUED} + %s <= {room} AND {storage_limits.ROOM_FOR_IMAGES} AND {is_open} AND {same} "
        f"AND {allowed} AND {usable}",
        *(user.pk, len(jobs)),
        *room_values,
        *storage_limits.room_values(user.pk),
        *versions,
        *allowed_values,
        *upload_ids,
    )
    if lifecycle.insert(jobs, actor=actor, detail=detail, guard=guard):
        return
    creation_switch.refuse_if_paused(user, by_staff=by_staff)
    storage_limits.check_images(user)
    for job in jobs:
        sources.check(user=user, ids=job.source_images)
        if job.mask:
            sources.check(user=user, ids=[job.mask], field=masks.FIELD)
    check_room(user=user, jobs=jobs, by_staff=by_staff)
    # Only the number of waiting jobs can have changed.
    if catalog.is_fresh and rules.is_fresh:
        raise _too_many(_waiting_limit(user, by_staff=by_staff), jobs)
    raise CatalogChanged


def check_room(*, user: User, jobs: Sequence[Job], by_staff: bool = False) -> None:
    """Raise TooManyWaiting if the user may not have these further queued jobs."""
    most = _waiting_limit(user, by_staff=by_staff)
    if Job.objects.of(user).queued().count() + len(jobs) > most:
        raise _too_many(most, jobs)


def _waiting_limit(user: User, *, by_staff: bool) -> int:
    site: int = settings.MAX_WAITING_PER_USER
    if by_staff:
        return site
    limit = quotas.of(User.objects.get(pk=user.pk)).limit("jobs_waiting")
    return site if limit is None else limit


def _too_many(limit: int, jobs: Sequence[Job]) -> TooManyWaiting:
    return TooManyWaiting(
        limit=limit, retry_after=eta.pace(jobs[0].model), is_final=len(jobs) > limit
    )
