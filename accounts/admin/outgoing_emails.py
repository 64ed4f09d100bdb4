"""Admin of emails on their way out: why an email is not sent yet, or was given up.

Their texts are not shown: links in them sign in as the recipient.
"""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.emails import outbox
from accounts.models import OutgoingEmail
from artgen.admin.actions import on_each
from artgen.admin.read_only import ReadOnlyAdmin


class EmailStateFilter(admin.SimpleListFilter):
    title = _("State")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, Any]]:
        return [(state.value, state.label) for state in outbox.EmailState]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[OutgoingEmail]
    ) -> QuerySet[OutgoingEmail]:
        return outbox.in_state(queryset, self.value())


@admin.register(OutgoingEmail)
class OutgoingEmailAdmin(ReadOnlyAdmin):
    """Emails that are not sent yet, and those of the last days that were given up."""

    menu_icon = "mail"
    list_display = ("subject", "recipient", "state", "attempts", "due_at", "created_at", "error")
    list_filter = (EmailStateFilter, "created_at")
    search_fields = ("recipient", "subject", "last_error")
    ordering = ("-created_at", "-id")
    fields = (
        *("subject", "recipient", "state", "attempts", "due_at", "created_at"),
        "last_error",
    )
    readonly_fields = ("state",)
    show_full_result_count = False
    actions = ("send_now",)

    @admin.display(description=_("state"))
    def state(self, email: OutgoingEmail) -> str:
        return str(outbox.state_of(email).label)

    @admin.display(description=_("last error"), ordering="last_error", empty_value="—")
    def error(self, email: OutgoingEmail) -> str | None:
        return email.last_error[:120] or None

    def has_send_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("accounts.change_outgoingemail")

    @admin.action(description=_("Try to send the selected emails now"), permissions=["send"])
    def send_now(self, request: HttpRequest, queryset: QuerySet[OutgoingEmail]) -> None:
        """Make them due, unless a worker is sending them or they were given up."""

        def send(email: OutgoingEmail) -> None:
            outbox.send_now(email)
            self.log_change(request, email, "sent again")

        on_each(self, request, queryset.order_by("id"), send, done_text=_due)


def _due(count: int) -> str:
    return ngettext(
        "%(count)d email is sent within a minute.", "%(count)d emails are sent within a minute.",
        count,
    )  # fmt: skip
