"""Pictures that are to be public: staff look, approve or refuse with a reason, and see who decided what."""

from collections.abc import Callable, Iterator
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.contrib.admin.views.main import ChangeList
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from artgen import formatting
from artgen.admin_actions import on_each
from generation.admin.reading import Media, ReadOnlyAdmin, ReadOnlyInline, thumbnail
from generation.gallery import sharing
from generation.models import TO_REVIEW, BlockedWord, Publication, PublicationState, Report

PROMPT_CUT = 140
REASON_MAX = 300


class QueueFilter(admin.SimpleListFilter):
    """Show what waits for staff, unless something else is asked for."""

    title = _("queue")
    parameter_name = "queue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Offer the states that have ended, and all."""
        states = PublicationState.PUBLISHED, PublicationState.REFUSED, PublicationState.WITHDRAWN
        return [*((state.value, state.label) for state in states), ("all", _("All"))]

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        """Call the first choice by what it shows."""
        first, *others = super().choices(changelist)
        yield {**first, "display": _("To review")}
        yield from others

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep what is asked for; what is reported while published is to be reviewed too."""
        if self.value() == "all":
            return queryset
        if self.value():
            return queryset.filter(state=self.value())
        kept = queryset.filter(image__trashed_at__isnull=True)
        return kept.filter(
            Q(state__in=TO_REVIEW) | Q(open_reports__gt=0, state=PublicationState.PUBLISHED)
        )


class DecisionForm(ActionForm):
    """The list's actions with the reason that owners read."""

    reason = forms.CharField(
        label=_("Reason for the owner:"), max_length=REASON_MAX, required=False
    )


class ReportInline(ReadOnlyInline):
    """What visitors say of one picture."""

    model = Report
    fields = readonly_fields = ("kind", "words", "created_at", "settled_at")


@admin.register(Publication)
class PublicationAdmin(ReadOnlyAdmin):
    """Look, approve, refuse."""

    change_form_template = "admin/generation/publication/change_form.html"
    list_display = ("picture", "prompt", "owner", "badge", "shows", "asked", "reported", "decision")
    list_display_links = ("prompt",)
    list_filter = (QueueFilter,)
    list_per_page = 50
    list_select_related = ("image__job", "image__user", "decided_by")
    search_fields = ("image__user__email", "image__job__prompt", "reason")
    ordering = ("asked_at", "id")
    action_form = DecisionForm
    actions = ("publish", "refuse")
    inlines = (ReportInline,)
    fields = ("picture", "prompt", "owner", "badge", "shows", "asked", "decision", "earlier")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Publication]:
        """Count the reports that nobody has looked at."""
        rows: QuerySet[Publication] = super().get_queryset(request)
        counted: QuerySet[Publication] = rows.annotate(
            open_reports=Count("reports", filter=Q(reports__settled_at__isnull=True))
        )
        return counted

    def has_review_permission(self, request: HttpRequest) -> bool:
        """Tell whether the person may decide."""
        return request.user.has_perm("generation.change_publication")

    @admin.action(description=_("Approve: show on Explore"), permissions=["review"])
    def publish(self, request: HttpRequest, queryset: QuerySet[Publication]) -> HttpResponse | None:
        """Show the pictures on /explore/; of those there already, the reports are settled."""

        def one(publication: Publication, by: User) -> str:
            sharing.publish(publication, by=by)
            return "approved"

        count = self._each(request, queryset, one)
        told = ngettext(
            "%(count)d picture is on Explore.", "%(count)d pictures are on Explore.", count
        )
        return self._on(request, told % {"count": count} if count else "")

    @admin.action(description=_("Refuse, or take away from Explore"), permissions=["review"])
    def refuse(self, request: HttpRequest, queryset: QuerySet[Publication]) -> HttpResponse | None:
        """Keep the pictures from /explore/; the owner reads the reason."""
        reason = request.POST.get("reason", "").strip()[:REASON_MAX]
        if not reason:
            self.message_user(
                request, gettext("Write the reason: the owner reads it."), messages.ERROR
            )
            return self._on(request, "", stay=True)

        def one(publication: Publication, by: User) -> str:
            sharing.refuse(publication, by=by, reason=reason)
            return f"refused: {reason}"

        count = self._each(request, queryset, one)
        told = ngettext(
            "%(count)d picture is not shown.", "%(count)d pictures are not shown.", count
        )
        return self._on(request, told % {"count": count} if count else "")

    def _each(
        self,
        request: HttpRequest,
        queryset: QuerySet[Publication],
        decide: Callable[[Publication, User], str],
    ) -> int:
        def one(publication: Publication) -> None:
            said = decide(publication, cast(User, request.user))
            self.log_change(request, publication, said)

        rows = queryset.select_related("image").order_by("asked_at", "id")
        return on_each(self, request, rows, one)

    def _on(self, request: HttpRequest, told: str, *, stay: bool = False) -> HttpResponse | None:
        """Go on from a page to the next one in the queue; stay in the list where the list was used."""
        if told:
            self.message_user(request, told, messages.SUCCESS)
        if "from_page" not in request.POST:
            return None
        page = "admin:generation_publication_change"
        if stay:
            return HttpResponseRedirect(reverse(page, args=[request.POST.get("_selected_action")]))
        waiting = Publication.objects.filter(state__in=TO_REVIEW, image__trashed_at__isnull=True)
        following = waiting.order_by("asked_at", "id").values_list("id", flat=True).first()
        return HttpResponseRedirect(
            reverse(page, args=[following])
            if following
            else reverse("admin:generation_publication_changelist")
        )

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show one picture large, with the two decisions beside it."""
        more = {"may_review": self.has_review_permission(request), "reason_max": REASON_MAX}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **more})

    @admin.display(description=_("picture"))
    def picture(self, publication: Publication) -> SafeString:
        """Return the thumbnail."""
        return thumbnail(publication.image)

    @admin.display(description=_("prompt"))
    def prompt(self, publication: Publication) -> str:
        """Return what it was made from, cut."""
        prompt = publication.image.job.prompt
        return prompt if len(prompt) <= PROMPT_CUT else f"{prompt[:PROMPT_CUT]}…"

    @admin.display(description=_("user"))
    def owner(self, publication: Publication) -> SafeString:
        """Return whose it is, as a link."""
        user = publication.image.user
        return format_html(
            '<a href="{}">{}</a>', reverse("admin:accounts_user_change", args=[user.pk]), user.email
        )

    @admin.display(description=_("state"), ordering="state")
    def badge(self, publication: Publication) -> SafeString:
        """Return the state in color and words."""
        return format_html(
            '<span class="badge" data-status="{}">{}</span>',
            publication.state,
            publication.get_state_display(),
        )

    @admin.display(description=_("shows"))
    def shows(self, publication: Publication) -> str:
        """Return what strangers learn beside the picture."""
        told = [
            *([gettext("parameters")] if publication.with_parameters else []),
            *(
                [publication.image.user.name]
                if publication.with_name and publication.image.user.name
                else []
            ),
        ]
        return ", ".join(told) or gettext("the picture alone")

    @admin.display(description=_("asked for"), ordering="asked_at")
    def asked(self, publication: Publication) -> str:
        """Return since when it waits."""
        return formatting.moment(timezone.localtime(publication.asked_at))

    @admin.display(description=_("reports"))
    def reported(self, publication: Publication) -> str:
        """Return how many visitors' reports nobody has looked at."""
        count = getattr(publication, "open_reports", 0)
        return str(count) if count else ""

    @admin.display(description=_("decision"))
    def decision(self, publication: Publication) -> str:
        """Return who decided, when and why."""
        if not publication.decided_at:
            return ""
        by = publication.decided_by.email if publication.decided_by else gettext("a rule")
        told = f"{formatting.moment(timezone.localtime(publication.decided_at))}, {by}"
        return f"{told}: {publication.reason}" if publication.reason else told

    @admin.display(description=_("earlier"))
    def earlier(self, publication: Publication) -> SafeString:
        """Return what became of earlier wishes for the same picture."""
        others = publication.image.publications.exclude(id=publication.id).select_related(
            "decided_by"
        )
        lines = [
            f"{one.get_state_display()} {self.decision(one)}"
            for one in others.order_by("-asked_at", "-id")[:20]
        ]
        return format_html("{}", "\n".join(lines))


@admin.register(BlockedWord)
class BlockedWordAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Words that keep a picture from Explore before people look."""

    Media = Media
    list_display = ("word",)
    search_fields = ("word",)
    list_per_page = 200
