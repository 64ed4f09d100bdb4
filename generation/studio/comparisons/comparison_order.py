"""Place a comparison, or say what it would cost."""

import secrets
from dataclasses import dataclass
from uuid import UUID

from accounts.limits import period_limits, quotas
from accounts.limits.quotas import OrderSummary
from accounts.models import User
from generation.catalog.job_parameters import SEED_MAX
from generation.catalog.offers import InvalidParameters
from generation.jobs.placing import orders, quotes
from generation.jobs.placing.job_order import JobOrder, PlacedOrder
from generation.jobs.placing.job_request import UserCatalog
from generation.jobs.placing.quotes import Quote
from generation.jobs.placing.sheet_orders import SheetOrder
from generation.models import model_cache
from generation.models.model_cache import Catalog
from generation.models.presets import OWN_STYLE_PREFIX
from generation.studio.comparisons import comparison_plan, word_lists
from generation.studio.comparisons.comparison_plan import ComparisonOwner, ComparisonPlan
from generation.studio.comparisons.comparison_request import ComparisonRequest
from generation.studio.presets import own_styles


@dataclass(frozen=True)
class SheetQuote:
    """A comparison that is not placed: its cells, price and wait time."""

    plan: ComparisonPlan
    quote: Quote
    obstacle: str
    """Why the user's quotas do not allow it, "" if they do; too few credits apart."""


def quote(*, user: User, comparison: ComparisonRequest) -> SheetQuote:
    """Return what the comparison consists of, its price and wait time; place nothing.

    Raises InvalidParameters.
    """
    catalog = model_cache.read()
    allowed = quotas.of(user)
    plan = _plan(comparison, user=user, catalog=catalog)
    quote = quotes.of_requests(
        user=user, requests=plan.requests, max_count=comparison_plan.MAX_CELLS
    )
    count = len(plan.requests)
    names = {slug: catalog.models[slug].name for slug in comparison.models}
    pixels = max(
        (request["width"] * request["height"] for request in plan.requests if "width" in request),
        default=0,
    )
    refused = allowed.refusal(OrderSummary(count, names, pixels)) or period_limits.refusal(
        user, allowed, jobs=count, credits=quote.credits
    )
    return SheetQuote(plan=plan, quote=quote, obstacle=refused.message if refused else "")


def place(
    *,
    user: User,
    comparison: ComparisonRequest,
    key: str = "",
    token_id: UUID | None = None,
    max_credits: int | None = None,
) -> PlacedOrder:
    """Place all cells and the sheet, or nothing; the sheet's id is that of the batch.

    Raises what `orders.place` raises, and InvalidParameters with the fields of the comparison.
    """

    def place_by(catalog: Catalog) -> PlacedOrder:
        plan = _plan(comparison, user=user, catalog=catalog)
        sheet = _sheet(comparison, plan)
        order = JobOrder(
            user, plan.requests, key=key, token_id=token_id, max_credits=max_credits, sheet=sheet
        )
        return orders.place(order)

    try:
        return place_by(model_cache.for_order())
    except InvalidParameters:
        # Counts only if the models were read now; those of the order may have changed since.
        return place_by(model_cache.read())


def _sheet(comparison: ComparisonRequest, plan: ComparisonPlan) -> SheetOrder:
    return SheetOrder(
        prompt=comparison.prompt,
        rows=[[head.as_json() for head in heads] for heads in plan.rows],
        columns=[[head.as_json() for head in heads] for heads in plan.columns],
        asked=comparison.as_json(),
    )


def _plan(comparison: ComparisonRequest, *, user: User, catalog: Catalog) -> ComparisonPlan:
    seed = secrets.randbelow(SEED_MAX + 1) if comparison.seed is None else comparison.seed
    owner = ComparisonOwner(
        word_lists=word_lists.of_user(user) if "__" in comparison.prompt else {},
        quotas=quotas.of(user),
        own_styles=_own_styles(comparison, user),
    )
    offered = UserCatalog(catalog, user)
    return comparison_plan.make(comparison, catalog=offered, owner=owner, seed=seed)


def _own_styles(comparison: ComparisonRequest, user: User) -> dict[str, str]:
    styles = [comparison.style, *(comparison.rows.values if comparison.rows else ())]
    styles += comparison.columns.values if comparison.columns else ()
    if not any(str(slug).startswith(OWN_STYLE_PREFIX) for slug in styles):
        return {}
    return {style.slug: style.name for style in own_styles.of_user(user)}
