"""Requests for credits: the queue, the page that decides one, and what the users' page says."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.access.request_user import SignedInRequest
from accounts.credits import credit_requests
from accounts.forms.credit_requests import CreditDecisionForm
from accounts.models import CreditEntry, CreditPage, CreditRequest, CreditRequestState, User
from artgen.admin import columns
from artgen.admin.attention import Action, Item, Urgency, source
from artgen.admin.audited import AuditedAdmin
from artgen.admin.pages import page
from artgen.admin.read_only import ReadOnlyAdmin
from artgen.database.ids import parse_uuid
from artgen.refusals import Refusal
from artgen.web import formatting

BADGES = {
    CreditRequestState.OPEN: "waiting",
    CreditRequestState.GRANTED: "published",
    CreditRequestState.DECLINED: "refused",
    CreditRequestState.WITHDRAWN: "",
}
NOTE_SHOWN = 120
SHOWN_AT_START = 5
MAX_COUNTED = 100
EARLIER = 5  # requests of the same user on the page of a request
SPENT_DAYS = 30


@admin.register(CreditRequest)
class CreditRequestAdmin(ReadOnlyAdmin):
    """Requests for credits, which are granted or declined, but not edited."""

    menu_icon = "volunteer_activism"
    list_display = ("created_at", "user", "badge", "beginning", "amount", "decided_by", "decide")
    list_display_links = ("created_at",)
    list_filter = ("state", "created_at")
    list_select_related = ("user", "decided_by")
    list_per_page = 50
    search_fields = ("user__email", "note", "answer")
    search_help_text = _("Email, note or answer")
    ordering = ("-created_at", "-id")
    show_full_result_count = False
    fields = (
        *("user", "badge", "note", "created_at", "decided_at", "decided_by", "amount", "answer"),
        "decide",
    )
    readonly_fields = ("badge", "decide")

    @admin.display(description=_("state"))
    def badge(self, request: CreditRequest) -> SafeString:
        state = CreditRequestState(request.state)
        return columns.badge(BADGES[state], state.label)

    @admin.display(description=_("note"))
    def beginning(self, request: CreditRequest) -> str:
        note = request.note
        return note if len(note) <= NOTE_SHOWN else f"{note[:NOTE_SHOWN]}…"

    @admin.display(description=_("decision"))
    def decide(self, request: CreditRequest) -> SafeString | str:
        """Return the link to the page that decides an open request."""
        if request.state != CreditRequestState.OPEN:
            return ""
        url = reverse("admin:accounts_creditrequest_decide", args=[request.pk])
        return format_html('<a class="admin-button" href="{}">{}</a>', url, gettext("Decide"))

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(f"accounts.{credit_requests.RIGHT}")

    def get_urls(self) -> list[URLPattern]:
        return [
            path(
                "<path:object_id>/decide/",
                self.admin_site.admin_view(self.decide_view),
                name="accounts_creditrequest_decide",
            ),
            *super().get_urls(),
        ]

    def decide_view(self, request: SignedInRequest, object_id: str) -> HttpResponse:
        """Show a request and its user, then grant or decline."""
        if not self.has_decide_permission(request):
            raise PermissionDenied
        id = parse_uuid(object_id)
        row = CreditRequest.objects.select_related("user").filter(pk=id).first() if id else None
        if row is None:
            raise Http404
        form = CreditDecisionForm(request.POST or None)
        if request.method == "POST" and form.is_valid() and self._decide(request, row, form):
            return HttpResponseRedirect(self._next())
        return self._page(request, row, form)

    def _decide(
        self, request: SignedInRequest, row: CreditRequest, form: CreditDecisionForm
    ) -> bool:
        data = form.cleaned_data
        try:
            if data["decision"] == CreditDecisionForm.GRANT:
                credit_requests.grant(
                    row, amount=data["amount"], answer=data["answer"], actor=request.user
                )
                text = gettext("%(credits)s added to %(email)s.")
            else:
                credit_requests.decline(row, reason=data["answer"], actor=request.user)
                text = gettext("The request of %(email)s is declined.")
        except credit_requests.NotOpen as refusal:
            messages.warning(request, refusal.message)
            return True
        except Refusal as refusal:
            form.add_error("amount", refusal.message)
            return False
        credits = formatting.credits(row.amount or 0)
        messages.success(request, text % {"email": row.user.email, "credits": credits})
        return True

    def _next(self) -> str:
        """Return the address of the oldest open request, else of the list."""
        rows = CreditRequest.objects.filter(state=CreditRequestState.OPEN)
        id = rows.order_by("created_at", "id").values_list("pk", flat=True).first()
        if id is None:
            return reverse("admin:accounts_creditrequest_changelist")
        return reverse("admin:accounts_creditrequest_decide", args=[id])

    def _page(
        self, request: SignedInRequest, row: CreditRequest, form: CreditDecisionForm
    ) -> HttpResponse:
        since = timezone.now() - timedelta(days=SPENT_DAYS)
        others = CreditRequest.objects.filter(user=row.user).exclude(pk=row.pk)
        return page(
            self,
            request,
            "accounts/admin/credit_request.html",
            title=gettext("Request for credits"),
            original=row,
            row=row,
            is_open=row.state == CreditRequestState.OPEN,
            badge=self.badge(row),
            form=form,
            jobs=CreditEntry.objects.filter(
                user=row.user, kind=CreditEntry.Kind.SETTLE, created_at__gte=since
            ).count(),
            earlier=[
                (earlier, self.badge(earlier))
                for earlier in others.order_by("-created_at", "-id")[:EARLIER]
            ],
            may_see_user=request.user.has_perm("accounts.view_user"),
        )


@admin.register(CreditPage)
class CreditPageAdmin(AuditedAdmin):
    """What the page “How to get credits” says; its list redirects to the only row."""

    menu_icon = "help"
    fields = ("text_en", "text_ru", "takes_requests")

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        words = gettext(
            "An empty line begins a paragraph. Addresses and emails are links. Empty: the default "
            "text."
        )
        kwargs["help_texts"] = {"text_en": words, "text_ru": words}
        return super().get_form(request, *args, **kwargs)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: the only row is created on first use."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        page, _created = CreditPage.objects.get_or_create(pk=1)
        return HttpResponseRedirect(reverse("admin:accounts_creditpage_change", args=[page.pk]))


@source(f"accounts.{credit_requests.RIGHT}")
def open_requests(request: HttpRequest) -> Iterator[Item]:
    """Yield the open requests for credits, the oldest ones each with a link."""
    rows = CreditRequest.objects.filter(state=CreditRequestState.OPEN).select_related("user")
    oldest = list(rows.order_by("created_at", "id")[: MAX_COUNTED + 1])
    if not oldest:
        return
    title = ngettext(
        "%(count)s request for credits", "%(count)s requests for credits", len(oldest)
    ) % {"count": f"{MAX_COUNTED}+" if len(oldest) > MAX_COUNTED else len(oldest)}
    url = reverse("admin:accounts_creditrequest_changelist")
    yield Item(
        title=title,
        detail=gettext("The oldest for %(time)s.")
        % {"time": formatting.elapsed(oldest[0].created_at, until=timezone.now())},
        url=f"{url}?state__exact={CreditRequestState.OPEN}",
        urgency=Urgency.WAITING,
        rows=tuple(map(_item, oldest[:SHOWN_AT_START])),
    )


def _item(row: CreditRequest) -> Item:
    url = reverse("admin:accounts_creditrequest_decide", args=[row.pk])
    user: User = row.user
    return Item(
        title=user.email,
        detail=row.note[:NOTE_SHOWN],
        url=url,
        urgency=Urgency.WAITING,
        action=Action(gettext("Decide"), url),
    )
