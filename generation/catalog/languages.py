"""The languages in which a model supports prompts: ISO 639-1 codes, separated by spaces."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import pgettext, pgettext_lazy

NAMES: dict[str, Any] = {
    "en": pgettext_lazy("prompt language", "English"),
    "ru": pgettext_lazy("prompt language", "Russian"),
    "zh": pgettext_lazy("prompt language", "Chinese"),
    "ar": pgettext_lazy("prompt language", "Arabic"),
    "de": pgettext_lazy("prompt language", "German"),
    "es": pgettext_lazy("prompt language", "Spanish"),
    "fr": pgettext_lazy("prompt language", "French"),
    "hi": pgettext_lazy("prompt language", "Hindi"),
    "id": pgettext_lazy("prompt language", "Indonesian"),
    "it": pgettext_lazy("prompt language", "Italian"),
    "ja": pgettext_lazy("prompt language", "Japanese"),
    "ko": pgettext_lazy("prompt language", "Korean"),
    "pt": pgettext_lazy("prompt language", "Portuguese"),
    "uk": pgettext_lazy("prompt language", "Ukrainian"),
    "vi": pgettext_lazy("prompt language", "Vietnamese"),
}
DEFAULT = "en"
"""Into which a prompt is translated for a model whose languages are not known."""


def codes(text: str) -> list[str]:
    """Return the codes of a text such as "en zh" or "en, zh", without repetitions."""
    return list(dict.fromkeys(text.replace(",", " ").lower().split()))


def known(codes: Sequence[str]) -> list[str]:
    """Return the codes that are in NAMES, in order."""
    return [code for code in codes if code in NAMES]


def listed(codes: Sequence[str]) -> str:
    """Return "English and Chinese" in the active language, as it follows "understands"."""
    names = [str(NAMES[code]) for code in codes]
    if len(names) < 2:
        return "".join(names)
    values = {"languages": ", ".join(names[:-1]), "last": names[-1]}
    return pgettext("prompt languages", "%(languages)s and %(last)s") % values
