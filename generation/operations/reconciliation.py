"""What was sold against what providers charge, by model, for one month.

Months are those of bills: by UTC. A job belongs to the month in which it was last sent to its
provider: one that waited for a budget may have been placed in an earlier one.
"""

import functools
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.db.models import Sum

from artgen.database import pooling
from artgen.database.ids import first_id
from generation.jobs import clients
from generation.jobs.budgets import spending
from generation.models import Endpoint, Job, PromptSpending, ProviderName, Spending
from generation.providers import bill as billing
from generation.providers.bill import Bill
from generation.providers.payloads import is_public
from generation.studio.prompt_helper.helper_client import runpod_endpoint

ZERO = Decimal(0)
FIRST_YEAR, LAST_YEAR = 2020, 2099
"""Of the months that can be compared."""
MAX_WAIT = timedelta(days=100)
"""Jobs that waited longer for a budget are not found."""


@dataclass(frozen=True)
class ModelCosts:
    slug: str
    name: str
    jobs: int = 0
    """Jobs with an image."""
    credits: int = 0
    """Charged for them."""
    recorded: Decimal = ZERO
    """Dollars that RunPod reported with its replies, also of jobs without an image."""
    expected: Decimal = ZERO
    """Dollars by the model's expected cost, of jobs with an image."""
    failed_jobs: int = 0
    """Jobs without an image that cost money."""
    failed: Decimal = ZERO
    """Dollars on these: recorded, else expected."""
    unrecorded_jobs: int = 0
    """Jobs with an image whose cost RunPod did not report, as for own endpoints."""
    unreported: Decimal = ZERO
    """Expected dollars of all attempts that ran and whose cost RunPod did not report."""

    @property
    def drift(self) -> Decimal | None:
        """How much recorded differs from expected: 0.1 is 10 % more. None if either is unknown."""
        return self.recorded / self.expected - 1 if self.expected and self.recorded else None


@dataclass(frozen=True)
class PromptCosts:
    """Calls of the prompt helper in one month, which have no model."""

    calls: int
    credits: int
    expected: Decimal
    """Dollars by PROMPT_HELPER_CALL_USD at the time of each call. Servers report none."""


@dataclass(frozen=True)
class BilledLine:
    """An endpoint of the bill, or all public ones, against what ArtGen has recorded."""

    endpoint: str  # billing.PUBLIC for all public ones
    slugs: tuple[str, ...]  # none: ArtGen has no model with this endpoint
    billed: Decimal
    known: Decimal

    @property
    def difference(self) -> Decimal:
        return self.billed - self.known


@dataclass(frozen=True)
class Reconciliation:
    """One month; `lines` only with a bill."""

    month: str
    models: list[ModelCosts]
    total: ModelCosts
    prompts: PromptCosts
    lines: list[BilledLine]
    bill: Bill | None = None

    @property
    def revenue(self) -> Decimal:
        return (self.total.credits + self.prompts.credits) * settings.CREDIT_USD


def period(month: date) -> tuple[datetime, datetime]:
    """Return the first moment of the month of this day and of the next one, by UTC."""
    start = datetime(month.year, month.month, 1, tzinfo=UTC)
    return start, datetime(month.year + month.month // 12, month.month % 12 + 1, 1, tzinfo=UTC)


def earlier(month: date) -> date:
    return (period(month)[0] - timedelta(days=1)).date()


def of_month(
    month: date, *, bill: Bill | None = None, provider: str = ProviderName.RUNPOD
) -> Reconciliation:
    """Return the sums of a month, in a few queries whatever the number of models and jobs.

    `bill` is that of `provider`.
    """
    start, end = period(month)
    jobs = Job.objects.filter(id__gte=first_id(start - MAX_WAIT), id__lt=first_id(end))
    sent = jobs.alias(sent_at=spending.SENT_AT).filter(sent_at__gte=start, sent_at__lt=end)
    deleted = Spending.objects.filter(period=Spending.DELETED, starts_on=start.date())
    rows = [*spending.sums_of_jobs(sent), *deleted.select_related("model").defer("model__workflow")]
    rows.sort(key=lambda row: (row.model.position, row.model.slug))
    costs_by_slug: dict[str, ModelCosts] = {}
    for row in rows:
        model = row.model
        none = ModelCosts(model.slug, model.name)
        costs_by_slug[model.slug] = _added(costs_by_slug.get(model.slug, none), row)
    models = list(costs_by_slug.values())
    prompts = _prompts(start, end)
    return Reconciliation(
        month=f"{start:%Y-%m}",
        models=models,
        total=functools.reduce(_added, models, ModelCosts("", "")),
        prompts=prompts,
        lines=_against(bill, provider, rows, prompts) if bill else [],
        bill=bill,
    )


def bill_of(month: date, *, provider: str = ProviderName.RUNPOD) -> Bill:
    """Return a provider's bill of the month; raise what `Provider.bill` raises."""
    start, end = period(month)
    pooling.give_back()  # this may take seconds
    return clients.of(provider).bill(start=start, end=end)


def _added(costs: ModelCosts, more: ModelCosts | Spending) -> ModelCosts:
    sums = {name: getattr(costs, name) + getattr(more, name) for name in spending.SUMS}
    return replace(costs, **sums)


def _prompts(start: datetime, end: datetime) -> PromptCosts:
    sums = PromptSpending.objects.filter(
        group_id=0, billed_day__gte=start.date(), billed_day__lt=end.date()
    ).aggregate(
        calls=Sum("calls", default=0),
        credits=Sum("credits", default=0),
        expected=Sum("usd", default=ZERO),
    )
    return PromptCosts(**sums)


def _against(
    bill: Bill, provider: str, rows: Iterable[Spending], prompts: PromptCosts
) -> list[BilledLine]:
    """Return the lines. Calls of the prompt helper count where its endpoint at RunPod is billed."""
    endpoints = list(Endpoint.objects.defer("workflow"))
    by_id = {endpoint.pk: endpoint for endpoint in endpoints}
    first = {endpoint.model_id: endpoint for endpoint in reversed(endpoints)}
    known = defaultdict(Decimal, dict.fromkeys(bill.own, ZERO))
    slugs: dict[str, dict[str, None]] = defaultdict(dict)
    for row in rows:
        endpoint = by_id.get(row.group_id) or first.get(row.model_id)
        if endpoint and endpoint.provider == provider:
            is_one_of_all = provider == ProviderName.RUNPOD and is_public(
                row.model.format_source(endpoint).dialect
            )
            name = billing.PUBLIC if is_one_of_all else endpoint.endpoint_id
            known[name] += row.recorded + row.unreported
            slugs[name][row.model.slug] = None
    text_endpoint = runpod_endpoint() if provider == ProviderName.RUNPOD else ""
    if text_endpoint and prompts.expected:
        known[text_endpoint if text_endpoint in known else billing.PUBLIC] += prompts.expected
    billed = dict(bill.own)
    if bill.public is not None:
        billed[billing.PUBLIC] = bill.public
    names = sorted(known.keys() | billed.keys(), key=lambda name: (name == billing.PUBLIC, name))
    return [
        BilledLine(name, tuple(slugs[name]), billed.get(name, ZERO), known[name]) for name in names
    ]
