"""Whether the jobs of an order may wait in the queue: one INSERT with all conditions."""

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.limits import quotas
from accounts.models import User
from artgen.database.raw_sql import Condition
from artgen.refusals import Refusal
from artgen.web import formatting
from generation.files import storage_limits, uploads
from generation.jobs import eta
from generation.jobs.engine import dispatch, lifecycle
from generation.jobs.placing import creation_switch
from generation.jobs.placing.drafts import Drafts
from generation.jobs.placing.job_order import JobOrder
from generation.jobs.placing.job_request import UserCatalog
from generation.jobs.placing.judgement import Terms
from generation.models import ImageModel, Job


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
        limit = formatting.number(self.limit)
        if self.is_final:
            text = _(
                "This is more than your account may have in the queue. The limit is %(limit)s."
            )
            return text % {"limit": limit}
        text = _("The limit of queued images is reached: %(limit)s. Try again in %(duration)s.")
        return text % {"limit": limit, "duration": formatting.duration(self.retry_after or 0)}


class TermsChanged(Exception):
    """A model, a style or the rules have changed since this process cached them."""


def enqueue(order: JobOrder, drafts: Drafts, terms: Terms) -> None:
    """Insert the jobs as queued, or none, and let workers know after the commit.

    The hold of their credits has locked their user's row.

    Raises what `orders.place` raises if too many jobs wait, the user's storage is full or a source
    image is being deleted; TermsChanged if models, styles or rules changed, or creation is paused.
    """
    jobs, user = drafts.jobs, order.user
    guard = _guard(order, drafts, terms)
    if lifecycle.insert(jobs, actor=order.actor, detail=order.detail, guard=guard):
        for slug in dict.fromkeys(job.model.slug for job in jobs):
            dispatch.submit(slug)
        return
    # Ask for each condition of the guard again, to say what was wrong.
    storage_limits.check_images(user)
    drafts.images.check_again(jobs, user=user)
    count, model = drafts.urgent, jobs[0].model
    if refusal := no_room(user, count=count, model=model, by_staff=order.by_staff):
        raise refusal
    if terms.is_fresh:  # nothing else has changed: the number of waiting jobs, a moment ago
        limit = _waiting_limit(user, by_staff=order.by_staff)
        raise TooManyWaiting(limit=limit, retry_after=eta.pace(model), is_final=False)
    raise TermsChanged


GUARD = """
    (%s = 0 OR %s + (
        SELECT COUNT(*) FROM generation_job
        WHERE user_id = %s AND due_at IS NOT NULL AND status = 'queued' AND NOT background
    ) <= {jobs_waiting})
    AND {room_for_images}
    AND {is_open}
    AND {models_unchanged}
    AND {rules_unchanged}
    AND {uploads_usable}
"""
"""When jobs may be inserted. Orders of one user are counted one at a time: see `enqueue`."""

WAITING_LIMIT = """(
    SELECT quota.jobs_waiting
    FROM accounts_user AS account CROSS JOIN LATERAL artgen_quotas(account, %s::jsonb) AS quota
    WHERE account.id = %s
)"""


def _guard(order: JobOrder, drafts: Drafts, terms: Terms) -> Condition:
    user = order.user
    if order.by_staff:
        limit, limit_values = "%s", [settings.MAX_WAITING_PER_USER]
    else:
        limit, limit_values = WAITING_LIMIT, [quotas.site(), user.pk]
    is_staff = order.by_staff or user.is_staff
    models_unchanged, *models = UserCatalog(terms.catalog, user).unchanged(drafts.jobs)
    rules_unchanged, rules = terms.rules.unchanged()
    uploads_usable, *upload_values = uploads.usable(drafts.images.uploads)
    condition = GUARD.format(
        jobs_waiting=limit,
        room_for_images=storage_limits.ROOM_FOR_IMAGES,
        is_open=creation_switch.OPEN_FOR_STAFF if is_staff else creation_switch.OPEN_FOR_USERS,
        models_unchanged=models_unchanged,
        rules_unchanged=rules_unchanged,
        uploads_usable=uploads_usable,
    )
    waiting = (drafts.urgent, drafts.urgent, user.pk, *limit_values)
    room = storage_limits.room_values(user.pk)
    return (condition, *waiting, *room, *models, *rules, *upload_values)


def no_room(
    user: User, *, count: int, model: ImageModel, by_staff: bool = False
) -> TooManyWaiting | None:
    """Return the refusal of `count` more jobs in the user's queue, None if they have room."""
    limit = _waiting_limit(user, by_staff=by_staff)
    if not count or Job.objects.of(user).queued().filter(background=False).count() + count <= limit:
        return None
    return TooManyWaiting(limit=limit, retry_after=eta.pace(model), is_final=count > limit)


def _waiting_limit(user: User, *, by_staff: bool) -> int:
    site: int = settings.MAX_WAITING_PER_USER
    if by_staff:
        return site
    limit = quotas.of(user).limit("jobs_waiting")
    return site if limit is None else limit
