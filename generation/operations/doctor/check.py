"""The result of one check, and texts without secrets."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, cast
from urllib.parse import unquote, urlsplit

from django.conf import settings

MAX_DETAIL_LENGTH = 400
MIN_SECRET_LENGTH = 4  # masking shorter secrets would mask half of the text


@dataclass(frozen=True)
class Check:
    """The result of a check: name, status, detail and hint. `ok` with a hint is a warning."""

    name: str
    ok: bool | None
    """None: not checked, because another check failed."""
    detail: str
    hint: str = ""

    @property
    def is_warning(self) -> bool:
        return self.ok is True and bool(self.hint)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def error_text(error: BaseException) -> str:
    """Return an error's message on one line, without secrets."""
    text = " ".join(str(error).split()) or type(error).__name__
    return without_secrets(text)[:MAX_DETAIL_LENGTH]


def without_secrets(text: str) -> str:
    for secret in sorted(_secrets(), key=len, reverse=True):
        text = text.replace(secret, "***")
    return text


def _secrets() -> Iterator[str]:
    options = cast(dict[str, Any], settings.STORAGES["default"]).get("OPTIONS", {})
    plain = [settings.SECRET_KEY, settings.RUNPOD_API_KEY.strip(), settings.EMAIL_HOST_PASSWORD]
    plain += [settings.ORIGIN_KEY]
    plain += [options.get("secret_key", ""), options.get("access_key", "")]
    plain += [str(database.get("PASSWORD") or "") for database in settings.DATABASES.values()]
    for url in (settings.REDIS_URL, settings.CELERY_BROKER_URL):
        password = urlsplit(url).password or ""
        plain += [password, unquote(password)]
    yield from (secret for secret in plain if secret and len(secret) >= MIN_SECRET_LENGTH)
