"""Budgets in dollars, with what is used of them."""

from typing import Any, Protocol

from django import forms
from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from artgen.admin.audited import AuditedAdmin
from artgen.admin.columns import column
from artgen.web import formatting
from generation.admin.budgets import budget_text
from generation.jobs.budgets import budget_changes, budget_state
from generation.jobs.budgets.budget_state import BudgetState
from generation.models import Budget


class ListedBudget(Protocol):
    """A budget of the list, with what is used of it."""

    state: BudgetState | None


@admin.register(Budget)
class BudgetAdmin(AuditedAdmin):
    """Budgets. Whatever changes them lets the jobs that wait for one be considered again."""

    menu_icon = "account_balance_wallet"
    list_display = ("scope", "per", "limit", "used", "reserved", "share", "starts_again")
    list_filter = ("period",)
    list_select_related = ("group", "model")
    fields = ("group", "model", "period", "limit_usd")
    ordering = ("id",)
    scope = column("scope", _("budget of"), ordering="id")

    class Media:
        css = {"all": ("generation/admin.css",)}

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changelist = super().get_changelist_instance(request)
        states = {state.budget.pk: state for state in budget_state.states()}
        for budget in changelist.result_list:
            budget.state = states.get(budget.pk)
        return changelist

    @admin.display(description=_("per"), ordering="period")
    def per(self, budget: Budget) -> str:
        return str(budget.get_period_display())

    @admin.display(description=_("limit"), ordering="limit_usd")
    def limit(self, budget: Budget) -> str:
        return budget_text.dollars(budget.limit_usd)

    @admin.display(description=_("used"))
    def used(self, budget: ListedBudget) -> str:
        """Return what is spent in the present day or month."""
        return budget_text.dollars(budget.state.spent) if budget.state else "—"

    @admin.display(description=_("jobs at providers"))
    def reserved(self, budget: ListedBudget) -> str:
        """Return what the jobs at RunPod are expected to cost."""
        return budget_text.dollars(budget.state.reserved) if budget.state else "—"

    @admin.display(description=_("share"))
    def share(self, budget: ListedBudget) -> SafeString | str:
        return budget_text.bar(budget.state) if budget.state else "—"

    @admin.display(description=_("starts again"))
    def starts_again(self, budget: ListedBudget) -> str:
        return formatting.moment(budget.state.ends_at) if budget.state else "—"

    def save_model(
        self, request: HttpRequest, obj: Budget, form: forms.BaseForm, change: bool
    ) -> None:
        with transaction.atomic():
            super().save_model(request, obj, form, change)
            budget_changes.reconsider()

    def delete_model(self, request: HttpRequest, obj: Budget) -> None:
        budget_changes.remove(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Budget]) -> None:
        with transaction.atomic():
            queryset.delete()
            budget_changes.reconsider()
