"""What jobs cost in dollars, as running sums of the day and the month, and what budgets allow.

An attempt counts with what RunPod has recorded, else with the cost expected when its job was
placed, in the transaction that learns that it has ended. Attempts at RunPod count with their
expected cost until then. So the sums and the jobs of one statement always fit together.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import connection

from accounts import period_limits
from generation.jobs import bulk_update
from generation.models import Budget, ImageModel, Job, JobQuerySet, Period, Spending

ALARM_SHARE = Decimal("0.8")
"""From this share on, staff are alarmed."""
CENT = Decimal("0.00001")


def expected(model: ImageModel, *, pixels: int, credits: int) -> Decimal:
    """Return what RunPod is expected to charge for one image, in dollars.

    Without an expected cost of the model it follows from its price.
    """
    cost = model.cost
    if cost is None:
        return (credits * settings.CREDIT_USD / settings.PRICE_MARGIN).quantize(CENT)
    return cost.of(images=1, pixels=pixels).quantize(CENT)


# --- sums -----------------------------------------------------------------------------------------
def adding(attempts: str) -> bulk_update.Expression:
    """Return SQL that adds costs to the sums, and its values.

    `attempts` is SQL of rows (model_id, user_id, usd), without values.
    """
    today = period_limits.today()
    if connection.vendor == "postgresql":
        dates = ["CAST(%s AS date)"] * 2
        members = (
            "CROSS JOIN LATERAL (SELECT 0 AS group_id UNION ALL SELECT member.group_id "
            "FROM accounts_user_groups AS member WHERE member.user_id = attempt.user_id) AS member"
        )
    else:
        dates = ["%s"] * 2
        members = (
            "JOIN (SELECT id AS member_id, 0 AS group_id FROM accounts_user UNION ALL "
            "SELECT user_id, group_id FROM accounts_user_groups) AS member "
            "ON member.member_id = attempt.user_id"
        )
    return (
        "INSERT INTO generation_spending (period, starts_on, model_id, group_id, usd) "  # noqa: S608 no input
        "SELECT period, starts_on, model_id, group_id, SUM(usd) "
        f"FROM ({attempts}) AS attempt {members} "
        f"CROSS JOIN (SELECT 'day' AS period, {dates[0]} AS starts_on UNION ALL "
        f"SELECT 'month', {dates[1]}) AS periods "
        # In this order, so that two transactions do not wait for each other.
        "WHERE usd > 0 GROUP BY period, starts_on, model_id, group_id "
        "ORDER BY period, starts_on, model_id, group_id "
        "ON CONFLICT (period, starts_on, model_id, group_id) "
        "DO UPDATE SET usd = generation_spending.usd + excluded.usd",
        today,
        today.replace(day=1),
    )


def add(job: Job, usd: Decimal | None) -> None:
    """Add the cost of an attempt of this job that has ended, if there is any."""
    if not usd:
        return
    sql, *dates = adding("SELECT CAST(%s AS integer) AS model_id, %s AS user_id, %s AS usd")
    user_id: Any = bulk_update.prepared("user", job.user_id)
    if connection.vendor == "postgresql":
        sql = sql.replace("%s AS user_id, %s AS usd", "%s::uuid AS user_id, %s::numeric AS usd")
    with connection.cursor() as cursor:
        cursor.execute(sql, [job.model_id, user_id, usd, *dates])


def of_attempt(job: Job, cost: Decimal | None) -> Decimal | None:
    """Return what an attempt counts that ends without images.

    What a worker has begun costs money, whether or not RunPod reports it. An attempt whose images
    are being stored has been counted before.
    """
    if cost is not None:
        return cost
    return job.expected_usd if job.started_at and job.is_cancelable else None


def forget(*, before: date) -> int:
    """Delete the sums of periods that began before then, and return how many."""
    return Spending.objects.filter(starts_on__lt=before).delete()[0]


# --- budgets --------------------------------------------------------------------------------------
@dataclass(frozen=True)
class BudgetState:
    """A budget, and what is used of it in the present day or month, in dollars."""

    budget: Budget
    spent: Decimal
    """Recorded, or expected of what RunPod has not reported."""
    reserved: Decimal
    """Expected of the jobs at RunPod."""

    @property
    def limit(self) -> Decimal:
        """The limit."""
        return self.budget.limit_usd

    @property
    def used(self) -> Decimal:
        """What is spent, with what is expected of the jobs at RunPod."""
        return self.spent + self.reserved

    @property
    def share(self) -> float:
        """The used share; above 1 if jobs were dearer than expected."""
        return float(self.used / self.limit) if self.limit else 1.0

    @property
    def is_near(self) -> bool:
        """Whether staff are alarmed."""
        return self.used >= ALARM_SHARE * self.limit

    @property
    def is_reached(self) -> bool:
        """Whether no job fits any more, whatever it costs."""
        return self.spent >= self.limit

    @property
    def ends_at(self) -> datetime:
        """When its day or month ends."""
        return Period(self.budget.period).ends_at

    def allows(self, usd: Decimal) -> bool:
        """Return whether a job that costs `usd` fits into what is spent, jobs at RunPod apart."""
        return not self.is_reached and self.spent + usd <= self.limit


def waiting_for(state: BudgetState) -> JobQuerySet:
    """Return the parked jobs that do not fit into this budget."""
    jobs, budget = Job.objects.parked(), state.budget
    if budget.group_id is not None:
        jobs = jobs.filter(user__groups=budget.group_id)
    elif budget.model_id is not None:
        jobs = jobs.filter(model=budget.model_id)
    return jobs if state.is_reached else jobs.filter(expected_usd__gt=state.limit - state.spent)


STATES = """
    SELECT budget.id,
        COALESCE((
            SELECT SUM(spending.usd) FROM generation_spending AS spending
            WHERE spending.period = budget.period
                AND spending.starts_on = CASE budget.period WHEN 'day' THEN {day} ELSE {month} END
                AND spending.group_id = COALESCE(budget.group_id, 0)
                AND (budget.model_id IS NULL OR spending.model_id = budget.model_id)
        ), 0),
        COALESCE((
            SELECT SUM(job.expected_usd) FROM generation_job AS job
            WHERE job.status IN ('submitted', 'running')
                AND (budget.model_id IS NULL OR job.model_id = budget.model_id)
                AND (budget.group_id IS NULL OR EXISTS (
                    SELECT 1 FROM accounts_user_groups AS member
                    WHERE member.group_id = budget.group_id AND member.user_id = job.user_id
                ))
        ), 0)
    FROM generation_budget AS budget
"""


def states() -> list[BudgetState]:
    """Return all budgets with what is used of them, in two queries; one if there are none."""
    budgets = {
        budget.pk: budget
        for budget in Budget.objects.select_related("group", "model").order_by("pk")
    }
    if not budgets:
        return []
    today = period_limits.today()
    cast = "CAST(%s AS date)" if connection.vendor == "postgresql" else "%s"
    with connection.cursor() as cursor:
        # One statement, and so one state of jobs and sums.
        cursor.execute(STATES.format(day=cast, month=cast), [today, today.replace(day=1)])
        found = {pk: (_usd(spent), _usd(reserved)) for pk, spent, reserved in cursor.fetchall()}
    return [BudgetState(budget, *found[pk]) for pk, budget in budgets.items() if pk in found]


def _usd(value: Any) -> Decimal:
    return Decimal(str(value))
