"""The admin of groups, whose budgets are deleted with them."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.admin.groups import GroupAdmin
from generation.jobs.budgets import budget_changes

admin.site.unregister(Group)


@admin.register(Group)
class GroupWithBudgetsAdmin(GroupAdmin):
    """Groups; jobs that wait for the budget of a deleted one are considered again."""

    def delete_model(self, request: HttpRequest, obj: Group) -> None:
        super().delete_model(request, obj)
        budget_changes.reconsider()

    def delete_queryset(self, request: HttpRequest, queryset: "QuerySet[Any]") -> None:
        super().delete_queryset(request, queryset)
        budget_changes.reconsider()
