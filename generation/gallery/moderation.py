"""Automatic rules: whether an image may be submitted to Explore, and the reason if not.

The only rule is a word list that moderators edit. It checks prompts, not images; moderators review
what passes.
"""

import re
import unicodedata
from dataclasses import dataclass

from django.utils.translation import gettext as _

from generation.models import BlockedWord


@dataclass(frozen=True)
class Verdict:
    """The result of the rules; `reason` is for the owner, empty if allowed."""

    reason: str = ""

    @property
    def is_allowed(self) -> bool:
        """Whether a moderator may review it."""
        return not self.reason


def judge(*, prompt: str) -> Verdict:
    """Return the verdict on publishing an image with this prompt."""
    text = _folded(prompt)
    for word in BlockedWord.objects.order_by("word").values_list("word", flat=True):
        if found := re.search(_pattern(word), text):
            reason = _("Images whose prompt contains the word “%(word)s” aren’t shown in Explore.")
            return Verdict(reason % {"word": found[0]})
    return Verdict()


def _pattern(word: str) -> str:
    stem = _folded(word.removesuffix("*"))
    ending = r"\w*" if word.endswith("*") else ""
    return rf"(?<!\w){re.escape(stem)}{ending}(?!\w)"


def _folded(text: str) -> str:
    """Return the text for comparison: no case, wide letters, ligatures or ё; single spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().replace("ё", "е").split())
