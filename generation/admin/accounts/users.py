"""The admin of users, with their jobs and images, and actions to close and keep accounts."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.access import staff_rights
from accounts.admin.users import UserAdmin
from accounts.forms.bans import BanForm
from accounts.models import User
from accounts.user_data import deletion
from artgen.admin.actions import on_each
from generation.jobs.budgets import budget_changes
from generation.user_data import erasure

admin.site.unregister(User)


class BanAndCancelForm(BanForm):
    """A ban, and whether the user's jobs end, too."""

    cancel_jobs = forms.BooleanField(
        label=_("Cancel jobs in progress; the credits are returned"), required=False, initial=True
    )


@admin.register(User)
class UserWithJobsAdmin(UserAdmin):
    """Users with links to their jobs and images, and actions that concern these."""

    ban_form = BanAndCancelForm
    actions = (*UserAdmin.actions, "close_accounts", "keep_accounts")

    def links(self, request: HttpRequest, user: User) -> Iterator[tuple[str, str]]:
        for title, model in ((gettext("Jobs"), "job"), (gettext("Images"), "image")):
            if request.user.has_perm(f"generation.view_{model}"):
                address = reverse(f"admin:generation_{model}_changelist")
                yield title, f"{address}?user__id__exact={user.pk}"
        yield from super().links(request, user)

    def ban(self, user: User, form: BanForm, *, actor: User) -> None:
        super().ban(user, form, actor=actor)
        if form.cleaned_data["cancel_jobs"]:
            erasure.cancel_jobs(user, actor=actor)

    def save_related(
        self, request: HttpRequest, form: forms.BaseForm, formsets: object, change: bool
    ) -> None:
        """Save the groups; jobs that wait for a group's budget are considered again."""
        super().save_related(request, form, formsets, change)
        if change and "groups" in form.changed_data:
            budget_changes.reconsider()

    def has_erase_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("accounts.delete_user")

    @admin.action(description=_("Lock, then delete after the grace period"), permissions=["erase"])
    def close_accounts(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        actor = request.user if isinstance(request.user, User) else None

        def close(user: User) -> None:
            staff_rights.check(request.user, user)
            erasure.close(user=user, actor=actor)

        def done(count: int) -> str:
            return ngettext(
                "%(count)d account is locked and will be deleted. “Keep” cancels this.",
                "%(count)d accounts are locked and will be deleted. “Keep” cancels this.",
                count,
            )

        rows, text = queryset.filter(erased_at=None).order_by("id"), "closed, to be erased"
        on_each(self, request, rows, close, logged=text, done_text=done)

    @admin.action(description=_("Keep accounts scheduled for deletion"), permissions=["erase"])
    def keep_accounts(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        def keep(user: User) -> None:
            staff_rights.check(request.user, user)
            deletion.keep(user)

        def done(count: int) -> str:
            return ngettext("%(count)d account kept.", "%(count)d accounts kept.", count)

        rows = queryset.exclude(erase_at=None).order_by("id")
        on_each(self, request, rows, keep, logged="kept", done_text=done)
