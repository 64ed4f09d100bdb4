"""`moderation.judge`: the words that staff block."""

from artgen.test import BaseTestCase
from generation.gallery import moderation
from generation.models import BlockedWord


class Judge(BaseTestCase):
    def block(self, *words):
        for word in words:
            blocked = BlockedWord(word=word)
            blocked.full_clean()
            blocked.save()

    def judged(self, prompt):
        return moderation.judge(prompt=prompt)

    def test_it_allows_what_no_rule_speaks_against(self):
        self.assertTrue(self.judged("Tea hills in mist").is_allowed)
        self.block("war")
        verdict = self.judged("A warm evening, toward the sea")
        self.assertEqual((verdict.is_allowed, verdict.reason), (True, ""))

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
                self.assertFalse(verdict.is_allowed)
                self.assertRegex(verdict.reason, rf"[“«]{word}[”»]")

    def test_it_takes_any_ending_after_an_asterisk(self):
        self.block("оруж*")
        for prompt in ("рыцарь с оружием", "Оружие"):
            self.assertFalse(self.judged(prompt).is_allowed, prompt)
        self.assertTrue(self.judged("безоружный").is_allowed)

    def test_it_takes_no_pattern_from_a_word(self):
        self.block(".*", "c++")
        self.assertTrue(self.judged("anything").is_allowed)
        self.assertFalse(self.judged("c++ on a poster").is_allowed)
