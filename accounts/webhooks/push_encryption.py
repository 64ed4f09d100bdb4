"""Encryption of a push message for one browser.

https://datatracker.ietf.org/doc/html/rfc8291, in one record of
https://datatracker.ietf.org/doc/html/rfc8188
"""

import base64
import binascii

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

SALT_BYTES = AUTH_BYTES = 16
RECORD_BYTES = 4096
LAST_RECORD = b"\x02"


def encrypt(
    text: bytes, *, p256dh: str, auth: str, own: ec.EllipticCurvePrivateKey, salt: bytes
) -> bytes:
    """Return the body for a browser with these keys, base64url.

    `own` and `salt`, of SALT_BYTES, are new for each message.
    """
    theirs, secret = decoded(p256dh), decoded(auth)
    ours: bytes = own.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    shared = own.exchange(ec.ECDH(), _public_key(theirs))
    key = _derived(shared, salt=secret, info=b"WebPush: info\0" + theirs + ours, length=32)
    content_key = _derived(key, salt=salt, info=b"Content-Encoding: aes128gcm\0", length=16)
    nonce = _derived(key, salt=salt, info=b"Content-Encoding: nonce\0", length=12)
    header = salt + RECORD_BYTES.to_bytes(4) + len(ours).to_bytes(1) + ours
    sealed: bytes = AESGCM(content_key).encrypt(nonce, text + LAST_RECORD, None)
    return header + sealed


def are_keys(*, p256dh: str, auth: str) -> bool:
    """Return whether these are keys of a browser."""
    try:
        _public_key(decoded(p256dh))
        return len(decoded(auth)) == AUTH_BYTES
    except (ValueError, binascii.Error):
        return False


def decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _public_key(point: bytes) -> ec.EllipticCurvePublicKey:
    return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)


def _derived(key: bytes, *, salt: bytes, info: bytes, length: int) -> bytes:
    derived: bytes = HKDF(SHA256(), length=length, salt=salt, info=info).derive(key)
    return derived
