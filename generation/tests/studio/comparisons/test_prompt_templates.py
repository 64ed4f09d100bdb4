"""Alternatives in prompts: braces, word lists, what is refused."""

from itertools import islice

import pytest

from generation.catalog.offers import InvalidParameters
from generation.studio.comparisons import prompt_templates
from generation.studio.comparisons.prompt_templates import Template

LISTS = {
    "colors": ["red", "green", "blue"],
    "звери": ["лиса", "ёж"],
    "long": ["x"] * 65,
    "wide": ["x" * 200],
}


def parse(text: str, *, seed: int = 1) -> Template:
    """Return the template of a prompt."""
    return prompt_templates.parse(text, lists=LISTS, seed=seed)


def refused(text: str) -> str:
    """Return the code with which a prompt is refused."""
    with pytest.raises(InvalidParameters) as refusal:
        parse(text)
    (error,) = refusal.value.errors
    assert error.field == "prompt"
    assert error.detail
    return error.code


class TestTemplate:
    @pytest.mark.parametrize(
        ("text", "prompts"),
        [
            ("a kite", ["a kite"]),
            ("a {red|blue} kite", ["a red kite", "a blue kite"]),
            ("{a|b} {c|d}", ["a c", "a d", "b c", "b d"]),
            ("{a|{b|c} d}", ["a", "b d", "c d"]),
            ("{a|a}", ["a"]),
            ("{a}", ["a"]),
            ("a {big |}fox", ["a bigfox", "a fox"]),
            ("a __colors__ kite", ["a red kite", "a green kite", "a blue kite"]),
            ("__COLORS__", ["red", "green", "blue"]),
            ("__звери__ в лесу", ["лиса в лесу", "ёж в лесу"]),
            ("{plain|__colors__}", ["plain", "red", "green", "blue"]),
            (r"\{a\|b\} \__colors\__", ["{a|b} __colors__"]),
            ("a | b", ["a | b"]),
            ("snake_case and __init", ["snake_case and __init"]),
            (r"a \n b", [r"a \n b"]),
        ],
    )
    def test_it_stands_for_these_prompts(self, text: str, prompts: list[str]) -> None:
        assert list(parse(text).prompts()) == prompts

    def test_it_chooses_entries_by_the_seed(self) -> None:
        (chosen,) = parse("__colors:2__").choices
        assert len(chosen) == 2
        assert set(chosen) < set(LISTS["colors"])
        assert parse("__colors:2__").choices == [chosen]
        others = {parse("__colors:2__", seed=seed).choices[0] for seed in range(20)}
        assert len(others) > 1

    def test_it_takes_each_use_of_a_list_for_itself(self) -> None:
        assert len(list(parse("__colors__ on __colors__").prompts())) == 9

    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("{a|b", "unbalanced"),
            ("a}", "unbalanced"),
            ("{{{{{a}}}}}", "too_deep"),
            ("{" * 2000, "too_deep"),
            ("{" + "|".join(map(str, range(10_000))) + "}", "too_many"),
            ("{" + "{a|b|c|d|e|f|g|h|i}" * 2 + "}", "too_many"),
            ("__none__", "does_not_exist"),
            ("{__none__|a}", "does_not_exist"),
            ("__long__", "too_many"),
            ("__long:0__", "too_many"),
            ("__long:65__", "too_many"),
            ("__wide__" * 11, "max_length"),
            ("{" + "__wide__" * 11 + "}", "max_length"),
            ("{" + "__wide__" * 11 + "__colors__|a", "max_length"),
        ],
    )
    def test_it_refuses_what_is_no_template(self, text: str, code: str) -> None:
        assert refused(text) == code

    def test_it_stays_small_for_more_prompts_than_atoms(self) -> None:
        template = parse("{a|b}" * 400)
        assert len(template.choices) == 400
        assert len(list(islice(template.prompts(), 3))) == 3


class TestName:
    @pytest.mark.parametrize("name", ["colors", "звери", "a_b", "a-b", "x", "2"])
    def test_it_can_be_named_in_a_prompt(self, name: str) -> None:
        assert prompt_templates.is_name(name)
        assert prompt_templates.parse(f"__{name}__", lists={name: ["x"]}, seed=1).parts == ("x",)

    @pytest.mark.parametrize("name", ["", " ", "a b", "a__b", "_a", "a_", "a:2", "{a}", "a\n"])
    def test_it_cannot_be_named(self, name: str) -> None:
        assert not prompt_templates.is_name(name)
