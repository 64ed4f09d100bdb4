"""Search a prompt for all rules at once.

Words and phrases are looked up in tables by their first word or its beginning, so their number does
not matter. Regular expressions are tried in turn, for SEARCH_SECONDS of a processor at most: where
the machine is busy, a thread that waits for one has not searched, and no prompt is held for that.
"""

import logging
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import regex

from generation.models import ModerationRule, RuleAction, RuleKind
from generation.moderation.text_folding import folded, stem, words_of

log = logging.getLogger(__name__)

SEARCH_SECONDS = 0.05
"""For the regular expressions of one prompt, all together, in the time of their thread."""
LEAST_SHARE = 0.1
"""Of a search in what all threads take; so it takes ten times its time at most, should they end."""
MAX_WORDS_SHOWN = 5
MAX_LATE = 5
"""Rules that are named if there was no time for them: a moderator needs no list of thousands."""
MAX_REGEX_LENGTH = 500
ORDER = (RuleAction.FLAG, RuleAction.HOLD, RuleAction.REFUSE)


@dataclass(frozen=True)
class Match:
    """What one rule found in a prompt; without words, it could not be searched in time."""

    rule: int
    category: str
    action: str
    words: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        return {
            "rule": self.rule,
            "category": self.category,
            "action": self.action,
            "words": list(self.words),
        }


def strongest(matches: Iterable[Match]) -> str:
    """Return the strongest action, "" without matches."""
    return max((match.action for match in matches), key=ORDER.index, default="")


@dataclass(frozen=True)
class _Item:
    text: str
    is_stem: bool = False
    is_prefix: bool = False

    def fits(self, word: str) -> bool:
        if self.is_prefix:
            return word.startswith(self.text)
        return (stem(word) if self.is_stem else word) == self.text


@dataclass(frozen=True)
class _Phrase:
    rule: ModerationRule
    items: Sequence[_Item]

    def words_at(self, words: Sequence[str], at: int) -> str:
        """Return the words of the prompt that begin at `at` and are this phrase, "" if none."""
        there = words[at : at + len(self.items)]
        if len(there) < len(self.items):
            return ""
        fits = all(item.fits(word) for item, word in zip(self.items, there, strict=True))
        return " ".join(there) if fits else ""


@dataclass
class Matcher:
    exact: dict[str, list[_Phrase]] = field(default_factory=dict)
    stems: dict[str, list[_Phrase]] = field(default_factory=dict)
    prefixes: dict[str, list[_Phrase]] = field(default_factory=dict)
    prefix_lengths: set[int] = field(default_factory=set)
    patterns: list[tuple[ModerationRule, "regex.Pattern[str]"]] = field(default_factory=list)

    @classmethod
    def of(cls, rules: Iterable[ModerationRule]) -> "Matcher":
        """Compile these rules; one that is invalid is logged and left out."""
        matcher = cls()
        for rule in rules:
            try:
                matcher._add(rule)
            except regex.error:
                log.exception("a moderation rule is invalid", extra={"rule": rule.pk})
        return matcher

    def matches(self, prompt: str) -> list[Match]:
        """Return what the rules find in a prompt, one match for each rule."""
        if not (self.exact or self.stems or self.prefixes or self.patterns):
            return []
        text = folded(prompt)
        words_by_rule: dict[int, tuple[ModerationRule, list[str]]] = {}
        for rule, words in self._phrases(text):
            words_by_rule.setdefault(rule.pk, (rule, []))[1].append(words)
        late = []
        end = time.thread_time() + SEARCH_SECONDS
        for rule, pattern in self.patterns:
            hits = _search(pattern, text, end=end)
            if hits is None:
                late.append(rule)
            elif hits:
                words_by_rule.setdefault(rule.pk, (rule, []))[1].extend(hits)
        if late:
            log.warning(
                "moderation rules took too long",
                extra={"rule": late[0].pk, "rules": len(late), "of": len(self.patterns)},
            )
            late.sort(key=lambda rule: ORDER.index(rule.action), reverse=True)
        return [
            *(
                Match(rule.pk, rule.category, rule.action, tuple(dict.fromkeys(words)))
                for rule, words in words_by_rule.values()
            ),
            *(
                # Neither allowed, which would let everything pass beside one slow text, nor
                # refused without anything found: a moderator looks.
                Match(rule.pk, rule.category, _at_most_held(rule.action), ())
                for rule in [rule for rule in late if rule.pk not in words_by_rule][:MAX_LATE]
            ),
        ]

    def _phrases(self, text: str) -> Iterator[tuple[ModerationRule, str]]:
        if not (self.exact or self.stems or self.prefixes):
            return
        words = list(words_of(text))
        for at, word in enumerate(words):
            candidates = [*self.exact.get(word, ())]
            for length in self.prefix_lengths:
                candidates += self.prefixes.get(word[:length], ())
            if self.stems:
                candidates += self.stems.get(stem(word), ())
            for phrase in candidates:
                if words_found := phrase.words_at(words, at):
                    yield phrase.rule, words_found

    def _add(self, rule: ModerationRule) -> None:
        if rule.kind == RuleKind.REGEX:
            self.patterns.append((rule, compiled(rule.pattern)))
            return
        literals = []
        for line in rule.pattern.splitlines():
            entry = folded(line)
            if not entry:
                continue
            if items := _items(entry, inflections=rule.inflections):
                self._index(_Phrase(rule, items))
            else:
                literals.append(regex.escape(entry))
        if literals:
            pattern = rf"(?<!\w)(?:{'|'.join(literals)})(?!\w)"
            self.patterns.append((rule, regex.compile(pattern)))

    def _index(self, phrase: _Phrase) -> None:
        first = phrase.items[0]
        if first.is_prefix:
            self.prefixes.setdefault(first.text, []).append(phrase)
            self.prefix_lengths.add(len(first.text))
        else:
            table = self.stems if first.is_stem else self.exact
            table.setdefault(first.text, []).append(phrase)


def compiled(pattern: str) -> "regex.Pattern[str]":
    """Return the regular expression, for folded texts; raise `regex.error`."""
    return regex.compile(pattern.replace("ё", "е").replace("Ё", "Е"), regex.IGNORECASE)


def _search(pattern: "regex.Pattern[str]", text: str, *, end: float) -> list[str] | None:
    """Return some of what a pattern finds, None if it was not searched until `end`.

    `end` is a time of `time.thread_time`. Other threads run meanwhile (`concurrent`). The timeout
    of `regex` also counts what they take of a processor: where it came too early, the search begins
    again with a longer one. So it has half of the time or more, if it gets LEAST_SHARE.
    """
    share = 1.0  # of this thread in what all threads take of a processor
    while (seconds := end - (start := time.thread_time())) > 0:
        hits: list[str] = []
        try:
            for hit in pattern.finditer(text, timeout=seconds / share, concurrent=True):
                if hit[0].strip() and hit[0] not in hits:
                    hits.append(hit[0].strip())
                if len(hits) == MAX_WORDS_SHOWN:
                    break
        except TimeoutError:
            taken = time.thread_time() - start
            share = min(1.0, max(LEAST_SHARE, share * taken / seconds))
            continue
        return hits
    return None


def _at_most_held(action: str) -> str:
    return min(action, RuleAction.HOLD.value, key=ORDER.index)


def _items(entry: str, *, inflections: bool) -> list[_Item]:
    """Return the words of an entry, [] if it has characters that no word has."""
    items = []
    for part in entry.replace("-", " ").replace("'", " ").replace("’", " ").split():
        is_prefix = part.endswith("*")
        word = part.removesuffix("*")
        if not word or [*words_of(word)] != [word]:
            return []
        if is_prefix:
            items.append(_Item(word, is_prefix=True))
        elif inflections:
            items.append(_Item(stem(word), is_stem=True))
        else:
            items.append(_Item(word))
    return items
