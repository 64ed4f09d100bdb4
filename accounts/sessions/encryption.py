"""Texts that are secrets, as the database has them: a copy of it alone does not reveal them."""

import base64
import hashlib
from functools import lru_cache

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings


def encrypt(text: str, *, purpose: str) -> str:
    """Return the text encrypted with SECRET_KEY; other purposes cannot decrypt it."""
    token: bytes = _cipher(purpose).encrypt(text.encode())
    return token.decode()


def decrypt(encrypted: str, *, purpose: str) -> str:
    """Return the text; raise InvalidToken if SECRET_KEY has changed."""
    text: bytes = _cipher(purpose).decrypt(encrypted.encode())
    return text.decode()


def _cipher(purpose: str) -> MultiFernet:
    return _cipher_of(purpose, settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)


@lru_cache(maxsize=4)
def _cipher_of(purpose: str, *keys: str) -> MultiFernet:
    digests = (hashlib.sha256(f"{purpose}:{key}".encode()).digest() for key in keys)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])
