"""What pages say of an email that was just sent."""

from django.conf import settings
from django.http import HttpRequest

from accounts.access.sign_up_emails import EMAIL_SENT_TO


def sent_context(request: HttpRequest) -> dict[str, object]:
    """Return the context of a page that announces an email.

    The address, the days that the link works, and whether emails are only printed.
    """
    return {
        "email": request.session.get(EMAIL_SENT_TO, ""),
        "days": settings.PASSWORD_RESET_TIMEOUT // (24 * 60 * 60),
        "printed": settings.EMAIL_BACKEND == "django.core.mail.backends.console.EmailBackend",
    }
