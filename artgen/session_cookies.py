"""Cookies of sessions and CSRF tokens: over https with the prefix `__Host-`.

Browsers take such a cookie only over https, for this host and all of its paths, so that neither a
subdomain nor a stranger on the network can set one.
https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis#name-the-__host-prefix

A session of a version without the prefix stays valid: its first request with the old name is
accepted and answered with the new one. From then on the old name works for GRACE_SECONDS, for
requests that the browser had already sent. The old name never opens a session that began under the
new one. The old cookie is not removed, so that processes of the old version still find it during an
upgrade.
"""

import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.sessions.middleware import SessionMiddleware as DjangoSessionMiddleware
from django.http import HttpRequest
from django.http.response import HttpResponseBase

OLD_SESSION, OLD_CSRF = "sessionid", "csrftoken"
GRACE_SECONDS = 60
RENAMED_AT = "cookie_renamed_at"
"""Session key: when its cookie got the new name (Unix time); 0 if the session began with it."""


class SessionCookie(NamedTuple):
    """The key of a session, and whether its cookie has the old name."""

    key: str
    is_old: bool = False


def find(cookies: Mapping[str, str]) -> SessionCookie:
    """Return the session cookie of a request, with an empty key if there is none."""
    name = settings.SESSION_COOKIE_NAME
    if name in cookies or name == OLD_SESSION:
        return SessionCookie(cookies.get(name, ""))
    return SessionCookie(cookies.get(OLD_SESSION, ""), is_old=OLD_SESSION in cookies)


def opens(cookie: SessionCookie, session: Mapping[str, Any]) -> bool:
    """Return whether a cookie of this name may open the session, whose data this is."""
    if not cookie.is_old:
        return True
    renamed_at = session.get(RENAMED_AT)
    return renamed_at is None or 0 <= time.time() - renamed_at < GRACE_SECONDS


class SessionMiddleware(DjangoSessionMiddleware):
    """Django's middleware, which also takes over sessions whose cookie has the old name."""

    def process_request(self, request: HttpRequest) -> None:
        """Open the session of the request."""
        super().process_request(request)
        cookie = find(request.COOKIES)
        if not cookie.is_old:
            return
        session = self.SessionStore(cookie.key)
        if not opens(cookie, session) or session.is_empty():
            return
        session.setdefault(RENAMED_AT, int(time.time()))
        session.modified = True  # the response sets the cookie
        request.session = session
        if token := request.COOKIES.get(OLD_CSRF):
            request.COOKIES.setdefault(settings.CSRF_COOKIE_NAME, token)
            request.META["CSRF_COOKIE_NEEDS_UPDATE"] = True

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> Any:
        """Save the session; mark it as one that no cookie of the old name may open."""
        session = request.session
        if session.modified and not session.is_empty():
            session.setdefault(RENAMED_AT, 0)
        elif session.is_empty() and settings.SESSION_COOKIE_NAME != OLD_SESSION:
            for name in {OLD_SESSION, OLD_CSRF} & request.COOKIES.keys():
                response.delete_cookie(name)
        return super().process_response(request, response)  # type: ignore[arg-type]
