"""One push notification to a browser: what it says, encrypted for it, by the key of this site.

It is shown on locked phones, so it names no prompt. https://datatracker.ietf.org/doc/html/rfc8030,
rfc8291 (encryption), rfc8292 (VAPID)
"""

import json
import secrets
from datetime import datetime, timedelta
from email.utils import parseaddr
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import ngettext

from accounts.models import WebhookAddress, WebhookMessage
from accounts.webhooks import push_browsers, push_encryption, push_keys, receiver
from accounts.webhooks.push_browsers import BrowserKeys
from accounts.webhooks.receiver import AttemptError, WebhookReply
from accounts.webhooks.secrets import Unreadable

USEFUL_FOR = timedelta(hours=4)  # after the end of a run
GONE = frozenset({404, 410, 401, 403})
"""Replies that end a subscription: there is none, or it was made for another key of this site."""
TOKEN_SECONDS = 12 * 60 * 60  # of VAPID: at most 24 hours


def send(address: WebhookAddress, message: WebhookMessage) -> WebhookReply:
    """Send the message to a browser; what goes wrong is in the reply. Touches no database."""
    now = timezone.now()
    try:
        keys = push_browsers.keys_of(address)
    except Unreadable:
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
    return push_encryption.encrypt(
        text,
        p256dh=keys.p256dh,
        auth=keys.auth,
        own=ec.generate_private_key(ec.SECP256R1()),
        salt=secrets.token_bytes(push_encryption.SALT_BYTES),
    )


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
    token = jwt.encode(claims, key, algorithm="ES256")
    return f"vapid t={token}, k={push_keys.public_key_of(key)}"
