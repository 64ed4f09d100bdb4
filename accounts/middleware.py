"""The language and the time zone that a signed-in user has chosen."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone, translation

from accounts.models import User


class Preferences:
    """Show each user their own language and time zone; stands after LocaleMiddleware and AuthenticationMiddleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer with the preferences of the request's user in force."""
        user = request.user
        if not isinstance(user, User) or not user.is_authenticated:
            return self.get_response(request)
        if user.language in dict(settings.LANGUAGES):
            translation.activate(user.language)
            request.LANGUAGE_CODE = user.language
        zone = zone_of(user.time_zone)
        if zone is None:
            return self.get_response(request)
        with timezone.override(zone):
            return self.get_response(request)


def zone_of(name: str) -> ZoneInfo | None:
    """Return the time zone of this name, None where there is none such."""
    try:
        return ZoneInfo(name) if name else None
    except (ValueError, OSError, KeyError):
        # A name this machine's tzdata does not know (any more): the server's own zone is a fair answer.
        return None
