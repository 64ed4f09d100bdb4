"""How an email is made of its two templates, in the recipient's language."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils import timezone, translation

from accounts.models import User
from accounts.sessions.time_zones import zone_of


def compose(template: str, *, to: str, **context: object) -> EmailMessage:
    """Render `TEMPLATE.txt` and `TEMPLATE_subject.txt` in the active language."""
    context["host"] = settings.PUBLIC_URL.partition("://")[2]
    subject = " ".join(render_to_string(f"{template}_subject.txt", context).split())
    return EmailMessage(subject, render_to_string(f"{template}.txt", context), to=[to])


def absolute_url(path: str) -> str:
    # Not from the Host header: its sender could put another host into another user's email.
    return f"{settings.PUBLIC_URL}{path}"


def minute(at: datetime) -> str:
    """Return the time with its zone: an email may be read on any day."""
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M %Z}"


@contextmanager
def localized_for(user: User) -> Iterator[None]:
    with (
        translation.override(user.language or translation.get_language()),
        timezone.override(zone_of(user.time_zone)),
    ):
        yield
