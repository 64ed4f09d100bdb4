"""Encrypt and decrypt with age (https://age-encryption.org/v1); without keys pass bytes through.

Backups are encrypted for public keys, the recipients. So the machine that makes them cannot read
them, and the private key, the identity, can be kept elsewhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from shutil import copyfileobj
from typing import Any, Protocol, cast

import pyrage

from generation.operations.backup.refusal import BackupRefused

SUFFIX = ".age"
PREFIX, PREFIX_OF_IDENTITIES = "age1", "AGE-SECRET-KEY-"


class Reader(Protocol):
    """What is read from: a file, a pipe."""

    def read(self, size: int = -1, /) -> bytes:
        """Return up to `size` bytes, b"" at the end."""


class Writer(Protocol):
    def write(self, data: bytes, /) -> int:
        """Take all of the bytes."""

    def flush(self) -> None:
        """Pass on what is buffered."""


class WrongKey(BackupRefused):
    """The identity does not open this backup, or none was given."""

    code = "wrong_backup_key"


@dataclass(frozen=True)
class Sealing:
    """Encrypts for the recipients, if any."""

    recipients: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for recipient in self.recipients:
            try:
                pyrage.x25519.Recipient.from_str(recipient)
            except pyrage.RecipientError as error:
                # Not the word itself: it may be a private key in the wrong place.
                raise BackupRefused(
                    f"A word in BACKUP_RECIPIENTS is not a public key of age, {PREFIX}…: {error}. "
                    "Create one with deploy/backup.sh --new-key."
                ) from error

    @property
    def suffix(self) -> str:
        return SUFFIX if self.recipients else ""

    def seal(self, data: bytes) -> bytes:
        return bytes(pyrage.encrypt(data, self._keys())) if self.recipients else data

    def seal_stream(self, source: Reader, target: Writer) -> None:
        if self.recipients:
            pyrage.encrypt_io(cast(Any, source), cast(Any, target), self._keys())
        else:
            copyfileobj(source, target)

    def _keys(self) -> list[Any]:
        return [pyrage.x25519.Recipient.from_str(recipient) for recipient in self.recipients]


class Opening:
    """Decrypts with the identities what one of them opens; what is not encrypted passes through."""

    def __init__(self, *, identities: str, encrypted: bool) -> None:
        """Take the text of an identity file; raise WrongKey if it has none and one is needed."""
        self.encrypted = encrypted
        self._identities: list[Any] = []
        if not encrypted:
            return
        for line in identities.splitlines():
            if line.strip() and not line.startswith("#"):
                try:
                    self._identities.append(pyrage.x25519.Identity.from_str(line.strip()))
                except pyrage.IdentityError as error:  # never with the line: it may be a secret
                    raise WrongKey(
                        f"BACKUP_IDENTITY is not a private key of age: {error}. It begins with "
                        f"{PREFIX_OF_IDENTITIES}."
                    ) from error
        if not self._identities:
            raise WrongKey(
                "This backup is encrypted. Set BACKUP_IDENTITY_FILE to the file with its private "
                "key."
            )

    def open(self, data: bytes) -> bytes:
        """Return the decrypted bytes; raise WrongKey, also for bytes that were changed."""
        if not self.encrypted:
            return data
        try:
            return bytes(pyrage.decrypt(data, self._identities))
        except pyrage.DecryptError as error:
            raise _not_opened(error) from error

    def open_stream(self, source: Reader, target: Writer) -> None:
        """Decrypt until the source ends; raise WrongKey, also for bytes that were changed."""
        if not self.encrypted:
            copyfileobj(source, target)
            return
        try:
            pyrage.decrypt_io(cast(Any, source), cast(Any, target), self._identities)
        except pyrage.DecryptError as error:
            raise _not_opened(error) from error
        except OSError as error:  # how a changed or truncated stream is reported
            if error.errno is not None:
                raise
            raise _not_opened(error) from error


def recipients(text: str | Sequence[str]) -> tuple[str, ...]:
    """Return the recipients of a list or of a text with blanks or commas, sorted."""
    words = text.replace(",", " ").split() if isinstance(text, str) else text
    return tuple(sorted(set(words)))


def new_key() -> tuple[str, str]:
    identity = pyrage.x25519.Identity.generate()
    return str(identity.to_public()), str(identity)


def _not_opened(error: Exception) -> WrongKey:
    return WrongKey(
        f"The private key in BACKUP_IDENTITY does not open this backup, or the backup is damaged: "
        f"{error}."
    )
