"""Prompts with alternatives: `{red|blue}`, `__list__` and `__list:3__`. Pure.

A prompt becomes fixed text and choices between options. `{a|{b|c} d}` is one choice of `a`, `b d`
and `c d`; `__list__` is one of all entries of a word list, `__list:3__` one of three of them,
chosen at random. A backslash before `{`, `}`, `|`, `_` or `\\` takes its meaning away. Entries of
a list are plain text, so lists cannot contain each other.
"""

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from artgen.refusals import FieldError
from artgen.web import formatting
from generation.catalog.job_parameters import PROMPT_MAX_LENGTH
from generation.catalog.offers import InvalidParameters
from generation.owned_rows.names import folded

FIELD = "prompt"
MAX_OPTIONS = 64
MAX_DEPTH = 4
LIST = re.compile(r"__(?P<name>[^\W_](?:[\w-]*?[^\W_])?)(?::(?P<count>\d{1,3}))?__")
ESCAPED = frozenset("{}|_\\")


@dataclass(frozen=True)
class Template:
    """A prompt: fixed texts, each a string, and choices, each a tuple of two or more options."""

    parts: tuple[str | tuple[str, ...], ...]

    @property
    def choices(self) -> list[tuple[str, ...]]:
        return [part for part in self.parts if isinstance(part, tuple)]

    def filled(self, options: Sequence[str]) -> str:
        left = iter(options)
        text = "".join(part if isinstance(part, str) else next(left) for part in self.parts)
        return re.sub(" {2,}", " ", text)

    def prompts(self) -> Iterator[str]:
        return (self.filled(options) for options in product(*self.choices))


def parse(text: str, *, lists: Mapping[str, Sequence[str]], seed: int) -> Template:
    """Return the prompt as a template.

    `lists` are the entries of the user's word lists by `folded` name; `seed` decides which entries
    are chosen at random.

    Raises:
        InvalidParameters: of the field `prompt`.
    """
    return _Parser(text, lists=lists, seed=seed).run()


def has_alternatives(text: str) -> bool:
    """Return whether a text contains what `parse` does not take literally."""
    return any(char in text for char in "{}|\\") or LIST.search(text) is not None


def is_name(text: str) -> bool:
    """Return whether a prompt can name a list like this."""
    match = LIST.fullmatch(f"__{text}__")
    return match is not None and match["name"] == text and "__" not in text


class _Parser:
    def __init__(self, text: str, *, lists: Mapping[str, Sequence[str]], seed: int) -> None:
        self.text, self.lists = text, lists
        self.random = random.Random(seed)  # noqa: S311 the same seed chooses the same entries
        self.at = 0

    def run(self) -> Template:
        parts: list[str | tuple[str, ...]] = []
        literal = ""
        while self.at < len(self.text):
            options: list[str] | None = None
            if self.text[self.at] == "{":
                options = _distinct(self.group(depth=1))
            elif self.text[self.at] == "}":
                raise _refusal(
                    "unbalanced", _("“}” without “{” before it. Write \\} for the sign.")
                )
            elif entries := self.list_here():
                options = _distinct(entries)
            if options is None:
                literal += self.char()
            elif len(options) == 1:
                literal += options[0]
                _check_length(literal)
            else:
                parts += [literal, tuple(options)] if literal else [tuple(options)]
                literal = ""
        return Template((*parts, literal) if literal else tuple(parts))

    def group(self, *, depth: int) -> list[str]:
        """Return the options of the braces that begin here."""
        if depth > MAX_DEPTH:
            text = _("Braces can be nested up to %(max)d deep.") % {"max": MAX_DEPTH}
            raise _refusal("too_deep", text)
        self.at += 1
        options: list[str] = []
        current = [""]
        while self.at < len(self.text):
            sign = self.text[self.at]
            if sign in "|}":
                self.at += 1
                options += current
                _check_count(len(options))
                if sign == "}":
                    return [option.strip() for option in options]
                current = [""]
            elif sign == "{":
                current = self.joined(current, self.group(depth=depth + 1))
            elif entries := self.list_here():
                current = self.joined(current, entries)
            else:
                char = self.char()
                current = [option + char for option in current]
        raise _refusal("unbalanced", _("“{” without “}” after it. Write \\{ for the sign."))

    def joined(self, before: list[str], after: list[str]) -> list[str]:
        _check_count(len(before) * len(after))
        options = [start + end for start in before for end in after]
        _check_length(max(options, key=len))
        return options

    def char(self) -> str:
        """Return the next sign as it is meant, and move on."""
        sign = self.text[self.at]
        self.at += 1
        if sign == "\\" and self.at < len(self.text) and self.text[self.at] in ESCAPED:
            sign = self.text[self.at]
            self.at += 1
        return sign

    def list_here(self) -> list[str] | None:
        """Return the entries of the list that is named here, and move on; None if none is."""
        named = LIST.match(self.text, self.at)
        if named is None:
            return None
        entries = self.lists.get(folded(named["name"]))
        if entries is None:
            text = _("You have no word list “%(name)s”. Create it, or correct the name.")
            raise _refusal("does_not_exist", text % {"name": named["name"]})
        self.at = named.end()
        if named["count"] is None:
            if len(entries) > MAX_OPTIONS:
                text = ngettext(
                    "The word list “%(name)s” has %(count)s entry, too many for one comparison. "
                    "Write __%(name)s:4__ for four of them, chosen at random.",
                    "The word list “%(name)s” has %(count)s entries, too many for one comparison. "
                    "Write __%(name)s:4__ for four of them, chosen at random.",
                    len(entries),
                )
                count = formatting.number(len(entries))
                raise _refusal("too_many", text % {"name": named["name"], "count": count})
            return list(entries)
        wanted = int(named["count"])
        if not 1 <= wanted <= MAX_OPTIONS:
            text = _("Must be 1–%(max)d entries of the word list “%(name)s”.")
            raise _refusal("too_many", text % {"max": MAX_OPTIONS, "name": named["name"]})
        return self.random.sample(list(entries), min(wanted, len(entries)))


def _check_count(count: int) -> None:
    if count > MAX_OPTIONS:
        text = _("One pair of braces can have up to %(max)d alternatives.") % {"max": MAX_OPTIONS}
        raise _refusal("too_many", text)


def _check_length(text: str) -> None:
    """Refuse a prompt that gets too long, before more is joined to it."""
    if len(text) > PROMPT_MAX_LENGTH:
        detail = ngettext(
            "At most %(max)d character.", "At most %(max)d characters.", PROMPT_MAX_LENGTH
        )
        raise _refusal("max_length", detail % {"max": PROMPT_MAX_LENGTH})


def _distinct(options: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(options))


def _refusal(code: str, text: str) -> InvalidParameters:
    return InvalidParameters([FieldError(FIELD, code, text)])
