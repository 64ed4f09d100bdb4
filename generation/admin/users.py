"""The admin of users, with actions to close and keep accounts."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts import deletion, staff_rights
from accounts.admin import UserAdmin
from accounts.models import User
from artgen.admin_actions import on_each
from generation.user_data import erasure

admin.site.unregister(User)


@admin.register(User)
class UserWithErasureAdmin(UserAdmin):
    """Users with two more actions: close an account, or keep a closed one."""

    actions = (*UserAdmin.actions, "close_accounts", "keep_accounts")

    def has_erase_permission(self, request: HttpRequest) -> bool:
        """Return whether the user may close accounts."""
        return request.user.has_perm("accounts.delete_user")

    @admin.action(description=_("Lock, then delete after the grace period"), permissions=["erase"])
    def close_accounts(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Lock the accounts; they are erased after the grace period."""
        actor = request.user if isinstance(request.user, User) else None

        def close(user: User) -> None:
            staff_rights.check(request.user, user)
            erasure.close(user=user, actor=actor)
            self.log_change(request, user, "closed, to be erased")

        rows = queryset.filter(erased_at=None).order_by("id")
        count = on_each(self, request, rows, close)
        if count:
            text = ngettext(
                "%(count)d account is locked and will be deleted. “Keep” cancels this.",
                "%(count)d accounts are locked and will be deleted. “Keep” cancels this.",
                count,
            )
            self.message_user(request, text % {"count": count}, messages.SUCCESS)

    @admin.action(description=_("Keep accounts scheduled for deletion"), permissions=["erase"])
    def keep_accounts(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Unlock the accounts whose erasure has not started."""

        def keep(user: User) -> None:
            staff_rights.check(request.user, user)
            deletion.keep(user)
            self.log_change(request, user, "kept")

        rows = queryset.exclude(erase_at=None).order_by("id")
        count = on_each(self, request, rows, keep)
        if count:
            text = ngettext("%(count)d account kept.", "%(count)d accounts kept.", count)
            self.message_user(request, text % {"count": count}, messages.SUCCESS)
