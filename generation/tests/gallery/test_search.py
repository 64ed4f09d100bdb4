"""`generation.gallery.search`: images by the words of their prompts."""

from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase as HypothesisTestCase

from accounts.models import User
from generation.gallery import search
from generation.gallery.search import Term, matching, read
from generation.models import Image, Publication, Status
from generation.testing.rows.api import ApiTestCase, make_image, make_job


class TestRead(ApiTestCase):
    def test_it_reads_words_phrases_minus_and_or(self) -> None:
        for text, expected in (
            ("", ()),
            ("  \t ", ()),
            ('" - " -- % ( _', ()),
            ("Tea HILLS", ((Term(("tea",)), Term(("hills",), is_open=True)),)),
            ("tea ", ((Term(("tea",), is_open=True),),)),
            ('"tea hills"', ((Term(("tea", "hills")),),)),
            ('"tea hills', ((Term(("tea", "hills")),),)),
            (
                '-"tea hills" fog',
                ((Term(("tea", "hills"), is_negative=True), Term(("fog",), is_open=True)),),
            ),
            ("-fog", ((Term(("fog",), is_negative=True),),)),
            ("art-deco", ((Term(("art", "deco"), is_open=True),),)),
            ("Ёлка", ((Term(("елка",), is_open=True),),)),
            ("tea or hills", ((Term(("tea",)),), (Term(("hills",), is_open=True),))),
            ("or", ((Term(("or",), is_open=True),),)),
            ("tea or", ((Term(("tea",)),),)),
            ("tea or % or hills", ((Term(("tea",)),), (Term(("hills",), is_open=True),))),
        ):
            with self.subTest(text):
                assert read(text) == expected

    def test_it_takes_only_so_many_letters(self) -> None:
        for text in ("㌖" * 200, "ﷺ" * 200, "İ" * 500):  # NFKC and lower case make them longer
            assert not matching(Image.objects.of(self.alice), text, user=self.alice).images
            assert not search.published(Publication.objects.shown(), f"{text} {text}")

    def test_it_takes_only_so_many_words(self) -> None:
        (terms,) = read("a " * 40 + '"b c"')
        assert len(terms) == search.WORDS_MAX


class TestMatching(ApiTestCase):
    def hang(self, prompt: str, *, user: User | None = None) -> Image:
        user = user or self.alice
        return make_image(user, job=make_job(user, status=Status.SUCCEEDED, prompt=prompt))

    def found(self, text: str) -> set[str]:
        images = matching(Image.objects.of(self.alice).kept(), text, user=self.alice).images
        return set(images.values_list("job__prompt", flat=True))

    def assert_finds(self, prompt: str, *texts: str) -> None:
        for text in texts:
            with self.subTest(text):
                assert self.found(text) == {prompt}

    def test_it_finds_russian_words_in_any_form(self) -> None:
        prompt = self.hang("Туман в горах, чёрные ёлки и ЗЕЛЁНЫЕ холмы").job.prompt
        self.hang("Город у моря")
        self.assert_finds(
            prompt,
            "горы",
            "гора",
            "в горах",
            "холм",
            "холмами",
            "елка",
            "ёлка",
            "черная",
            "зелёный холм",
        )
        assert self.found("горе море") == set()

    def test_it_finds_english_words_in_any_form(self) -> None:
        prompt = self.hang(
            "Two lighthouses painted under an art-deco sky, f/1.8, black/white"
        ).job.prompt
        self.hang("A light house")
        self.assert_finds(
            prompt,
            "lighthouse",
            "lighthouses",
            "PAINT",
            "painting",
            "under",
            "art deco",
            "art-deco",
        )
        self.assert_finds(prompt, "white", "black", "1.8", "sky lighthouse")
        assert self.found("lighthouse mountain") == set()

    def test_it_finds_both_languages_at_once(self) -> None:
        prompt = self.hang("Маяк, lighthouse, 35mm").job.prompt
        self.hang("Маяк")
        self.assert_finds(prompt, "маяки lighthouses", "35mm маяк", "маяк 35mm")

    def test_it_finds_what_begins_with_the_last_word(self) -> None:
        prompt = self.hang("Горные хребты and a lighthouse").job.prompt
        self.hang("Light over the hills")
        self.assert_finds(prompt, "lightho", "lighthous", "горн", "хреб", "lighthouse хр")
        assert self.found("lightho хребты") == set()  # only the last word is unfinished
        assert self.found('"lightho"') == set()
        assert len(self.found("light")) == 2
        assert self.found("l") == set()

    def test_it_knows_phrases_minus_and_or(self) -> None:
        both, swapped, none = (
            self.hang(text).job.prompt for text in ("tea hills", "hills of tea", "fog")
        )
        self.assert_finds(both, '"tea hills"', '"tea hill', '-"hills of" tea', "hills -of")
        self.assert_finds(none, "-tea", "-tea -of fog")
        assert self.found("tea hills") == {both, swapped}
        assert self.found("fog or of") == {none, swapped}
        assert self.found('fog or "tea hills"') == {none, both}
        assert self.found("-tea -fog") == set()

    def test_it_finds_all_for_nothing_and_nothing_for_no_word(self) -> None:
        prompt = self.hang("100% tea").job.prompt
        assert self.found(" ") == {prompt}
        for text in (
            "%",
            "_",
            '"',
            '""',
            "-",
            "- -",
            "( | )",
            "\\",
            ":*",
            "<->",
            "'",
            "&",
            "²",
            "🙂",
        ):
            with self.subTest(text):
                assert self.found(text) == set()
        self.assert_finds(prompt, "100%", "100 tea", "tea (%)", "tea' :*", "tea & | !", "\\tea")

    def test_it_finds_own_pictures_only(self) -> None:
        self.hang("tea hills", user=self.bob)
        mine = self.hang("tea").job.prompt
        self.assert_finds(mine, "tea", "-hills", f"{self.bob.id} or tea")
        assert self.found(f"@{self.bob.id}") == self.found("hills") == set()

    def test_it_finds_as_much_among_many(self) -> None:
        """Walk through the newest.

        As it is done for words that are common lately, or not where they were long ago.
        """
        prompts = {self.hang(f"tea hills {number}").job.prompt for number in range(3)}
        self.hang("fog")
        for least in (3, 4):
            changes = {"SAMPLE_SIZE": 4, "COMMON_THRESHOLD": 1, "MIN_HITS": least}
            with self.subTest(least), mock.patch.multiple(search, **changes):
                found = matching(Image.objects.of(self.alice).kept(), "tea hill", user=self.alice)
                assert found.are_many
                assert set(found.images.values_list("job__prompt", flat=True)) == prompts


class TestAnyText(HypothesisTestCase):
    @pytest.mark.slow
    @settings(max_examples=150, deadline=None)
    @given(st.text(max_size=60) | st.from_regex(r'[-"a-zё\'\\:*&|!<>() ]{0,40}', fullmatch=True))
    def test_it_takes_any_text(self, text: str) -> None:
        user = User(email="nobody@example.org")
        text = text.replace("\0", "")
        assert list(matching(Image.objects.of(user.pk), text, user=user).images) == []
