"""Prompt reviews, the moderators' queue with its keys, and trusted authors."""

from collections.abc import Sequence
from functools import partial
from typing import Any, cast
from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import ForeignKey, QuerySet
from django.forms import ModelChoiceField
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.admin.large_tables import LargeTableAdmin
from accounts.models import User
from artgen.admin.actions import on_each
from artgen.admin.audited import AuditedAdmin
from artgen.admin.columns import badge
from artgen.admin.pages import page
from artgen.database.ids import parse_uuid
from artgen.refusals import Refusal
from artgen.web.shortcuts import BINDINGS
from generation.admin.columns import shortened
from generation.admin.moderation import review_queue
from generation.admin.moderation.review_queue import COUNT_MAX, ReviewPosition
from generation.admin.read_only import Media, ReadOnlyModelAdmin
from generation.jobs.placing import reviewed_orders
from generation.models import Category, PromptReview, Report, TrustedAuthor
from generation.models.moderation import MAX_REASON_LENGTH
from generation.moderation.refusals import why

PROMPT_CUT = 160


@admin.register(PromptReview)
class PromptReviewAdmin(LargeTableAdmin, ReadOnlyModelAdmin):
    """Requests that rules stopped or flagged, and the queue."""

    menu_section = "review"
    menu_icon = "checklist"
    change_list_template = "admin/generation/promptreview/change_list.html"
    list_display = ("prompt_cut", "user", "badge", "rule_matches", "created_at", "decision")
    list_display_links = ("prompt_cut",)
    list_filter = ("state", "created_at")
    list_select_related = ("user", "decided_by")
    search_fields = ("prompt",)
    search_help_text = _("Email or prompt")
    ordering = ("-id",)
    actions = ("approve",)
    fields = (
        "prompt",
        "user",
        "badge",
        "rule_matches",
        "created_at",
        "appealed_at",
        "decision",
        "not_placed",
        "placed_jobs",
    )
    readonly_fields = ("badge", "rule_matches", "decision", "not_placed", "placed_jobs")

    def has_review_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("generation.change_promptreview")

    @admin.action(description=_("Approve: create the images"), permissions=["review"])
    def approve(self, request: HttpRequest, queryset: QuerySet[PromptReview]) -> None:
        """Approve requests, also rejected ones."""
        approve = partial(reviewed_orders.approve, by=cast(User, request.user))
        rows = queryset.select_related("user").order_by("created_at", "id")
        on_each(self, request, rows, approve, logged="approved", done_text=_approved)

    @admin.display(description=_("prompt"))
    def prompt_cut(self, review: PromptReview) -> str:
        return shortened(review.prompt, PROMPT_CUT)

    @admin.display(description=_("state"))
    def badge(self, review: PromptReview) -> SafeString:
        return badge(review.state, review.get_state_display())

    @admin.display(description=_("rules"))
    def rule_matches(self, review: PromptReview) -> str:
        return why(review.matches)

    @admin.display(description=_("decision"))
    def decision(self, review: PromptReview) -> str:
        by = review.decided_by.email if review.decided_by else ""
        return ": ".join(filter(None, (by, review.reason)))

    @admin.display(description=_("why no job was created"))
    def not_placed(self, review: PromptReview) -> str:
        """Return why the approved request could not be placed, in the author's language."""
        return review.obstacle

    @admin.display(description=_("jobs"))
    def placed_jobs(self, review: PromptReview) -> SafeString | str:
        if review.placed is None:
            return ""
        url = f"{reverse('admin:generation_job_changelist')}?q={review.placed}"
        return format_html('<a href="{}">{}</a>', url, gettext("Show jobs"))

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.queue)
        own = path("queue/", view, name="generation_promptreview_queue")
        urls: list[URLPattern] = [own, *super().get_urls()]
        return urls

    def queue(self, request: HttpRequest) -> HttpResponse:
        """Show the next thing to decide; POST decides about the one shown and shows the next."""
        queues = review_queue.queues_of(request.user)
        if not queues:
            raise PermissionDenied
        show = request.GET.get("show", "")
        show = show if show in {queue.name for queue in queues} else ""
        if request.method == "POST":
            return self._decide(request, queues, show)
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
        after = ReviewPosition.parsed(request.GET.get("after", ""))
        item = review_queue.next_item(queues, show=show, after=after)
        context = {
            "title": gettext("Review queue"),
            "show": show,
            "tabs": [
                {"name": queue.name, "title": queue.title, "count": _count(queue.count())}
                for queue in queues
            ],
            "reason_max": MAX_REASON_LENGTH,
            "reasons": [*Category.labels, *Report.Kind.labels],
            "keys": {
                name: BINDINGS[f"review_{name}"][0].upper()
                for name in ("approve", "next", "reject", "reveal", "trust")
            },
            "may_trust": request.user.has_perm("generation.add_trustedauthor"),
        }
        if item:
            context |= review_queue.shown(item)
            context["next"] = _address(show=show, after=item.position)
        return page(self, request, "admin/generation/promptreview/queue.html", **context)

    def _decide(
        self, request: HttpRequest, queues: list[review_queue.ReviewQueue], show: str
    ) -> HttpResponse:
        posted = request.POST
        item = review_queue.find(queues, name=posted.get("queue", ""), row_id=posted.get("id", ""))
        decision = posted.get("decision", "")
        if item is None or decision not in ("approve", "trust", "reject"):
            return HttpResponseRedirect(_address(show=show))
        if decision == "trust" and not request.user.has_perm("generation.add_trustedauthor"):
            raise PermissionDenied
        reason = posted.get("reason", "").replace("\0", "").strip()[:MAX_REASON_LENGTH]
        try:
            with transaction.atomic():
                done = review_queue.decide(
                    item, decision=decision, reason=reason, by=cast(User, request.user)
                )
                self.log_change(request, item.row, done)
        except review_queue.ReasonMissing as refusal:
            messages.error(request, refusal.message)
            return HttpResponseRedirect(_address(show=show, after=_before(item.position)))
        except Refusal as refusal:
            messages.warning(request, refusal.message)
        else:
            messages.success(request, gettext("Saved."))
        return HttpResponseRedirect(_address(show=show, after=item.position))


class UserSelect(AutocompleteSelect):
    """A select for a user. Django's raises an error for an invalid id; this one is empty then."""

    def optgroups(
        self, name: str, value: Sequence[str], attrs: dict[str, Any] | None = None
    ) -> Any:
        return super().optgroups(name, [key for key in value if parse_uuid(str(key))], attrs)


@admin.register(TrustedAuthor)
class TrustedAuthorAdmin(AuditedAdmin):
    Media = Media
    menu_section = "review"
    menu_icon = "verified_user"
    list_display = ("user", "since", "trusted_by")
    list_select_related = ("user", "trusted_by")
    search_fields = ("user__email",)
    autocomplete_fields = ("user",)
    fields = ("user", "since", "trusted_by")
    readonly_fields = ("since", "trusted_by")

    def formfield_for_foreignkey(
        self, db_field: "ForeignKey[Any, Any]", request: HttpRequest, **options: Any
    ) -> "ModelChoiceField[Any] | None":
        if db_field.name == "user":
            options["widget"] = UserSelect(db_field, self.admin_site)
        field: ModelChoiceField[Any] | None = super().formfield_for_foreignkey(
            db_field, request, **options
        )
        return field

    def has_change_permission(self, request: HttpRequest, obj: TrustedAuthor | None = None) -> bool:
        """Return False: trust is given or withdrawn."""
        return False

    def save_model(
        self, request: HttpRequest, obj: TrustedAuthor, form: forms.BaseForm, change: bool
    ) -> None:
        obj.trusted_by = cast(User, request.user)
        super().save_model(request, obj, form, change)


def _approved(count: int) -> str:
    return ngettext("%(count)d request approved.", "%(count)d requests approved.", count)


def _count(count: int) -> str:
    return f"{COUNT_MAX}+" if count >= COUNT_MAX else str(count)


def _before(position: ReviewPosition) -> ReviewPosition:
    """Return the position just before one, so that the same item is shown again."""
    return ReviewPosition(position.at, type(position.id)(int=max(0, position.id.int - 1)))


def _address(*, show: str, after: ReviewPosition | None = None) -> str:
    query = {"show": show, "after": str(after) if after else ""}
    parameters = urlencode({name: value for name, value in query.items() if value})
    path = reverse("admin:generation_promptreview_queue")
    return f"{path}?{parameters}" if parameters else path
