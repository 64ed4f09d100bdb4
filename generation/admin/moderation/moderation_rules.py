"""Moderation rules: the words, phrases and regular expressions that staff edit, tried out first."""

import time
from collections.abc import Sequence
from typing import Any, cast

import regex
from django import forms
from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from artgen.admin import audit
from artgen.admin.audited import AuditedAdmin
from artgen.admin.columns import column
from artgen.admin.pages import page
from generation.admin.image_models import request_preview
from generation.models import Job, ModerationRule, RuleKind
from generation.moderation import regex_size, rule_matching
from generation.moderation.rule_matching import MAX_REGEX_LENGTH, Matcher

RECENT_PROMPTS = 2000
SHOWN_PROMPTS = 20
MAX_OWN_TEXT = 2000
TRY_SECONDS = 3.0
STRESS = ("a" * 2000, "a " * 1000, "ab" * 1000, "1" * 2000, " " * 2000, "я" * 2000, "а-" * 1000)
"""Texts on which patterns with nested repetitions take exponential time."""


class ModerationRuleForm(forms.ModelForm):  # type: ignore[type-arg]
    """The form of one rule; a regular expression must be valid, match something, and be fast."""

    class Meta:
        model = ModerationRule
        fields = (
            "kind",
            "pattern",
            "inflections",
            "category",
            "action",
            "at_placing",
            "at_publishing",
            "enabled",
            "note",
        )

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        pattern = "\n".join(line.strip() for line in values.get("pattern", "").splitlines())
        if values.get("kind") == RuleKind.REGEX:
            if problem := problem_of(values.get("pattern", "")):
                self.add_error("pattern", problem)
        elif pattern and not any(character.isalnum() for character in pattern):
            self.add_error("pattern", gettext("Enter at least one word."))
        else:
            values["pattern"] = pattern
        return values


def problem_of(pattern: str) -> str:
    """Return why a regular expression cannot be used, "" if it can."""
    if len(pattern) > MAX_REGEX_LENGTH:
        return gettext("Up to %(max)d characters.") % {"max": MAX_REGEX_LENGTH}
    if regex_size.size_of(pattern) > regex_size.MAX_SIZE:
        return gettext("It repeats too much: use smaller numbers in braces.")
    try:
        compiled = rule_matching.compiled(pattern)
    except regex.error as error:
        return gettext("Not a valid regular expression: %(error)s.") % {"error": error}
    try:
        if compiled.fullmatch("", timeout=rule_matching.SEARCH_SECONDS):
            return gettext("It matches an empty text, and so every prompt.")
        for text in (*STRESS, *(f"{text}!" for text in STRESS)):
            compiled.search(text, timeout=rule_matching.SEARCH_SECONDS)
    except TimeoutError:
        return gettext("It is too slow: avoid repetitions within repetitions.")
    return ""


def recent_prompts() -> list[str]:
    newest = Job.objects.order_by("-id").values_list("prompt", flat=True)[:RECENT_PROMPTS]
    return list(dict.fromkeys(newest))


def tried(rule: ModerationRule, prompts: Sequence[str]) -> dict[str, Any]:
    """Return which of the prompts an unsaved rule finds something in, and how long that took."""
    rule.pk = rule.pk or 0
    matcher = Matcher.of([rule])
    start = time.perf_counter()
    hits: list[dict[str, Any]] = []
    count = tried_count = 0
    for prompt in prompts:
        if time.perf_counter() - start > TRY_SECONDS:
            break
        tried_count += 1
        if matches := matcher.matches(prompt):
            count += 1
            if len(hits) < SHOWN_PROMPTS:
                hits.append({"prompt": prompt, "words": matches[0].words})
    seconds = time.perf_counter() - start
    return {
        "hits": hits,
        "count": count,
        "tried": tried_count,
        "milliseconds": round(1000 * seconds / max(1, tried_count), 3),
    }


@admin.register(ModerationRule)
class ModerationRuleAdmin(AuditedAdmin):
    class Media:
        css = {"all": ["generation/admin.css", "generation/moderation.css"]}
        js = ("generation/admin.js",)

    menu_section = "review"
    menu_icon = "gavel"
    form = ModerationRuleForm
    list_display = ("text", "category", "action", "where", "is_enabled", "note")
    list_display_links = ("text",)
    list_filter = ("category", "action", "kind", "enabled")
    search_fields = ("pattern", "note")
    ordering = ("category", "id")
    actions = ("enable", "disable")
    fieldsets = (
        (None, {"fields": ("kind", "pattern", "inflections", "trial")}),
        (None, {"fields": ("category", "action", "at_placing", "at_publishing")}),
        (None, {"fields": ("enabled", "note")}),
    )
    readonly_fields = ("trial",)
    is_enabled = column("enabled", _("enabled"), boolean=True, ordering="enabled")

    @admin.display(description=_("text"))
    def text(self, rule: ModerationRule) -> SafeString:
        lines = [line for line in rule.pattern.splitlines() if line.strip()]
        shown = ", ".join(lines[:6])[:100]
        more = " …" if len(lines) > 6 or len(shown) == 100 else ""
        if rule.kind == RuleKind.REGEX:
            return format_html("<code>{}{}</code>", shown, more)
        return format_html("{}{}", shown, more)

    @admin.display(description=_("applies"))
    def where(self, rule: ModerationRule) -> str:
        uses = (
            (rule.at_placing, gettext("when creating images")),
            (rule.at_publishing, gettext("when submitting to Explore")),
        )
        return ", ".join(text for applies, text in uses if applies)

    @admin.action(description=_("Enable"), permissions=["change"])
    def enable(self, request: HttpRequest, queryset: QuerySet[ModerationRule]) -> None:
        self._switch(request, queryset, enabled=True)

    @admin.action(description=_("Disable"), permissions=["change"])
    def disable(self, request: HttpRequest, queryset: QuerySet[ModerationRule]) -> None:
        self._switch(request, queryset, enabled=False)

    def _switch(
        self, request: HttpRequest, queryset: QuerySet[ModerationRule], *, enabled: bool
    ) -> None:
        with transaction.atomic():
            rules = list(queryset.exclude(enabled=enabled).order_by("id").select_for_update())
            # At once, however many they are: every change makes all processes read the rules.
            chosen = ModerationRule.objects.filter(pk__in=[rule.pk for rule in rules])
            chosen.update(enabled=enabled, changed_at=timezone.now())
            text = "enabled" if enabled else "disabled"
            LogEntry.objects.log_actions(cast(User, request.user).pk, rules, CHANGE, text)

    @admin.display(description=_("try it"))
    def trial(self, rule: ModerationRule) -> SafeString:
        context = {
            "address": reverse("admin:generation_moderationrule_try"),
            "recent": RECENT_PROMPTS,
        }
        return render_to_string("admin/generation/moderationrule/_trial.html", context)

    def get_urls(self) -> list[URLPattern]:
        name, view = "generation_moderationrule_try", self.admin_site.admin_view(self.try_rule)
        urls: list[URLPattern] = [path("try/", view, name=name), *super().get_urls()]
        return urls

    def try_rule(self, request: HttpRequest) -> HttpResponse:
        """Show in which recent prompts the submitted rule finds something; nothing is saved."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not (self.has_change_permission(request) or self.has_add_permission(request)):
            raise PermissionDenied
        form = ModerationRuleForm(request.POST)
        own_text = request.POST.get("try_text", "")[:MAX_OWN_TEXT]
        context: dict[str, Any]
        if form.is_valid() and own_text.strip():
            context = tried(form.instance, [own_text]) | {"own_text": own_text.strip()}
        elif form.is_valid() and not request.user.has_perm("generation.view_job"):
            text = gettext("Enter a text: you need the permission to view jobs to see prompts.")
            context = {"errors": [("", [text])]}
        elif form.is_valid():
            context = tried(form.instance, recent_prompts())
            text = f"tried on recent prompts: {context['count']} matched"
            audit.record(actor=request.user, row=form.instance, text=text)
        else:
            context = {"errors": request_preview.form_errors(form)}
        if request.headers.get("X-Part") == "1":  # the page's own script
            return render(request, "admin/generation/moderationrule/_tried.html", context)
        template = "admin/generation/moderationrule/tried.html"
        return page(self, request, template, title=gettext("Try the rule"), **context)
