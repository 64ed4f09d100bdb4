"""What jobs cost in dollars, as running sums of the day and the month. See `budget_state` for
limits.

An attempt counts with what the provider has recorded, else with the cost expected when its job was
placed, in the transaction that learns that it has ended. Attempts at the provider count with their
expected cost until then. So the sums and the jobs of one statement always fit together.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Count, DateField, F, Q, Sum
from django.db.models.functions import Coalesce, TruncMonth

from accounts.limits import period_limits
from generation.catalog.prices import Cost
from generation.models import CHARGED, Endpoint, ImageModel, Job, JobQuerySet, Spending, Status
from generation.providers import payloads
from generation.providers.job_report import JobReport

CENT = Decimal("0.00001")
ZERO = Decimal(0)
SENT_AT = Coalesce("submitted_at", "created_at")
"""When a job was last sent to the provider, which decides the month it counts in."""
SUMS = (
    *("jobs", "credits", "recorded", "expected"),
    *("failed_jobs", "failed", "unrecorded_jobs", "unreported"),
)


@dataclass(frozen=True)
class Charge:
    """What the provider's report on an ended attempt says about its cost."""

    usd: Decimal | None  # None: not reported, as for own endpoints and most failures
    has_run: bool  # the provider then charges for it


def expected_cost(model: ImageModel, *, pixels: int, credits: int) -> Decimal:
    """Return what the provider is expected to charge for one image, in dollars.

    Without an expected cost of the model it follows from its price.
    """
    cost = model.cost
    if cost is None:
        return (credits * settings.CREDIT_USD / settings.PRICE_MARGIN).quantize(CENT)
    return cost.of(images=1, pixels=pixels).quantize(CENT)


# Costs of `ended` (model_id, user_id, usd), attempts that have ended, to the sums of all users and
# of each group of the user. In an order, so that two transactions do not wait for each other.
ADD = """
INSERT INTO generation_spending (period, starts_on, model_id, group_id, usd)
SELECT period, starts_on, model_id, group_id, SUM(usd)
FROM ended CROSS JOIN LATERAL (
    SELECT 0 AS group_id
    UNION ALL
    SELECT member.group_id FROM accounts_user_groups AS member WHERE member.user_id = ended.user_id
) AS member
CROSS JOIN (
    SELECT 'day' AS period, %(today)s::date AS starts_on
    UNION ALL
    SELECT 'month', %(month)s::date
) AS periods
WHERE usd > 0 GROUP BY period, starts_on, model_id, group_id
ORDER BY period, starts_on, model_id, group_id
ON CONFLICT (period, starts_on, model_id, group_id)
DO UPDATE SET usd = generation_spending.usd + excluded.usd
"""


def add_values() -> dict[str, Any]:
    today = period_limits.today()
    return {"today": today, "month": today.replace(day=1)}


def charge_in(report: JobReport) -> Charge:
    return Charge(usd=payloads.cost_in(report), has_run=report.has_run)


def unreported_cost(job: Job, charge: Charge | None) -> Decimal | None:
    """Return the expected cost of an attempt that has run and whose cost was not reported.

    None if it was reported, if a worker never began it, or if its images are being stored: then it
    has been counted before. `job` has the attempt's `started_at`. Without a final report
    (`charge` is None) it counts if it was seen running. Prices are by image and size, so the
    execution time only shows that the attempt has run.
    """
    if job.status == Status.STORING or (charge is not None and charge.usd is not None):
        return None
    has_run = bool(job.started_at) or (charge is not None and charge.has_run)
    return job.expected_usd if has_run else None


def sums_of_jobs(jobs: JobQuerySet) -> list[Spending]:
    """Return the SUMS of jobs by month of bills and endpoint, as rows that are not stored."""
    done, pixels = Q(status=Status.SUCCEEDED), F("width") * F("height")
    uncounted = done & Q(cost__isnull=True, unreported_usd__isnull=True)  # by an earlier version
    charged = done | Q(status=Status.CANCELED, error_code=CHARGED)
    dollars = Coalesce("cost", ZERO) + Coalesce("unreported_usd", ZERO)
    rows = (
        jobs.filter(done | Q(cost__gt=0) | Q(unreported_usd__gt=0))
        .order_by()
        .values(
            "model", "endpoint", starts_on=TruncMonth(SENT_AT, tzinfo=UTC, output_field=DateField())
        )
        .annotate(
            jobs=Count("id", filter=done),
            credits=Sum("credits", filter=charged, default=0),
            pixels=Sum(pixels, filter=done, default=0),
            recorded=Sum("cost", default=ZERO),
            failed_jobs=Count("id", filter=~done),
            failed=Sum(dollars, filter=~done, default=ZERO),
            unrecorded_jobs=Count("id", filter=done & Q(cost__isnull=True)),
            uncounted_jobs=Count("id", filter=uncounted),
            uncounted_pixels=Sum(pixels, filter=uncounted, default=0),
            unreported=Sum("unreported_usd", default=ZERO),
        )
    )
    models = {model.pk: model for model in ImageModel.objects.defer("workflow")}
    dear = Endpoint.objects.exclude(expected_cost=None).defer("workflow")
    own_costs: dict[Any, Cost | None] = {endpoint.pk: endpoint.own_cost for endpoint in dear}
    sums = []
    for row in rows:
        model = models[row["model"]]
        total = Spending(
            period=Spending.DELETED,
            starts_on=row["starts_on"],
            model=model,
            group_id=row["endpoint"] or 0,
            jobs=row["jobs"],
            credits=row["credits"],
            recorded=row["recorded"],
            failed_jobs=row["failed_jobs"],
            failed=row["failed"],
            unrecorded_jobs=row["unrecorded_jobs"],
            unreported=row["unreported"],
        )
        if cost := own_costs.get(row["endpoint"]) or model.cost:
            total.expected = cost.of(images=row["jobs"], pixels=row["pixels"])
            total.unreported += cost.of(
                images=row["uncounted_jobs"], pixels=row["uncounted_pixels"]
            )
        total.usd = total.recorded + total.unreported
        sums.append(total)
    return sums


def add_deleted(ids: Collection[UUID]) -> None:
    """Add jobs to the sums of deleted ones; delete them in the same transaction."""
    jobs = Job.objects.filter(id__in=ids)
    list(jobs.select_for_update().values_list("id"))  # else one may be charged meanwhile
    for sums in sums_of_jobs(jobs):
        row, _ = Spending.objects.get_or_create(
            period=sums.period,
            starts_on=sums.starts_on,
            model=sums.model,
            group_id=sums.group_id,
            defaults={"usd": ZERO},
        )
        added = {name: F(name) + getattr(sums, name) for name in ("usd", *SUMS)}
        Spending.objects.filter(pk=row.pk).update(**added)


def forget(*, before: date) -> int:
    """Delete the sums of days and months that began before then, and return how many."""
    old = Spending.objects.filter(starts_on__lt=before).exclude(period=Spending.DELETED)
    return old.delete()[0]
