"""The devices on which users are signed in."""

from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.access import staff_rights
from accounts.access.staff_rights import StaffProtectedAdmin
from accounts.admin import site  # noqa: F401 it unregisters allauth's admin of this model
from accounts.admin.large_tables import LargeTableAdmin
from accounts.sessions import browser_names, sessions
from artgen.admin import audit, columns
from artgen.admin.actions import on_each
from artgen.admin.read_only import ReadOnlyAdmin

# allauth gives this model no name, and Django translates none that it makes itself.
UserSession._meta.verbose_name = _("device")
UserSession._meta.verbose_name_plural = _("devices")


@admin.register(UserSession)
class SessionAdmin(LargeTableAdmin, ReadOnlyAdmin, StaffProtectedAdmin):
    """Sessions that are still valid, which can be ended."""

    menu_section = "people"
    menu_icon = "devices"
    list_display = ("person", "device", "address", "since")
    list_display_links = None
    list_select_related = ("user",)
    search_fields = ("=ip",)
    search_help_text = _("Email or IP address.")
    ordering = ("-id",)  # chronological
    fields = ("person", "device", "address", "since")
    readonly_fields = ("person", "device", "address", "since")
    actions = ("end",)
    # allauth's fields have no names, and Django translates none that it makes itself.
    person = columns.column("user", _("user"))
    address = columns.column("ip", _("IP address"))
    since = columns.column("created_at", _("signed in"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[UserSession]:
        return sessions.still_valid(super().get_queryset(request))

    @admin.display(description=_("device"))
    def device(self, session: UserSession) -> str:
        return browser_names.describe(session.user_agent) or session.user_agent[:60]

    def has_end_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("usersessions.delete_usersession")

    @admin.action(description=_("Sign out the selected devices"), permissions=["end"])
    def end(self, request: HttpRequest, queryset: QuerySet[UserSession]) -> None:
        def end(session: UserSession) -> None:
            staff_rights.check(request.user, session.user)
            if sessions.end(user=session.user, session_id=session.pk):
                text = f"signed out on one device: {self.device(session)}, {session.ip}"
                audit.record(actor=request.user, row=session.user, text=text)

        on_each(self, request, queryset.select_related("user").order_by("pk"), end, done_text=_done)


def _done(count: int) -> str:
    return ngettext("%(count)s device was signed out.", "%(count)s devices were signed out.", count)
