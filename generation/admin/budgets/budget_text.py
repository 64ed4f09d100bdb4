"""Dollars and bars of budgets, as staff read them."""

from decimal import Decimal

from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from artgen.web import formatting
from generation.jobs.budgets.budget_state import BudgetState


def dollars(amount: Decimal) -> str:
    """Return "$16.20" in the active language."""
    return _("$%(amount)s") % {"amount": number_format(amount, 2, force_grouping=True)}


def _level(state: BudgetState) -> str:
    if state.is_reached:
        return "reached"
    return "near" if state.is_near else "ok"


def bar(state: BudgetState) -> SafeString:
    """Return the used share as a bar, with words."""
    percent = formatting.percent(state.share)
    return format_html(
        '<span class="budget-bar" data-level="{}"><progress max="100" value="{}" '
        'aria-hidden="true"></progress><span>{}</span></span>',
        _level(state),
        min(100, round(state.share * 100)),
        percent,
    )
