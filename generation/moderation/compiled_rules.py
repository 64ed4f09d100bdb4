"""The rules as this process last read and compiled them.

They cost an order no statement: the one that inserts its jobs also checks that the rules have not
changed since (`Rules.unchanged`), and a refusal counts only if fresh rules decided it. Publishing
is rare and reads the version first.
"""

import threading
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from generation.models import ModerationRule, RulesVersion
from generation.moderation.rule_matching import Match, Matcher

VERSION = "(SELECT COALESCE(MAX(version), '') FROM generation_rulesversion)"


@dataclass(frozen=True)
class CompiledRules:
    """All enabled rules, compiled. `is_fresh`: read for this request."""

    version: str
    placing: Matcher
    publishing: Matcher
    is_fresh: bool = True

    def unchanged(self) -> tuple[str, list[Any]]:
        """Return the SQL condition, and its values, that these are the rules of now."""
        return ("TRUE", []) if self.is_fresh else (f"{VERSION} = %s", [self.version])

    def in_prompts(self, prompts: Iterable[str]) -> dict[str, list[Match]]:
        """Return what they find in prompts of an order; prompts without matches are left out."""
        matched = ((prompt, self.placing.matches(prompt)) for prompt in dict.fromkeys(prompts))
        return {prompt: matches for prompt, matches in matched if matches}


_last: CompiledRules | None = None
_reading = threading.Lock()


def read() -> CompiledRules:
    """Read and compile all rules, which takes a second for thousands of expressions."""
    global _last  # noqa: PLW0603 one for the process
    version = _version()  # first: a rule that changes meanwhile makes these rules stale
    rules = list(ModerationRule.objects.filter(enabled=True).order_by("id"))
    compiled = CompiledRules(
        version=version,
        placing=Matcher.of(rule for rule in rules if rule.at_placing),
        publishing=Matcher.of(rule for rule in rules if rule.at_publishing),
    )
    _last = replace(compiled, is_fresh=False)
    return compiled


def for_order() -> CompiledRules:
    """Return the rules to place an order with, as last read."""
    return _last or current()


def current() -> CompiledRules:
    """Return the rules of now; one statement if they have not changed.

    After a change one thread reads them and the others wait for it.
    """
    if known := _known():
        return known
    with _reading:
        return _known() or read()


def _known() -> CompiledRules | None:
    """Return the rules as last read, if they are those of now."""
    last = _last
    return replace(last, is_fresh=True) if last and last.version == _version() else None


def _version() -> str:
    return RulesVersion.objects.values_list("version", flat=True).first() or ""
