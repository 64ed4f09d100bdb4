"""What rules find in prompts: inflections, phrases, spellings that hide a word, bounded time."""

import threading
import time
from unittest import mock

import pytest

from generation.models import ModerationRule, RuleAction, RuleKind
from generation.moderation import rule_matching
from generation.moderation.rule_matching import Matcher, strongest
from generation.moderation.text_folding import folded, stem


def rule(pattern, *, pk=1, **fields):
    return ModerationRule(pk=pk, pattern=pattern, **fields)


def found(pattern, prompt, **fields):
    """Return the words that a rule finds."""
    matches = Matcher.of([rule(pattern, **fields)]).matches(prompt)
    return matches[0].words if matches else ()


INFLECTED = (
    ("weapon", "two WEAPONS on a table", "weapons"),
    ("kill", "a man killing time", "killing"),
    ("оружие", "рыцарь с оружием", "оружием"),
    ("война", "Сцены войны", "войны"),
    ("голый", "голая натура", "голая"),
    ("обнажённый", "обнаженной спиной", "обнаженной"),
    ("real person", "portraits of real persons", "real persons"),
    ("детская порнография", "детской порнографии", "детской порнографии"),
)


@pytest.mark.parametrize(("pattern", "prompt", "words"), INFLECTED)
def test_it_finds_inflections_in_both_languages(pattern, prompt, words):
    assert found(pattern, prompt) == (words,)


@pytest.mark.parametrize(("pattern", "prompt", "_words"), INFLECTED)
def test_it_finds_only_the_word_itself_without_inflections(pattern, prompt, _words):
    assert found(pattern, prompt, inflections=False) == ()
    assert found(pattern, f"a {pattern.upper()}!", inflections=False) == (folded(pattern),)


@pytest.mark.parametrize(
    "prompt", ["A warm evening, toward the sea", "postwar", "wa r", "software"]
)
def test_it_finds_no_part_of_a_word(prompt):
    assert found("war", prompt) == ()


@pytest.mark.parametrize(
    ("pattern", "prompt"),
    [
        ("war", "a war-torn street"),
        ("war", "ｗａｒ"),
        ("war", "wa\u200br"),
        ("weapon", "a wеаpon"),  # Cyrillic е and а
        ("оружие", "opужие"),  # Latin o and p
        ("ёлка", "Новогодняя ЕЛКА"),
        ("war-torn", "War torn street"),
        ("person’s", "a person's hand"),
    ],
)
def test_it_sees_through_spellings(pattern, prompt):
    assert found(pattern, prompt)


def test_it_takes_any_ending_after_an_asterisk():
    assert found("оруж*", "рыцарь с оружием") == ("оружием",)
    assert found("kill* man", "killer man, killed men") == ("killer man",)
    assert found("оруж*", "безоружный") == ()


def test_it_takes_no_pattern_from_a_word():
    assert found(".*\n[", "anything") == ()
    assert found("c++", "c++ on a poster") == ("c++",)
    assert found("c++", "c on a poster") == ()


def test_it_reads_each_line_and_skips_empty_ones():
    assert found("\n  sea \n\nhill\n", "hills by the sea") == ("hills", "sea")
    assert found("\n \n", "anything") == ()


def test_it_tries_regular_expressions_in_both_languages():
    assert found(r"\bоруж\w+", "Рыцарь с ОРУЖИЕМ", kind=RuleKind.REGEX) == ("оружием",)
    assert found(r"gun|Ёж", "a gun, ежи", kind=RuleKind.REGEX) == ("gun", "еж")
    assert found(r"\bgun\b", "a gunner", kind=RuleKind.REGEX) == ()


def test_it_leaves_out_a_rule_that_is_invalid(caplog):
    matcher = Matcher.of([rule("(", kind=RuleKind.REGEX), rule("sea", pk=2)])
    assert [match.rule for match in matcher.matches("the sea")] == [2]
    assert "a moderation rule is invalid" in caplog.text


SLOW = r"(a+)+$"
EVIL = "a" * 1900 + "!"


@pytest.mark.slow
def test_it_holds_what_a_slow_expression_cannot_decide():
    for action, expected in (
        (RuleAction.REFUSE, RuleAction.HOLD),
        (RuleAction.HOLD, RuleAction.HOLD),
        (RuleAction.FLAG, RuleAction.FLAG),
    ):
        slow = Matcher.of([rule(SLOW, kind=RuleKind.REGEX, action=action)])
        (match,) = slow.matches(EVIL)
        assert (match.action, match.words) == (expected, ())


@pytest.mark.slow
def test_it_bounds_the_time_of_all_expressions_together(caplog):
    many = Matcher.of(
        [
            *(rule(SLOW, pk=n, kind=RuleKind.REGEX, action=RuleAction.FLAG) for n in range(1, 900)),
            rule(SLOW, pk=900, kind=RuleKind.REGEX, action=RuleAction.REFUSE),
        ]
    )
    start = time.thread_time()
    matches = many.matches(EVIL)
    assert time.thread_time() - start < 10 * rule_matching.SEARCH_SECONDS
    assert len(matches) == rule_matching.MAX_LATE, "a review with all of them would be of no use"
    assert (matches[0].rule, matches[0].action) == (900, RuleAction.HOLD), "the strongest first"
    assert [(one.rules, one.of) for one in caplog.records] == [(900, 900)], "one line, not 900"


@pytest.mark.slow
def test_threads_share_the_stemmers():
    """A stemmer keeps its word in itself; without the lock, threads mix them up."""
    words = [f"{root}{ending}" for root in ("оруж", "войн", "голод") for ending in ("ие", "ами")]
    words += ["weapons", "killing", "relational", "generously"]
    expected = {word: stem(word) for word in words}
    wrong = []

    def work():
        for _n in range(200):
            stem.cache_clear()
            wrong.extend(word for word in words if stem(word) != expected[word])

    threads = [threading.Thread(target=work) for _n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


class Slow:
    """A pattern that searches for `seconds`, in a thread that gets a `share` of all that run."""

    def __init__(self, seconds, *, share):
        self.seconds, self.share, self.now, self.begun = seconds, share, 0.0, 0

    def finditer(self, _text, *, timeout, concurrent):
        assert concurrent
        self.begun += 1
        assert self.begun <= 3, "each time from the beginning"
        self.now += min(self.seconds, timeout * self.share)
        if timeout * self.share < self.seconds:
            raise TimeoutError
        return [("sea",)]


@pytest.mark.parametrize("share", [1.0, 0.6, 0.4, 0.25, 0.1])
def test_a_search_has_half_of_the_time_however_many_threads_run(share):
    """With the timeout alone, none that takes longer than its share of it would ever end."""
    for seconds, action in ((0.49, RuleAction.REFUSE), (1.01, RuleAction.HOLD)):
        slow = Slow(seconds * rule_matching.SEARCH_SECONDS, share=share)
        matcher = Matcher(patterns=[(rule("sea", action=RuleAction.REFUSE), slow)])
        with mock.patch.object(time, "thread_time", lambda slow=slow: slow.now):
            (match,) = matcher.matches("a quiet sea")
        assert match.action == action


def test_it_acts_on_the_strongest():
    matcher = Matcher.of(
        [
            rule("sea", pk=1, action=RuleAction.FLAG, category="other"),
            rule("hill", pk=2, action=RuleAction.HOLD, category="hate"),
            rule("gun", pk=3, action=RuleAction.REFUSE, category="violence"),
        ]
    )
    assert strongest(matcher.matches("the moon")) == ""
    assert strongest(matcher.matches("the sea")) == RuleAction.FLAG
    assert strongest(matcher.matches("hills by the sea")) == RuleAction.HOLD
    assert strongest(matcher.matches("a gun by the sea, hills")) == RuleAction.REFUSE
