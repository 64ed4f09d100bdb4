"""The ledger."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.models import CreditEntry
from artgen.admin.read_only import ReadOnlyAdmin
from artgen.ids import parse_uuid


@admin.register(CreditEntry)
class CreditEntryAdmin(ReadOnlyAdmin):
    """The ledger, read-only."""

    menu_icon = "receipt_long"
    list_display = (
        "created_at",
        "user",
        "kind",
        "amount",
        "balance_after",
        "reference",
        "reason",
        "actor",
    )
    list_filter = ("kind", "created_at")
    list_select_related = ("user", "actor")
    search_fields = ("user__email", "reason")
    search_help_text = _("Email, reason or job ID")
    ordering = ("-created_at", "-id")
    show_full_result_count = False

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[CreditEntry], search_term: str
    ) -> tuple[QuerySet[CreditEntry], bool]:
        """Find entries by the id of their job, too."""
        if reference := parse_uuid(search_term.strip()):
            return queryset.filter(reference=reference), False
        return super().get_search_results(request, queryset, search_term)
