"""Who may change accounts of staff in the admin, and what grants rights: only superusers.

Otherwise anyone who may change users could raise themselves: give their own account rights, put it
into a group, or set the password, address or second factor of a superuser and sign in as them.
"""

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from accounts.models import User
from artgen.admin.audited import AuditedAdmin
from artgen.refusals import Refusal


class StaffProtected(Refusal):
    """The account belongs to staff; nothing was changed."""

    code = "staff_protected"
    status = 403
    text = gettext_lazy("Only a superuser can change accounts of staff.")


def may_change(actor: User | AnonymousUser, owner: User) -> bool:
    """Return whether `actor` may change this account and what opens it.

    Staff without superuser status change their own account on the account page, which asks for
    the password.
    """
    return bool(actor.is_superuser or not (owner.is_staff or owner.is_superuser))


def check(actor: User | AnonymousUser, owner: User) -> None:
    if not may_change(actor, owner):
        raise StaffProtected


class StaffProtectedAdmin(AuditedAdmin):
    """The admin of users, or of what opens their accounts, such as tokens and second factors.

    `owner_field` names the user of a row; "" if the row is the user. Lists must not have editable
    columns, which Django does not check row by row.
    """

    owner_field = "user"

    def owner_of(self, row: Any) -> User:
        owner: User = getattr(row, self.owner_field) if self.owner_field else row
        return owner

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False also for rows of staff, unless a superuser asks."""
        return super().has_change_permission(request, obj) and (
            obj is None or may_change(request.user, self.owner_of(obj))
        )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False also for rows of staff, unless a superuser asks."""
        return super().has_delete_permission(request, obj) and (
            obj is None or may_change(request.user, self.owner_of(obj))
        )


class SuperuserAdmin(AuditedAdmin):
    """Rows that grant rights, such as groups: only superusers change them."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return _is_superuser(request)

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return _is_superuser(request)

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return _is_superuser(request)


def _is_superuser(request: HttpRequest) -> bool:
    return bool(request.user.is_active and getattr(request.user, "is_superuser", False))
