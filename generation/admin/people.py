"""Users as staff see them here: with the end of an account, which takes pictures along."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts import deletion
from accounts.admin import UserAdmin
from accounts.models import User
from artgen.admin_actions import on_each
from generation.user_data import erasure

admin.site.unregister(User)


@admin.register(User)
class PeopleAdmin(UserAdmin):
    """Users with two more actions: close an account, which is erased some days later, and keep it after all."""

    actions = (*UserAdmin.actions, "close_accounts", "keep_accounts")

    def has_erase_permission(self, request: HttpRequest) -> bool:
        """Tell whether the person may end accounts."""
        return request.user.has_perm("accounts.delete_user")

    @admin.action(description=_("Lock, and erase after the time to think"), permissions=["erase"])
    def close_accounts(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Lock the accounts; pictures and all else are erased when nobody takes it back in time."""
        actor = request.user if isinstance(request.user, User) else None

        def close(user: User) -> None:
            erasure.close(user=user, actor=actor)
            self.log_change(request, user, "closed, to be erased")

        rows = queryset.filter(erased_at=None).order_by("id")
        count = on_each(self, request, rows, close)
        if count:
            text = ngettext(
                "%(count)d account is locked and will be erased. “Keep” takes that back.",
                "%(count)d accounts are locked and will be erased. “Keep” takes that back.",
                count,
            )
            self.message_user(request, text % {"count": count}, messages.SUCCESS)

    @admin.action(description=_("Keep accounts that are about to be erased"), permissions=["erase"])
    def keep_accounts(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Unlock the accounts that have not begun to be erased."""

        def keep(user: User) -> None:
            deletion.keep(user)
            self.log_change(request, user, "kept")

        rows = queryset.exclude(erase_at=None).order_by("id")
        count = on_each(self, request, rows, keep)
        if count:
            text = ngettext("%(count)d account is kept.", "%(count)d accounts are kept.", count)
            self.message_user(request, text % {"count": count}, messages.SUCCESS)
