"""What a message about an alert says, by email and to the webhook."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.emails import rendering
from accounts.models import User
from generation.models import AlertNews
from generation.operations.alerts.conditions import condition_of


def recipients() -> list[tuple[str, str]]:
    """Return who gets emails, with the language: ALERT_EMAILS, else all superusers."""
    if settings.ALERT_EMAILS:
        return [(address, "") for address in settings.ALERT_EMAILS if address != "none"]
    superusers = User.objects.filter(is_superuser=True, is_active=True).order_by("id")
    return [(user.email, user.language) for user in superusers]


def sentence(name: str, values: Mapping[str, Any]) -> str:
    """Return what is wrong, in the active language; the name of a condition of another version."""
    condition = condition_of(name)
    return str(condition.text) % values if condition else name


def advice(name: str) -> str:
    """Return what to do, in the active language; "" for a condition of another version."""
    condition = condition_of(name)
    return str(condition.advice) if condition else ""


@dataclass(frozen=True)
class AlertMessage:
    name: str
    values: Mapping[str, Any]
    news: str
    since: datetime

    def webhook_body(self) -> dict[str, Any]:
        """Return the body for the webhook: `text` is what Slack, Mattermost and Telegram show."""
        with translation.override(settings.LANGUAGE_CODE):
            lines = [
                f"{AlertNews(self.news).label}: {sentence(self.name, self.values)}",
                f"{_('Since:')} {rendering.minute(self.since)}",
                *filter(None, [self.advice()]),
                settings.PUBLIC_URL,
            ]
        return {
            "text": "\n".join(lines),
            "alert": self.name,
            "news": self.news,
            "values": dict(self.values),
            "since": self.since.isoformat(),
            "site": settings.PUBLIC_URL,
        }

    def advice(self) -> str:
        return "" if self.news == AlertNews.ENDED else advice(self.name)


def alert(message: AlertMessage, *, to: str, language: str) -> EmailMessage:
    """Return the email; its templates have the name of this function."""
    with translation.override(language or settings.LANGUAGE_CODE):
        return rendering.compose(
            "generation/emails/alert",
            to=to,
            news=AlertNews(message.news).label,
            sentence=sentence(message.name, message.values),
            advice=message.advice(),
            since=rendering.minute(message.since),
            name=message.name,
            admin=rendering.absolute_url("/admin/"),
        )
