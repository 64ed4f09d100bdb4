"""The page of votes: how often each model made the best image of a comparison."""

from datetime import timedelta

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils import timezone
from django.utils.translation import gettext as _

from artgen.web import formatting
from generation.admin.image_models.model_reports import ModelReports, Table
from generation.studio.comparisons import votes

PERIODS = (30, 90, 365)  # days


class VotePages(ModelReports):
    def get_urls(self) -> list[URLPattern]:
        urls: list[URLPattern] = super().get_urls()
        return [self.report_url("votes", self.votes_view), *urls]

    def votes_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        text = request.GET.get("days", "")
        days = int(text) if text in map(str, PERIODS) else None
        since = timezone.now() - timedelta(days=days) if days else None
        table = Table(
            [
                _("Model"),
                _("comparisons with a vote"),
                _("wins"),
                _("share of wins"),
                _("by chance"),
            ],
            [(model.name, _cells(model)) for model in votes.of_models(since=since)],
        )
        title = _("Votes by model")
        return self.report(request, "votes", title=title, table=table, days=days, periods=PERIODS)


def _cells(model: votes.ModelVotes) -> list[str]:
    return [
        formatting.number(model.appearances),
        formatting.number(model.wins),
        formatting.percent(model.share),
        formatting.percent(model.expected_share),
    ]
