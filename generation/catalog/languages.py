"""The languages in which a model supports prompts: ISO 639-1 codes, separated by spaces."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

NAMES: dict[str, Any] = {
    "en": _("English"),
    "ru": _("Russian"),
    "zh": _("Chinese"),
    "ar": _("Arabic"),
    "de": _("German"),
    "es": _("Spanish"),
    "fr": _("French"),
    "hi": _("Hindi"),
    "id": _("Indonesian"),
    "it": _("Italian"),
    "ja": _("Japanese"),
    "ko": _("Korean"),
    "pt": _("Portuguese"),
    "uk": _("Ukrainian"),
    "vi": _("Vietnamese"),
}
DEFAULT = "en"
"""Into which a prompt is translated for a model whose languages are not known."""


def codes(text: str) -> list[str]:
    """Return the codes of a text such as "en zh" or "en, zh", without repetitions."""
    return list(dict.fromkeys(text.replace(",", " ").lower().split()))


def unknown(text: str) -> list[str]:
    """Return what the text contains besides codes of NAMES."""
    return [code for code in codes(text) if code not in NAMES]


def names(found: Sequence[str]) -> list[str]:
    """Return the names of these languages in the active language, in order."""
    return [str(NAMES[code]) for code in found]
