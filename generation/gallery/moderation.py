"""Rules before people: whether a picture may go into the queue for Explore, and if not, why in words.

The one rule is a list of words that staff edit. It reads prompts, never pictures: what it lets through, staff look at.
"""

import re
import unicodedata
from dataclasses import dataclass

from django.utils.translation import gettext as _

from generation.models import BlockedWord


@dataclass(frozen=True)
class Verdict:
    """What the rules say; `reason` is for the owner, empty where nothing speaks against it."""

    reason: str = ""

    @property
    def is_allowed(self) -> bool:
        """Whether people may decide now."""
        return not self.reason


def judge(*, prompt: str) -> Verdict:
    """Return the verdict on showing a picture with this prompt to everybody."""
    text = _folded(prompt)
    for word in BlockedWord.objects.order_by("word").values_list("word", flat=True):
        if found := re.search(_pattern(word), text):
            told = _("Pictures whose description has the word “%(word)s” are not shown on Explore.")
            return Verdict(told % {"word": found[0]})
    return Verdict()


def _pattern(word: str) -> str:
    stem = _folded(word.removesuffix("*"))
    ending = r"\w*" if word.endswith("*") else ""
    return rf"(?<!\w){re.escape(stem)}{ending}(?!\w)"


def _folded(text: str) -> str:
    """Return the text as it is compared: without case, wide letters and ligatures, ё as е, single spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().replace("ё", "е").split())
