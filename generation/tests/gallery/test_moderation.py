"""`moderation.judge`: the words that staff block."""

import re

from artgen.testing.cases import BaseTestCase
from generation.gallery import moderation
from generation.models import BlockedWord


class TestJudge(BaseTestCase):
    def block(self, *words):
        for word in words:
            blocked = BlockedWord(word=word)
            blocked.full_clean()
            blocked.save()

    def judged(self, prompt):
        return moderation.judge(prompt=prompt)

    def test_it_allows_what_no_rule_speaks_against(self):
        assert self.judged("Tea hills in mist").is_allowed
        self.block("war")
        verdict = self.judged("A warm evening, toward the sea")
        assert (verdict.is_allowed, verdict.reason) == (True, "")

    def test_it_finds_whole_words_whatever_the_case_and_says_which(self):
        self.block("War", "ёлка", "real  person")
        for prompt, word in (
            ("WAR, rain", "war"),
            ("a war-torn street", "war"),
            ("Новогодняя Елка", "елка"),
            ("a REAL person", "real person"),
            ("ｗａｒ", "war"),
        ):
            with self.subTest(prompt):
                verdict = self.judged(prompt)
                assert not verdict.is_allowed
                assert re.search(rf"[“«]{word}[”»]", verdict.reason)

    def test_it_takes_any_ending_after_an_asterisk(self):
        self.block("оруж*")
        for prompt in ("рыцарь с оружием", "Оружие"):
            assert not self.judged(prompt).is_allowed, prompt
        assert self.judged("безоружный").is_allowed

    def test_it_takes_no_pattern_from_a_word(self):
        self.block(".*", "c++")
        assert self.judged("anything").is_allowed
        assert not self.judged("c++ on a poster").is_allowed
