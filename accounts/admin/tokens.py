"""API tokens, which staff can revoke."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.access import staff_rights
from accounts.access.staff_rights import StaffProtectedAdmin
from accounts.emails import security_notices
from accounts.emails.security_notices import Change
from accounts.models import ApiToken
from accounts.sessions import socket_access
from artgen.admin import columns
from artgen.admin.actions import on_each
from artgen.admin.read_only import ReadOnlyAdmin


@admin.register(ApiToken)
class ApiTokenAdmin(ReadOnlyAdmin, StaffProtectedAdmin):
    menu_icon = "key"
    list_display = (
        "name",
        "user",
        "prefix",
        "scopes",
        "credit_limit",
        "created_at",
        "valid_until",
        "last_used_at",
        "revoked_at",
    )
    list_filter = (("revoked_at", admin.EmptyFieldListFilter), "created_at", "last_used_at")
    link_lookups = ("user__id__exact",)
    list_select_related = ("user",)
    search_fields = ("name", "user__email", "prefix")
    ordering = ("-created_at", "-id")
    fields = (
        "name",
        "user",
        "prefix",
        "scopes",
        "credit_limit",
        "credits_spent",
        "created_at",
        "valid_until",
        "last_used_at",
        "last_used_by",
        "revoked_at",
    )
    readonly_fields = ("valid_until",)
    actions = ("revoke",)
    valid_until = columns.column("expires_at", _("valid until"), ordering="expires_at")

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("accounts.change_apitoken")

    @admin.action(description=_("Revoke the selected tokens"), permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        def revoke(token: ApiToken) -> None:
            staff_rights.check(request.user, token.user)
            active = ApiToken.objects.filter(pk=token.pk, revoked_at=None)
            if active.update(revoked_at=timezone.now()):
                self.log_change(request, token, "revoked")
                socket_access.close_all(token.user_id)
                security_notices.send(Change.TOKEN_REVOKED, user=token.user, name=token.name)

        rows = queryset.filter(revoked_at=None).select_related("user").order_by("id")
        on_each(self, request, rows, revoke, done_text=_revoked)


def _revoked(count: int) -> str:
    return ngettext("%(count)s token was revoked.", "%(count)s tokens were revoked.", count)
