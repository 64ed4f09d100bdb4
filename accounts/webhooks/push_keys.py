"""The keys by which push services know this site: made from SECRET_KEY, so nothing is configured.

https://datatracker.ietf.org/doc/html/rfc8292
"""

import base64
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings

PURPOSE = b"accounts.webhooks.push_keys"  # part of the key: never change it
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Of the base point of P-256. https://csrc.nist.gov/pubs/sp/800/186/final"""
BYTES = 48  # more than a private key has, so that the remainder is distributed evenly


def public_key() -> str:
    """Return the `applicationServerKey` of new subscriptions, base64url."""
    return public_key_of(_key_of(settings.SECRET_KEY))


def private_key(public: str) -> ec.EllipticCurvePrivateKey | None:
    """Return the private key of this public one; None if SECRET_KEY has changed since."""
    for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        key = _key_of(secret)
        if public_key_of(key) == public:
            return key
    return None


def public_key_of(key: ec.EllipticCurvePrivateKey) -> str:
    point = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return base64.urlsafe_b64encode(point).rstrip(b"=").decode()


@lru_cache(maxsize=4)
def _key_of(secret: str) -> ec.EllipticCurvePrivateKey:
    derived = HKDF(SHA256(), length=BYTES, salt=None, info=PURPOSE).derive(secret.encode())
    return ec.derive_private_key(int.from_bytes(derived) % (ORDER - 1) + 1, ec.SECP256R1())
