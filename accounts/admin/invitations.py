"""Invitations: invite people, send again, revoke."""

from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.access import invitations
from accounts.access.invitations import Invited
from accounts.access.request_user import user_of
from accounts.forms.invitations import InviteForm
from accounts.models import Invitation, InvitationState
from artgen.admin import columns
from artgen.admin.actions import on_each
from artgen.admin.pages import page
from artgen.admin.read_only import ReadOnlyAdmin
from artgen.refusals import Refusal

BADGES = {
    InvitationState.PENDING: "waiting",
    InvitationState.ACCEPTED: "published",
    InvitationState.EXPIRED: "",
    InvitationState.REVOKED: "refused",
}
"""The color of each state: that of a state of publications."""


class InvitationStateFilter(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, Any]]:
        return list(InvitationState.choices)

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Invitation]
    ) -> QuerySet[Invitation]:
        unused = Q(accepted_at=None, revoked_at=None)
        match self.value():
            case InvitationState.PENDING:
                return queryset.filter(unused, expires_at__gt=timezone.now())
            case InvitationState.EXPIRED:
                return queryset.filter(unused, expires_at__lte=timezone.now())
            case InvitationState.ACCEPTED:
                return queryset.filter(accepted_at__isnull=False)
            case InvitationState.REVOKED:
                return queryset.filter(revoked_at__isnull=False)
        return queryset


@admin.register(Invitation)
class InvitationAdmin(ReadOnlyAdmin):
    """Invitations, which are sent, sent again and revoked, but not edited."""

    menu_icon = "forward_to_inbox"
    list_display = ("email", "badge", "credits", "sent_at", "valid_until", "invited_by", "user")
    list_filter = (InvitationStateFilter, "sent_at")
    list_select_related = ("invited_by", "user")
    list_per_page = 50
    search_fields = ("email", "invited_by__email")
    search_help_text = _("Email of the invited person or of the inviter.")
    ordering = ("-created_at", "-id")
    show_full_result_count = False
    fields = (
        "email",
        "badge",
        "credits",
        "language",
        "invited_by",
        "created_at",
        "sent_at",
        "valid_until",
        "accepted_at",
        "revoked_at",
        "user",
    )
    readonly_fields = ("badge", "valid_until")
    actions = ("resend", "revoke")
    valid_until = columns.column("expires_at", _("valid until"), ordering="expires_at")

    @admin.display(description=_("state"))
    def badge(self, invitation: Invitation) -> SafeString:
        state = invitation.state
        return columns.badge(BADGES[state], state.label)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("accounts.add_invitation")

    def has_manage_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("accounts.change_invitation")

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Ask for addresses, credits and end, then send one email to each address."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = InviteForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                result = invitations.invite(actor=user_of(request), **form.cleaned_data)
            except Refusal as refusal:
                form.add_error(None, refusal.message)
            else:
                self._report(request, result)
                return HttpResponseRedirect(reverse("admin:accounts_invitation_changelist"))
        return page(
            self,
            request,
            "accounts/admin/form.html",
            title=gettext("Invite people"),
            form=form,
            button=gettext("Send invitations"),
        )

    def _report(self, request: HttpRequest, result: Invited) -> None:
        count = len(result.sent)
        if count:
            text = ngettext("%(count)d invitation sent.", "%(count)d invitations sent.", count)
            messages.success(request, text % {"count": count})
        if result.members:
            text = gettext("Not invited, because they have an account: %(emails)s")
            messages.warning(request, text % {"emails": ", ".join(result.members)})
        if result.pending:
            text = gettext("Not invited, because their invitation is still valid: %(emails)s")
            messages.warning(request, text % {"emails": ", ".join(result.pending)})

    @admin.action(description=_("Send again"), permissions=["manage"])
    def resend(self, request: HttpRequest, queryset: QuerySet[Invitation]) -> None:
        """Send the emails again; those that have expired are valid again."""
        resend = partial(invitations.resend, actor=user_of(request))
        on_each(self, request, queryset.order_by("id"), resend, done_text=_resent)

    @admin.action(description=_("Revoke"), permissions=["manage"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[Invitation]) -> None:
        revoke = partial(invitations.revoke, actor=user_of(request))
        on_each(self, request, queryset.order_by("id"), revoke, done_text=_revoked)


def _resent(count: int) -> str:
    return ngettext(
        "%(count)d invitation was sent again.", "%(count)d invitations were sent again.", count
    )


def _revoked(count: int) -> str:
    return ngettext("%(count)d invitation revoked.", "%(count)d invitations revoked.", count)
