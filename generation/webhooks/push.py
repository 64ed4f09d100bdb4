"""One push notification to a browser: what it says, encrypted for it, by the key of this site.

It is shown on locked phones, so it names no prompt. https://datatracker.ietf.org/doc/html/rfc8030,
rfc8291 (encryption), rfc8292 (VAPID)
"""

import base64
import binascii
import json
from datetime import datetime, timedelta
from email.utils import parseaddr
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import ngettext
from py_vapid import Vapid02

from accounts.models import WebhookAddress, WebhookMessage
from accounts.webhooks import push_browsers, push_keys, secrets
from accounts.webhooks.push_browsers import BrowserKeys
from generation.webhooks import receiver
from generation.webhooks.receiver import AttemptError, WebhookReply

USEFUL_FOR = timedelta(hours=4)  # after the end of a run
GONE = frozenset({404, 410, 401, 403})
"""Replies that end a subscription: there is none, or it was made for another key of this site."""
AUTH_BYTES = 16
TOKEN_SECONDS = 12 * 60 * 60  # of VAPID: at most 24 hours


def send(address: WebhookAddress, message: WebhookMessage) -> WebhookReply:
    """Send the message to a browser; what goes wrong is in the reply. Touches no database."""
    now = timezone.now()
    try:
        keys = push_browsers.keys_of(address)
    except secrets.Unreadable:
        return WebhookReply(now, error=AttemptError.SECRET)
    own = push_keys.private_key(keys.server_key)
    if own is None:
        return WebhookReply(now, error=AttemptError.SECRET)
    data = json.loads(message.body)["data"]
    left = message.created_at + USEFUL_FOR - now
    headers = {
        "Content-Type": "application/octet-stream",
        "Content-Encoding": "aes128gcm",
        "TTL": str(max(0, int(left.total_seconds()))),
        "Topic": UUID(data["run"]).hex,  # a later message of the run replaces this one
        "Authorization": _authorization(address.url, own, now=now),
    }
    with translation.override(address.user.language or settings.LANGUAGE_CODE):
        shown = json.dumps(_notification(data), ensure_ascii=False).encode()
    return receiver.post(address.url, headers=headers, body=_encrypted(shown, keys), at=now)


def are_keys(*, p256dh: str, auth: str) -> bool:
    """Return whether something can be encrypted for these keys of a browser."""
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _decoded(p256dh))
        return len(_decoded(auth)) == AUTH_BYTES
    except (ValueError, binascii.Error):
        return False


def _notification(data: dict[str, Any]) -> dict[str, str]:
    """Return what the service worker shows."""
    ready, failed = data["ready"], data["failed"]
    parts = []
    if ready:
        text = ngettext("%(count)s image is ready", "%(count)s images are ready", ready)
        parts.append(text % {"count": ready})
    if failed:
        text = ngettext("%(count)s image failed", "%(count)s images failed", failed)
        parts.append(text % {"count": failed})
    url = f"{reverse('create')}#run-{data['run']}"
    return {"title": " · ".join(parts), "url": url, "tag": f"run-{data['run']}"}


def _encrypted(text: bytes, keys: BrowserKeys) -> bytes:
    body: bytes = http_ece.encrypt(
        text,
        private_key=ec.generate_private_key(ec.SECP256R1()),
        dh=_decoded(keys.p256dh),
        auth_secret=_decoded(keys.auth),
        version="aes128gcm",
    )
    return body


def _authorization(url: str, key: ec.EllipticCurvePrivateKey, *, now: datetime) -> str:
    address = urlsplit(url)
    contact = settings.PUBLIC_URL
    if not contact.startswith("https://"):
        contact = f"mailto:{parseaddr(settings.DEFAULT_FROM_EMAIL)[1]}"
    claims = {
        "aud": f"{address.scheme}://{address.netloc}",
        "exp": int(now.timestamp()) + TOKEN_SECONDS,
        "sub": contact,
    }
    headers: dict[str, str] = Vapid02(key).sign(claims)
    return headers["Authorization"]


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
