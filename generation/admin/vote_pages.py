"""The page of votes: how often each model made the best image of a comparison."""

from datetime import timedelta

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _

from artgen import formatting
from artgen.admin.audited import AuditedAdmin
from generation.sheets import votes

PERIODS = (30, 90, 365)  # days


class VotePages(AuditedAdmin):
    """Add the page of votes to the admin of models."""

    def get_urls(self) -> list[URLPattern]:
        """Add the page."""
        view = self.admin_site.admin_view(self.votes_view)
        urls: list[URLPattern] = super().get_urls()
        return [path("votes/", view, name="generation_imagemodel_votes"), *urls]

    def votes_view(self, request: HttpRequest) -> HttpResponse:
        """Show the votes of the last `days`, or of all time."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        text = request.GET.get("days", "")
        days = int(text) if text in map(str, PERIODS) else None
        since = timezone.now() - timedelta(days=days) if days else None
        found = votes.of_models(since=since)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Votes by model"),
            "opts": self.opts,
            "rows": [
                (
                    one.name,
                    formatting.number(one.appearances),
                    formatting.number(one.wins),
                    formatting.percent(one.share),
                    formatting.percent(one.expected_share),
                )
                for one in found
            ],
            "bars": [(one.name, one.share * 100, one.expected_share * 100) for one in found],
            "days": days,
            "periods": PERIODS,
        }
        return render(request, "admin/generation/imagemodel/votes.html", context)
