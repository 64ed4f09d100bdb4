"""The ledger."""

from django.contrib import admin
from django.db.models import Case, F, Q, QuerySet, Value, When
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from accounts.admin.large_tables import LargeTableAdmin
from accounts.models import CreditEntry
from artgen.admin.columns import column
from artgen.admin.periods import PeriodFilter
from artgen.admin.read_only import ReadOnlyAdmin
from artgen.database.ids import parse_uuid

ENDS = (CreditEntry.Kind.SETTLE, CreditEntry.Kind.RELEASE)
OF_JOBS = (CreditEntry.Kind.HOLD, *ENDS)


@admin.register(CreditEntry)
class CreditEntryAdmin(LargeTableAdmin, ReadOnlyAdmin):
    menu_icon = "receipt_long"
    list_display = (
        "created_at",
        "user",
        "kind",
        "amount",
        "balance_after",
        "job",
        "shown_reason",
        "actor",
    )
    exclude = ("reason",)
    readonly_fields = ("shown_reason",)
    list_filter = (PeriodFilter, "kind")
    list_select_related = ("user", "actor")
    search_fields = ("shown_reason",)
    search_help_text = _("Email, reason or job ID")
    ordering = ("-id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[CreditEntry]:
        """Annotate the reason; that of a job is its prompt, which needs the right to view jobs."""
        hidden = () if request.user.has_perm("generation.view_job") else OF_JOBS
        entries: QuerySet[CreditEntry] = super().get_queryset(request)
        of_job = When(kind__in=hidden, then=Value(""))
        return entries.annotate(shown_reason=Case(of_job, default=F("reason")))

    shown_reason = column("shown_reason", _("reason"))

    @admin.display(description=_("job"))
    def job(self, entry: CreditEntry) -> SafeString | str:
        """Return a link to the job, "" for an entry about none."""
        if entry.reference is None or entry.kind not in OF_JOBS:
            return ""
        text = format_html('<code title="{}">…{}</code>', entry.reference, entry.reference.hex[-8:])
        url = reverse("admin:generation_job_change", args=[entry.reference])
        return format_html('<a href="{}">{}</a>', url, text)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[CreditEntry], search_term: str
    ) -> tuple[QuerySet[CreditEntry], bool]:
        if reference := parse_uuid(search_term.strip()):
            # Two conditions, because each kind has an index of its own.
            held = Q(kind=CreditEntry.Kind.HOLD, reference=reference)
            ended = Q(kind__in=ENDS, reference=reference)
            return queryset.filter(held | ended), False
        return super().get_search_results(request, queryset, search_term)
