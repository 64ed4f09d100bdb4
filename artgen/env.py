"""Read the environment: typed values, each secret also from the file that NAME_FILE names."""

import os
import secrets
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent


class Environment(environ.FileAwareEnv):  # type: ignore[misc] # has no types
    """The environment, in which an empty value means the default: files of settings name what they leave alone."""

    def get_value(
        self, var: str, cast: Any = None, default: Any = None, parse_default: bool = False
    ) -> Any:
        """Return the value, typed, or the default, which every caller gives."""
        if not str(self.ENVIRON.get(var, "")).strip():
            return default
        return super().get_value(var, cast=cast, default=default, parse_default=parse_default)


env = Environment()
"""Reader of the environment; `env.str("NAME")` prefers the content of the file in `NAME_FILE` (Docker secrets)."""

env.smart_cast = False
environ.Env.read_env(BASE_DIR / ".env", overwrite=False)


def secret_of_this_machine(folder: Path) -> str:
    """Return a secret made once and kept in `folder`, for the demo.

    Raises:
        ImproperlyConfigured: DATABASE_URL is set: several processes or machines must be given one SECRET_KEY.
    """
    if os.environ.get("DATABASE_URL") or os.environ.get("DATABASE_URL_FILE"):
        if "PYTEST_VERSION" in os.environ:
            return secrets.token_urlsafe(50)
        raise ImproperlyConfigured(
            "SECRET_KEY is not set. Make one: python -c 'import secrets; print(secrets.token_urlsafe(50))'"
        )
    file = folder / "secret_key"
    try:
        return file.read_text()
    except FileNotFoundError:
        folder.mkdir(parents=True, exist_ok=True)
        secret = secrets.token_urlsafe(50)
        file.touch(mode=0o600)
        file.write_text(secret)
        return secret
