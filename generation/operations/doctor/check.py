"""One finding, and words in which no secret is left."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, cast
from urllib.parse import unquote, urlsplit

from django.conf import settings

DETAIL_MOST = 400
SECRET_LEAST = 4  # characters; a shorter word would blank out half of the text


@dataclass(frozen=True)
class Check:
    """What was looked at, whether it works, what was seen, and what to do; `ok` with a hint is a warning."""

    name: str
    ok: bool
    detail: str
    hint: str = ""

    @property
    def is_warning(self) -> bool:
        """Tell whether it works, but should be looked at."""
        return self.ok and bool(self.hint)

    def as_json(self) -> dict[str, Any]:
        """Return `{"name", "ok", "detail", "hint"}`."""
        return asdict(self)


def words_of(error: BaseException) -> str:
    """Return what an error says, on one line, without secrets."""
    said = " ".join(str(error).split()) or type(error).__name__
    return without_secrets(said)[:DETAIL_MOST]


def without_secrets(text: str) -> str:
    """Return the text with every secret of the settings blanked out."""
    for secret in sorted(_secrets(), key=len, reverse=True):
        text = text.replace(secret, "***")
    return text


def _secrets() -> Iterator[str]:
    options = cast(dict[str, Any], settings.STORAGES["default"]).get("OPTIONS", {})
    plain = [settings.SECRET_KEY, settings.RUNPOD_API_KEY.strip(), settings.EMAIL_HOST_PASSWORD]
    plain += [options.get("secret_key", ""), options.get("access_key", "")]
    plain += [str(database.get("PASSWORD") or "") for database in settings.DATABASES.values()]
    for url in (settings.REDIS_URL, settings.CELERY_BROKER_URL):
        password = urlsplit(url).password or ""
        plain += [password, unquote(password)]
    yield from (secret for secret in plain if secret and len(secret) >= SECRET_LEAST)
