"""Jobs that are overdue, stuck, not stored, failed, queued for long, or later than promised."""

from datetime import timedelta

from django.db.models import Count, Min, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from artgen.database.ids import first_id
from generation.models import STUCK_AFTER, Job, Status
from generation.operations import kept_promises

from .condition import (
    MINUTE,
    SCALE,
    WARNING,
    Condition,
    ConditionGroup,
    Measured,
    SlowConditionGroup,
    minutes,
)

RECENT, MIN_FAILED = timedelta(hours=1), 5
PROMISES_PERIOD, MIN_PROMISES = timedelta(hours=24), 20
SEE_JOBS = _("Run manage.py jobs --stuck and manage.py doctor.")


class JobConditions(ConditionGroup):
    conditions = {
        "JobsOverdue": Condition(
            _("%(count)s jobs are overdue, the oldest by %(seconds)s s: too few workers, or none."),
            SEE_JOBS,
            limit=STUCK_AFTER.total_seconds(),
        ),
        "JobsStuck": Condition(
            _("%(count)s jobs are stuck."), SEE_JOBS, severity=WARNING, hold=minutes(15)
        ),
        "ImagesNotStored": Condition(
            _("The images of %(count)s jobs cannot be saved. They are lost at their deadline."),
            SEE_JOBS,
        ),
        "JobsFail": Condition(
            _("%(failed)s of %(all)s jobs failed in the last hour."),
            _("Run manage.py jobs --status failed."),
            hold=minutes(5),
            limit=20,  # percent, of at least five
        ),
        "QueueLong": Condition(
            _("A job has been queued for %(minutes)s minutes."),
            SCALE,
            severity=WARNING,
            hold=minutes(10),
            limit=30 * MINUTE,
        ),
    }

    def measure(self) -> Measured:
        now = timezone.now()
        active = Job.objects.active()
        late = active.exclude(status=Status.QUEUED).filter(due_at__lt=now - STUCK_AFTER)
        overdue = late.aggregate(count=Count("id"), oldest=Min("due_at"))
        if overdue["count"]:
            seconds = round((now - overdue["oldest"]).total_seconds())
            yield "JobsOverdue", {"count": overdue["count"], "seconds": seconds}
        if stuck := Job.objects.stuck().count():
            yield "JobsStuck", {"count": stuck}
        if not_stored := Job.objects.not_stored().count():
            yield "ImagesNotStored", {"count": not_stored}
        since = now - RECENT
        jobs = Job.objects.of_users().filter(created_at__gte=since, id__gte=first_id(since))
        recent = jobs.order_by()
        counts = recent.aggregate(all=Count("id"), failed=Count("id", Q(status=Status.FAILED)))
        if counts["failed"] >= max(MIN_FAILED, self.limit("JobsFail") / 100 * counts["all"]):
            yield "JobsFail", counts
        queued = active.filter(status=Status.QUEUED, background=False)
        oldest = queued.aggregate(oldest=Min("due_at"))["oldest"]
        if oldest and (waited := (now - oldest).total_seconds()) > self.limit("QueueLong"):
            yield "QueueLong", {"minutes": round(waited / 60)}


class PromiseConditions(SlowConditionGroup):
    every = timedelta(minutes=1)  # a day has many jobs

    conditions = {
        "PromisesBroken": Condition(
            _("Images take longer than promised: of the last 24 hours, in time were %(models)s."),
            _("See whether the provider gives fewer workers than before."),
            severity=WARNING,
            hold=minutes(60),
            limit=75,  # percent that were in time; 90 should be
        )
    }

    def read(self) -> Measured:
        """Far fewer than nine in ten images were ready by the promised p90."""
        late = [
            f"{model.slug} {model.p90_share:.0%}"
            for model in kept_promises.kept_since(timezone.now() - PROMISES_PERIOD)
            if model.jobs >= MIN_PROMISES
            and model.p90_share is not None
            and model.p90_share * 100 < self.limit("PromisesBroken")
        ]
        if late:
            yield "PromisesBroken", {"models": ", ".join(late)}
