"""What a person can request of a job that exists: cancel it, check it now, or dismiss it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.limits import period_limits
from accounts.models import User
from artgen.refusals import Refusal
from artgen.web import formatting
from generation.jobs.engine import dispatch, lifecycle
from generation.models import ENDED_WITHOUT_IMAGES, Job, Status

CANCEL_TRIES = 5


class AlreadyFinal(Refusal):
    """The job has finished, or is being saved: it cannot be canceled."""

    code = "already_final"
    status = 409
    text = gettext_lazy("It has finished or is being saved and can’t be canceled.")


def cancel(*, job: Job, actor: User | None, is_counted: bool = True) -> Job:
    """Cancel a queued or running job, return its credits, and have RunPod stop it.

    `actor` is None for a command. If `is_counted`, a cancellation by the job's owner counts for the
    owner's daily limit.

    Raises:
        AlreadyFinal: it has finished or is being saved.
        accounts.limits.period_limits.PeriodLimitReached: the owner has canceled too many today.
    """
    is_counted = is_counted and actor is not None and actor.pk == job.user_id
    for _try in range(CANCEL_TRIES):
        current = Job.objects.select_related("model").get(id=job.id)
        if not current.is_cancelable:
            break
        try:
            with transaction.atomic():
                ended = lifecycle.cancel(current, actor=actor)
                if is_counted:  # after the release, which has locked the user's row
                    period_limits.count_cancel(job.user_id)
                dispatch.stop()
                dispatch.submit(ended.model.slug)
        except lifecycle.Stale:
            continue
        return ended
    raise AlreadyFinal


@dataclass(frozen=True)
class Canceled:
    """What canceling several jobs did; `obstacle` is why some were left."""

    count: int
    credits: int
    obstacle: period_limits.PeriodLimitReached | None = None

    @property
    def text(self) -> str:
        parts = [str(self.obstacle)] if self.obstacle else []
        if self.count or not self.obstacle:
            text = ngettext("%(count)s image canceled.", "%(count)s images canceled.", self.count)
            parts.insert(0, text % {"count": formatting.number(self.count)})
        if self.count:
            text = _("Returned: %(credits)s.") % {"credits": formatting.credits(self.credits)}
            parts.insert(1, text)
        return " ".join(parts)


def cancel_each(jobs: Iterable[Job], *, actor: User) -> Canceled:
    """Cancel the jobs that can be canceled; those that end meanwhile are left.

    What the daily limit of cancellations stops stays in the queue.
    """
    count = credits = 0
    # The last ones first: no place in the queue becomes free for one that is canceled next.
    for job in sorted(jobs, key=lambda job: job.id, reverse=True):
        if not job.is_cancelable:
            continue
        try:
            cancel(job=job, actor=actor)
        except AlreadyFinal:
            continue
        except period_limits.PeriodLimitReached as obstacle:
            return Canceled(count, credits, obstacle)
        count, credits = count + 1, credits + job.credits
    return Canceled(count, credits)


def look_again(*, job: Job, actor: User | None) -> bool:
    """Make a job due now, whatever it waits for; return False if there is nothing to check."""
    with transaction.atomic():
        if not lifecycle.request_check(job, actor=actor):
            return False
        if job.status == Status.QUEUED:
            dispatch.submit(job.model.slug)
        elif job.status == Status.STORING:
            dispatch.store()
        else:
            dispatch.check(job.model.slug)
    return True


def dismiss(*, job: Job, dismissed: bool) -> bool:
    """Hide a failed or canceled job from its owner's feed, or show it again.

    Return False for a job that has not ended this way: it stays as it is.
    """
    ended = Job.objects.filter(id=job.id, status__in=ENDED_WITHOUT_IMAGES)
    return ended.update(dismissed_at=timezone.now() if dismissed else None) > 0


def dismiss_all(user: User) -> tuple[int, datetime]:
    """Hide all failed and canceled jobs from the user's feed.

    Return how many, and the moment with which `restore_dismissed` shows them again.
    """
    at = timezone.now()
    ended = Job.objects.of(user).of_users().shown().filter(status__in=ENDED_WITHOUT_IMAGES)
    return ended.update(dismissed_at=at), at


def restore_dismissed(user: User, *, at: datetime) -> int:
    """Show the jobs again that `dismiss_all` hid at this moment; return how many."""
    return Job.objects.of(user).filter(dismissed_at=at).update(dismissed_at=None)
