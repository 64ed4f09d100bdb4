"""Word lists: names, entries, limits, deletion and undo."""

import pytest

from artgen.refusals import Refusal
from generation.models import WordList
from generation.studio.comparisons import word_lists
from generation.testing.cases import BaseTestCase


class TestWordLists(BaseTestCase):
    def create(self, name: str = "colors", *entries: str) -> WordList:
        return word_lists.create(user=self.alice, name=name, entries=entries or ["red", "blue"])

    def code(self, name: str, *entries: str) -> tuple[str, str]:
        with pytest.raises(Refusal) as refusal:
            word_lists.create(user=self.alice, name=name, entries=entries)
        (error,) = refusal.value.errors
        return error.field, error.code

    def test_it_is_stored_without_repeated_and_empty_entries(self) -> None:
        made = self.create("Цвета", " red ", "", "red", "sky  blue")
        assert made.entries == ["red", "sky blue"]
        assert word_lists.of_user(self.alice) == {"цвета": ["red", "sky blue"]}
        assert word_lists.of_user(self.bob) == {}

    def test_it_refuses_names_and_entries_that_prompts_cannot_use(self) -> None:
        self.create()
        assert self.code("", "a") == ("name", "blank")
        assert self.code("a b", "a") == ("name", "invalid")
        assert self.code("a:2", "a") == ("name", "invalid")
        assert self.code("x" * 41, "a") == ("name", "max_length")
        assert self.code("COLORS", "a") == ("name", "unique")
        assert self.code("empty", " ") == ("entries", "required")
        assert self.code("long", "x" * 201) == ("entries", "max_length")
        assert self.code("many", *map(str, range(201))) == ("entries", "max_length")
        assert self.code("braces", "a", "{b}") == ("entries", "invalid")
        assert self.code("nested", "__colors__") == ("entries", "invalid")
        assert self.code("control", "a\u202eb") == ("entries", "control_characters")
        assert WordList.objects.count() == 1
