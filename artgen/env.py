"""The environment: typed values, and secrets from the files that NAME_FILE names."""

import os
import secrets
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent


class Environment(environ.FileAwareEnv):  # type: ignore[misc] # has no types
    """The environment, in which an empty value means the default, as in deploy/env.example."""

    def get_value(
        self, var: str, cast: Any = None, default: Any = None, parse_default: bool = False
    ) -> Any:
        """Return the typed value, or the default."""
        if not str(self.ENVIRON.get(var, "")).strip():
            return default
        return super().get_value(var, cast=cast, default=default, parse_default=parse_default)


env = Environment()
"""`env.str("NAME")` prefers the content of the file that `NAME_FILE` names (Docker secrets)."""

env.smart_cast = False
environ.Env.read_env(BASE_DIR / ".env", overwrite=False)


def secret_of_machine(folder: Path) -> str:
    """Return the demo's secret, which is created once and stored in `folder`.

    Raises:
        ImproperlyConfigured: DATABASE_URL is set. Several processes need the same SECRET_KEY.
    """
    if os.environ.get("DATABASE_URL") or os.environ.get("DATABASE_URL_FILE"):
        if "PYTEST_VERSION" in os.environ:
            return secrets.token_urlsafe(50)
        raise ImproperlyConfigured(
            "SECRET_KEY is not set. Create one: "
            "python -c 'import secrets; print(secrets.token_urlsafe(50))'"
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
