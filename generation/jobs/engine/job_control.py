"""What a person can request of a job that exists: cancel it, check it now, or dismiss it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.credits.holds import PriceTooHigh
from accounts.limits import period_limits
from accounts.models import User
from artgen.refusals import Acceptance, Refusal
from artgen.web import formatting
from generation.jobs.engine import dispatch, lifecycle
from generation.models import CHARGED, ENDED_WITHOUT_IMAGES, Job, Status

CANCEL_TRIES = 5


class AlreadyFinal(Refusal):
    """The job has finished, or is being saved: it cannot be canceled."""

    code = "already_final"
    status = 409
    text = gettext_lazy("It has finished or is being saved and can’t be canceled.")


class CancelCosts(PriceTooHigh):
    """The provider has taken the job and cannot stop it, so canceling it is not free."""

    @property
    def message(self) -> str:
        text = _("It can’t be stopped at the provider anymore. Canceling costs %(credits)s.")
        return text % {"credits": formatting.credits(self.price)}

    @property
    def acceptance(self) -> Acceptance:
        label = _("Cancel for %(credits)s") % {"credits": formatting.credits(self.price)}
        return replace(super().acceptance, label=label)


def cancel(
    *,
    job: Job,
    actor: User | None,
    is_counted: bool = True,
    max_credits: int = 0,
) -> Job:
    """Cancel a queued or running job, return its credits, and have the provider stop it.

    `actor` is None for a command. If `is_counted`, a cancellation by the job's owner counts for the
    owner's daily limit, and costs `Job.cancel_price`, which `max_credits` bounds.

    Raises:
        AlreadyFinal: it has finished or is being saved.
        CancelCosts: it costs more.
        accounts.limits.period_limits.PeriodLimitReached: the owner has canceled too many today.
    """
    is_counted = is_counted and actor is not None and actor.pk == job.user_id
    for _try in range(CANCEL_TRIES):
        current = Job.objects.select_related("model").get(id=job.id)
        if not current.is_cancelable:
            break
        price = current.cancel_price if is_counted else 0
        if price > max_credits:
            raise CancelCosts(price=price, max_credits=max_credits)
        try:
            with transaction.atomic():
                ended = lifecycle.cancel(current, actor=actor, is_charged=price > 0)
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


def cancel_each(jobs: Iterable[Job], *, actor: User, max_credits: int = 0) -> Canceled:
    """Cancel the jobs that can be canceled; those that end meanwhile are left.

    What the daily limit of cancellations stops stays in the queue. Raises CancelCosts after the
    others if some cost more than `max_credits` for all of them.
    """
    count = credits = spent = dear = 0
    # The last ones first: no place in the queue becomes free for one that is canceled next.
    for job in sorted(jobs, key=lambda job: job.id, reverse=True):
        if not job.is_cancelable:
            continue
        try:
            ended = cancel(job=job, actor=actor, max_credits=max_credits - spent)
        except AlreadyFinal:
            continue
        except CancelCosts as refused:
            dear += refused.price
            continue
        except period_limits.PeriodLimitReached as obstacle:
            return Canceled(count, credits, obstacle)
        price = ended.credits if ended.error_code == CHARGED else 0
        count, credits, spent = count + 1, credits + ended.credits - price, spent + price
    if dear:
        raise CancelCosts(price=dear, max_credits=max_credits - spent)
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
