"""Vouchers: create one or many, download their codes, revoke."""

import csv
from functools import partial
from typing import Any
from uuid import uuid4

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.access.request_user import user_of
from accounts.credits import vouchers
from accounts.forms.vouchers import VoucherForm
from accounts.models import Voucher, VoucherState, VoucherUse
from artgen.admin import audit, columns, submit_once
from artgen.admin.actions import on_each
from artgen.admin.pages import page
from artgen.admin.read_only import ReadOnlyAdmin
from artgen.web import formatting

BADGES = {
    VoucherState.VALID: "published",
    VoucherState.USED: "",
    VoucherState.EXPIRED: "",
    VoucherState.REVOKED: "refused",
}
USES_SHOWN = 50


class VoucherStateFilter(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, Any]]:
        return list(VoucherState.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Voucher]) -> QuerySet[Voucher]:
        state = self.value()
        if state is None or state not in VoucherState.values:
            return queryset
        return queryset.filter(vouchers.in_state(VoucherState(state)))


@admin.register(Voucher)
class VoucherAdmin(ReadOnlyAdmin):
    """Vouchers, which are created and revoked, but not edited."""

    menu_icon = "redeem"
    list_display = (
        *("shown_code", "badge", "amount", "used", "expires_at", "note"),
        *("created_at", "created_by"),
    )
    list_filter = (VoucherStateFilter, "created_at")
    list_select_related = ("created_by",)
    list_per_page = 50
    search_fields = ("code", "note", "created_by__email")
    columns_of_results = ("__str__", "badge", "note")
    search_help_text = _("Code, note, or email of who created it")
    ordering = ("-created_at", "-id")
    show_full_result_count = False
    fields = (
        *("shown_code", "badge", "amount", "used", "expires_at", "note"),
        *("created_at", "created_by", "revoked_at", "users"),
    )
    readonly_fields = ("shown_code", "badge", "used", "users")
    actions = ("download", "revoke")

    @admin.display(description=_("code"))
    def shown_code(self, voucher: Voucher) -> str:
        return vouchers.shown_code(voucher.code)

    @admin.display(description=_("state"))
    def badge(self, voucher: Voucher) -> SafeString:
        state = voucher.state
        return columns.badge(BADGES[state], state.label)

    @admin.display(description=_("uses"))
    def used(self, voucher: Voucher) -> str:
        """Return by how many of how many accounts it was redeemed."""
        return gettext("%(used)s of %(limit)s") % {
            "used": formatting.number(voucher.uses),
            "limit": formatting.number(voucher.max_uses),
        }

    @admin.display(description=_("used by"))
    def users(self, voucher: Voucher) -> str:
        """Return who used it last, and when."""
        uses = VoucherUse.objects.filter(voucher=voucher).select_related("user")
        latest = uses.order_by("-used_at", "-id")[:USES_SHOWN]
        return (
            ", ".join(f"{use.user.email} ({formatting.moment(use.used_at)})" for use in latest)
            or "—"
        )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("accounts.add_voucher")

    def get_list_display(self, request: HttpRequest) -> Any:
        return self._without_codes(request, self.list_display)

    def get_fields(self, request: HttpRequest, obj: Voucher | None = None) -> Any:
        return self._without_codes(request, self.fields)

    def get_search_fields(self, request: HttpRequest) -> Any:
        return self._without_codes(request, self.search_fields)

    def _without_codes(self, request: HttpRequest, names: tuple[str, ...]) -> tuple[str, ...]:
        """Leave the beginning of the codes to who may not create any: a code is money."""
        if self.has_add_permission(request):
            return names
        return tuple(
            "__str__" if name == "shown_code" else name for name in names if name != "code"
        )

    def has_manage_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("accounts.change_voucher")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Voucher], search_term: str
    ) -> tuple[QuerySet[Voucher], bool]:
        code = vouchers.fold_code(search_term)
        if len(code) == vouchers.CODE_LENGTH:
            return queryset.filter(code=code), False
        return super().get_search_results(request, queryset, search_term)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Ask for amount, uses and end, then create one or many."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = VoucherForm(request.POST or None, initial={"once": uuid4()})
        if request.method == "POST" and form.is_valid():
            once = form.cleaned_data["once"]
            with submit_once.first_time(f"vouchers:{once}") as is_first:
                if not is_first:
                    messages.info(request, gettext("These vouchers were already created."))
                    return HttpResponseRedirect(reverse("admin:accounts_voucher_changelist"))
                created = vouchers.create(
                    form.terms(), count=form.cleaned_data["count"], actor=user_of(request)
                )
            text = ngettext(
                "%(count)d voucher created.", "%(count)d vouchers created.", len(created)
            )
            messages.success(request, text % {"count": len(created)})
            if len(created) == 1:
                return HttpResponseRedirect(
                    reverse("admin:accounts_voucher_change", args=[created[0].pk])
                )
            return HttpResponseRedirect(reverse("admin:accounts_voucher_changelist"))
        return page(
            self,
            request,
            "accounts/admin/form.html",
            title=gettext("Create vouchers"),
            form=form,
            button=gettext("Create"),
            words=gettext(
                "Anyone with a code can redeem it on the account page. Codes are random and can’t "
                "be guessed."
            ),
        )

    @admin.action(description=_("Download codes (CSV)"), permissions=["add"])
    def download(self, request: HttpRequest, queryset: QuerySet[Voucher]) -> HttpResponse:
        """Return the codes of the selected vouchers; the log says who has them."""
        response = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = 'attachment; filename="artgen-vouchers.csv"'
        writer = csv.writer(response)
        writer.writerow(["code", "credits", "uses", "max_uses", "expires_at", "state"])
        chosen = list(queryset.order_by("created_at", "id"))
        if chosen:
            text = f"downloaded codes of vouchers: {len(chosen)}"
            audit.record(actor=user_of(request), row=chosen[0], text=text)
        for voucher in chosen:
            end = voucher.expires_at.isoformat(timespec="seconds") if voucher.expires_at else ""
            code = vouchers.shown_code(voucher.code)
            writer.writerow(
                [code, voucher.amount, voucher.uses, voucher.max_uses, end, voucher.state.value]
            )
        return response

    @admin.action(description=_("Revoke"), permissions=["manage"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[Voucher]) -> None:
        revoke = partial(vouchers.revoke, actor=user_of(request))
        on_each(self, request, queryset.order_by("id"), revoke, done_text=_revoked)


def _revoked(count: int) -> str:
    return ngettext("%(count)d voucher revoked.", "%(count)d vouchers revoked.", count)
