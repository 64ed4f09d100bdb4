"""Browsers that are told of finished runs by Web Push: each belongs to one session of its user."""

import json
from collections.abc import Collection
from dataclasses import asdict, dataclass
from uuid import UUID

from allauth.usersessions.models import UserSession
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from accounts.models import PUSH, User, WebhookAddress
from accounts.sessions import browser_names, sessions
from accounts.webhooks import addresses, secrets


@dataclass(frozen=True)
class BrowserKeys:
    """What a subscription consists of beside its address; base64url.

    https://www.w3.org/TR/push-api/#dom-pushsubscriptionjson
    """

    p256dh: str
    auth: str
    server_key: str
    """Of `push_keys.public_key`, when it was made."""


@dataclass(frozen=True)
class PushBrowser:
    """A browser as its user sees it in the list."""

    id: UUID
    name: str
    """Browser and system, such as "Firefox, Linux"; may be empty."""
    is_current: bool


def of_request(request: HttpRequest, user: User) -> list[PushBrowser]:
    """Return the user's browsers with push notifications, this one first, then the newest."""
    current = sessions.hash_of(request.session.session_key)
    known = {one.pk: one for one in sessions.still_valid(UserSession.objects.filter(user=user))}
    rows = WebhookAddress.objects.browsers().filter(user=user, session__in=known).order_by("-id")
    browsers = [
        PushBrowser(
            id=row.id,
            name=browser_names.describe(known[row.session_id].user_agent),
            is_current=known[row.session_id].session_key == current,
        )
        for row in rows
        if row.session_id is not None
    ]
    return sorted(browsers, key=lambda browser: not browser.is_current)


def add(request: HttpRequest, user: User, *, url: str, keys: BrowserKeys) -> None:
    """Push finished runs of this user to the browser of this session, and to no one else there."""
    session = sessions.of_request(request, user)
    browsers = WebhookAddress.objects.browsers()
    for before in browsers.filter(Q(session=session) | Q(url=url)).select_related("user"):
        addresses.remove(before)
    with addresses.changing(user):
        browsers.filter(Q(session=session) | Q(url=url), user=user).delete()  # of another tab
        WebhookAddress.objects.create(
            user=user,
            session=session,
            url=url,
            topics=PUSH,
            credits_below=0,
            secret=_secret(keys),
        )


def replace(request: HttpRequest, user: User, *, before: str, url: str, keys: BrowserKeys) -> bool:
    """Push to this address in place of another one; return False if this session has not that."""
    session = sessions.of_request(request, user)
    browsers = WebhookAddress.objects.browsers().filter(user=user, session=session, url=before)
    try:
        with transaction.atomic():
            return bool(browsers.update(url=url, secret=_secret(keys)))
    except IntegrityError:  # the address is known already
        return False


def keys_of(address: WebhookAddress) -> BrowserKeys:
    """Return the keys of a browser; raise `secrets.Unreadable`."""
    return BrowserKeys(**json.loads(secrets.read(address.secret)))


def _secret(keys: BrowserKeys) -> str:
    return secrets.stored(json.dumps(asdict(keys)))


def remove(user: User, id: UUID) -> bool:
    """Return False if the user has no such browser."""
    row = WebhookAddress.objects.browsers().filter(user=user, id=id).first()
    if row is None:
        return False
    addresses.remove(row)
    return True


def remove_current(request: HttpRequest) -> None:
    """Push nothing to the browser of this session any more; call it before the session ends."""
    key = sessions.hash_of(request.session.session_key)
    of_session = UserSession.objects.filter(session_key=key).values("pk")
    _remove(WebhookAddress.objects.browsers().filter(session__in=of_session))


def signed_out(rows: Collection[WebhookAddress]) -> set[UUID]:
    """Return the browsers among these whose session has ended; one query if there are browsers."""
    browsers = {row.session_id: row.id for row in rows if row.is_browser}
    if not browsers:
        return set()
    valid = sessions.still_valid(UserSession.objects.filter(pk__in=browsers))
    return set(browsers.values()) - {browsers[pk] for pk in valid.values_list("pk", flat=True)}


def forget_signed_out() -> None:
    rows = WebhookAddress.objects.browsers().only("id", "session")
    ended = signed_out(list(rows))
    _remove(WebhookAddress.objects.filter(id__in=ended))


def _remove(rows: "QuerySet[WebhookAddress]") -> None:
    for row in rows.select_related("user"):
        addresses.remove(row)
