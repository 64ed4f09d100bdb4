"""The environment: typed values, and secrets from the files that NAME_FILE names."""

import os
import re
import secrets
from collections.abc import Collection, Sequence
from decimal import Decimal, DecimalException
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parents[2]


class Environment(environ.FileAwareEnv):
    """The environment, in which an empty value means the default, as in deploy/env.example."""

    def get_value(
        self, var: str, cast: object = None, default: object = None, parse_default: bool = False
    ) -> Any:
        if not str(self.ENVIRON.get(var, "")).strip():
            return default
        try:
            return super().get_value(var, cast=cast, default=default, parse_default=parse_default)
        except ValueError as error:
            raise ImproperlyConfigured(f"{var} is not valid: {error}.") from error

    def word(self, var: str, words: Sequence[str], *, default: str) -> str:
        value: str = self.str(var, default=default)
        if value not in words:
            raise ImproperlyConfigured(f"{var} is {value!r}: it must be one of {', '.join(words)}.")
        return value

    def server(self, var: str, schemes: Collection[str], *, example: str, default: str = "") -> str:
        """Return the address of a server. The error does not show it: it may have a password."""
        address: str = self.str(var, default=default)
        scheme, _, rest = address.partition("://")
        host, *path = re.split("[/?#]", rest, maxsplit=1)
        if address and scheme not in schemes:
            raise ImproperlyConfigured(f"{var} is not valid: it must be like {example}.")
        if host and "@" in "".join(path):
            raise ImproperlyConfigured(
                f"{var} is not valid: write %2F for /, %3F for ? and %23 for # in its password."
            )
        return address

    def decimal(self, var: str, default: str) -> Decimal:
        text = self.str(var, default=default)
        try:
            return Decimal(text)
        except DecimalException as error:
            raise ImproperlyConfigured(f"{var} is not valid: {text!r} is not a number.") from error


env = Environment()
"""`env.str("NAME")` prefers the content of the file that `NAME_FILE` names (Docker secrets)."""

env.smart_cast = False
environ.Env.read_env(BASE_DIR / ".env", overwrite=False)


def secret_of_machine(folder: Path) -> str:
    """Return the secret in `folder`: that of `make stack` or `make run`, or a new one.

    Raises:
        ImproperlyConfigured: there is none, and DATABASE_URL is set: other processes have another.
        PermissionError: it belongs to another user.
    """
    file = folder / "secret_key"
    if file.exists() and (secret := file.read_text()):
        return secret
    if os.environ.get("DATABASE_URL") or os.environ.get("DATABASE_URL_FILE"):
        if "PYTEST_VERSION" in os.environ:
            return secrets.token_urlsafe(50)
        raise ImproperlyConfigured(
            "SECRET_KEY is not set, and `make stack` has not created one in DATA_DIR. Create one: "
            "python -c 'import secrets; print(secrets.token_urlsafe(50))'"
        )
    return create_secret(file)


def create_secret(file: Path) -> str:
    """Write a new secret to this file, which only its owner may read, and return it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    secret = secrets.token_urlsafe(50)
    file.touch(mode=0o600)
    file.write_text(secret)
    return secret
