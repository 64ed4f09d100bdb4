"""Review of images submitted to Explore: approve, or reject with a reason."""

from collections.abc import Iterator
from functools import partial
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.forms import ActionForm

from accounts.admin.large_tables import LargeTableAdmin
from accounts.models import User
from artgen.admin.actions import on_each
from artgen.admin.columns import badge
from artgen.admin.read_only import ReadOnlyInline
from artgen.web import formatting
from generation.admin.columns import shortened, thumbnail
from generation.admin.read_only import ReadOnlyModelAdmin
from generation.gallery.sharing import publications
from generation.models import Publication, PublicationState, Report
from generation.moderation.refusals import why

PROMPT_CUT = 140
REASON_MAX = 300


class QueueFilter(admin.SimpleListFilter):
    title = _("queue")
    parameter_name = "queue"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, Any]]:
        states = PublicationState.PUBLISHED, PublicationState.REFUSED, PublicationState.WITHDRAWN
        return [*((state.value, state.label) for state in states), ("all", _("All"))]

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        first, *others = super().choices(changelist)
        yield {**first, "display": _("To review")}
        yield from others

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Apply the filter; published images with open reports are to be reviewed, too."""
        if self.value() == "all":
            return queryset
        if self.value():
            return queryset.filter(state=self.value())
        return queryset.filter(pk__in=Publication.objects.undecided(), image__trashed_at=None)


class PublicationDecisionForm(ActionForm):
    reason = forms.CharField(
        label=_("Reason (visible to the owner):"), max_length=REASON_MAX, required=False
    )


class ReportInline(ReadOnlyInline):
    model = Report
    fields = readonly_fields = ("kind", "words", "created_at", "settled_at")


@admin.register(Publication)
class PublicationAdmin(LargeTableAdmin, ReadOnlyModelAdmin):
    class Media:
        """The styles; images are blurred until somebody looks at them."""

        css = {"all": ["generation/admin.css", "generation/moderation.css"]}

    menu_section = "review"
    menu_icon = "rate_review"
    change_list_template = "admin/generation/promptreview/change_list.html"
    list_display = (
        "thumbnail",
        "prompt",
        "owner",
        "badge",
        "shows",
        "submitted_at",
        "reported",
        "decision",
    )
    list_display_links = ("prompt",)
    list_filter = (QueueFilter,)
    list_select_related = ("image__job", "image__user", "decided_by")
    search_fields = ("image__job__prompt", "reason")
    search_help_text = _("Email, prompt or reason")
    user_lookup = "image__user"
    ordering = ("id",)
    action_form = PublicationDecisionForm
    actions = ("publish", "refuse")
    inlines = (ReportInline,)
    fields = (
        "thumbnail",
        "prompt",
        "owner",
        "badge",
        "rule_matches",
        "shows",
        "submitted_at",
        "decision",
        "earlier",
    )
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Publication]:
        """Annotate the number of open reports, each counted for the rows of the page only."""
        rows: QuerySet[Publication] = super().get_queryset(request)
        reports = Report.objects.filter(publication=OuterRef("pk"), settled_at=None).order_by()
        counts = reports.values("publication").annotate(number=Count("id")).values("number")
        counted: QuerySet[Publication] = rows.annotate(open_reports=Subquery(counts))
        return counted

    def has_review_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("generation.change_publication")

    @admin.action(description=_("Approve: show in Explore"), permissions=["review"])
    def publish(self, request: HttpRequest, queryset: QuerySet[Publication]) -> None:
        def done(count: int) -> str:
            return ngettext(
                "%(count)d image is now in Explore.", "%(count)d images are now in Explore.", count
            )

        publish = partial(publications.publish, by=cast(User, request.user))
        on_each(self, request, _in_order(queryset), publish, logged="approved", done_text=done)

    @admin.action(description=_("Reject or remove from Explore"), permissions=["review"])
    def refuse(self, request: HttpRequest, queryset: QuerySet[Publication]) -> None:
        reason = request.POST.get("reason", "").strip()[:REASON_MAX]
        if not reason:
            self.message_user(
                request, gettext("Enter a reason. The owner will see it."), messages.ERROR
            )
            return

        def done(count: int) -> str:
            return ngettext("%(count)d image rejected.", "%(count)d images rejected.", count)

        refuse = partial(publications.refuse, by=cast(User, request.user), reason=reason)
        text = f"refused: {reason}"
        on_each(self, request, _in_order(queryset), refuse, logged=text, done_text=done)

    @admin.display(description=_("image"))
    def thumbnail(self, publication: Publication) -> SafeString:
        return thumbnail(publication.image)

    @admin.display(description=_("prompt"))
    def prompt(self, publication: Publication) -> str:
        return shortened(publication.image.prompt, PROMPT_CUT)

    @admin.display(description=_("user"))
    def owner(self, publication: Publication) -> SafeString:
        user = publication.image.user
        return format_html(
            '<a href="{}">{}</a>', reverse("admin:accounts_user_change", args=[user.pk]), user.email
        )

    @admin.display(description=_("state"))
    def badge(self, publication: Publication) -> SafeString:
        return badge(publication.state, publication.get_state_display())

    @admin.display(description=_("rules"))
    def rule_matches(self, publication: Publication) -> str:
        return why(publication.matches or ())

    @admin.display(description=_("visible details"))
    def shows(self, publication: Publication) -> str:
        parameters = gettext("parameters") if publication.with_parameters else ""
        name = publication.image.user.name if publication.with_name else ""
        return ", ".join(filter(None, (parameters, name))) or gettext("image only")

    @admin.display(description=_("submitted"))
    def submitted_at(self, publication: Publication) -> str:
        return formatting.moment(timezone.localtime(publication.asked_at))

    @admin.display(description=_("reports"))
    def reported(self, publication: Publication) -> str:
        count = getattr(publication, "open_reports", None)
        return str(count) if count else ""

    @admin.display(description=_("decision"))
    def decision(self, publication: Publication) -> str:
        if not publication.decided_at:
            return ""
        by = _decider(publication)
        decided = f"{formatting.moment(timezone.localtime(publication.decided_at))}, {by}"
        return f"{decided}: {publication.reason}" if publication.reason else decided

    @admin.display(description=_("earlier"))
    def earlier(self, publication: Publication) -> SafeString:
        others = publication.image.publications.exclude(id=publication.id).select_related(
            "decided_by"
        )
        lines = [
            f"{publication_before.get_state_display()} {self.decision(publication_before)}"
            for publication_before in others.order_by("-asked_at", "-id")[:20]
        ]
        return format_html("{}", "\n".join(lines))


def _in_order(rows: QuerySet[Publication]) -> QuerySet[Publication]:
    return rows.select_related("image").order_by("asked_at", "id")


def _decider(publication: Publication) -> str:
    if publication.decided_by:
        return publication.decided_by.email
    is_refused = publication.state == PublicationState.REFUSED
    return gettext("a rule") if is_refused else gettext("trusted author")
