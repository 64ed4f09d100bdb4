"""What source images are for: in the prompt, in a graph, and in the catalog."""

import pytest

from generation.catalog import model_validation
from generation.catalog.offers import InvalidParameters, Offer
from generation.catalog.prices import price_from
from generation.catalog.source_roles import formats_from, in_slots, instructions, numbers_of
from generation.testing.rows.catalog import offer

FORMATS = formats_from({"subject": {}, "style": {"text": "Paint as in {image}."}})


class TestPrompt:
    def test_it_says_what_each_image_is_for(self) -> None:
        assert instructions(["subject", "edit", "style"], FORMATS) == (
            "Show the same subject as in image 1. Edit image 2. Paint as in image 3."
        )

    def test_it_says_the_weight_of_each_image(self) -> None:
        assert instructions(["subject-light", "style-strong"], FORMATS) == (
            "Show the same subject as in image 1. Take only a little from image 1. "
            "Paint as in image 2. Follow image 2 closely."
        )

    def test_it_names_a_single_image_without_a_number(self) -> None:
        assert instructions(["style"], FORMATS) == "Paint as in the image."

    def test_it_leaves_the_prompt_of_edits_alone(self) -> None:
        assert instructions([], FORMATS) == ""

    def test_it_adds_nothing_for_a_slot(self) -> None:
        formats = formats_from({"style": {"slot": 1, "weights": [0.2, 0.5, 1]}})
        assert instructions(["style-strong"], formats) == ""
        assert numbers_of(["style-strong"], formats) == [1]


def test_it_puts_images_into_the_slots_of_a_graph() -> None:
    formats = formats_from({"composition": {"slot": 1}, "style": {"slot": 3}})
    assert in_slots("abc", ["style", "edit", "composition"], formats) == ["c", "b", "a"]
    assert in_slots("ab", ["edit", "composition-light"], formats) == ["b", "a"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"light": {}},
        {"edit": {}},
        {"style": {"text": "without the image"}},
        {"style": {"text": "{image}" * 50}},
        {"style": {"slot": 0}},
        {"style": {"slot": 1, "text": "{image}"}},
        {"style": "in the style of {image}"},
        {"style-light": {}},
        {"style": {"weights": [0.2, 0.5]}},
        {"style": {"weights": [0.5, 0.2, 1]}},
        {"style": {"text": "{image}", "weights": [0.2, 0.5, 1]}},
    ],
)
def test_it_refuses_what_no_model_can_have(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"role|style"):
        formats_from(wrong)


class TestRequest:
    def cleaned(self, roles: object, images: int = 2, slug: str = "seedream-4-edit") -> object:
        names = [f"{number}" for number in range(images)]
        request = {"prompt": "fog", "source_images": names, "source_roles": roles}
        return offer(slug).clean(request)["source_roles"]

    def refused(self, roles: object, images: int = 2, slug: str = "seedream-4-edit") -> list[str]:
        with pytest.raises(InvalidParameters) as caught:
            self.cleaned(roles, images, slug)
        assert {error.field for error in caught.value.errors} == {"source_roles"}
        return [error.code for error in caught.value.errors]

    def test_it_has_a_role_for_each_image(self) -> None:
        assert self.cleaned(["style", "edit"]) == ["style", "edit"]
        assert self.refused(["style"]) == ["length"]
        assert self.refused(["style"], images=3) == ["length"]

    def test_it_has_none_if_all_images_are_edited(self) -> None:
        assert self.cleaned(["edit", "edit"]) == []
        assert self.cleaned(None) == []

    def test_it_refuses_roles_that_the_model_does_not_support(self) -> None:
        assert self.refused(["composition"], 1, "flux-kontext") == ["not_supported"]
        assert self.refused(["style"], 1, "z-image-turbo") == ["not_supported"]
        assert self.refused(["style", "mood"]) == ["invalid"]
        assert self.refused("style") == ["invalid"]

    def test_it_has_a_weight_where_the_model_gets_one(self) -> None:
        assert self.cleaned(["style-light", "edit"]) == ["style-light", "edit"]
        assert self.cleaned(["composition-strong"], 1, "sdxl-canny") == ["composition-strong"]
        assert self.refused(["style-heavy"], 1) == ["invalid"]
        without = formats_from({"composition": {"slot": 1}})
        model = Offer("graph", "Graph", "comfyui", max_source_images=1, roles=without)
        assert model.source_roles == ["composition"]

    def test_it_has_the_role_of_a_field_of_its_own(self) -> None:
        roles = formats_from({"style": {"weights": [0.3, 0.6, 1]}})
        model = Offer("krea", "Krea", "public", max_source_images=2, roles=roles)
        assert model.source_roles == ["style", "style-light", "style-strong"]
        request = {"prompt": "fog", "source_images": ["a", "b"]}
        assert model.clean(request)["source_roles"] == ["style", "style"]

    def test_it_has_one_image_for_a_slot(self) -> None:
        graph = Offer("graph", "Graph", "comfyui", max_source_images=2)
        formats = formats_from({"style": {"slot": 2}})
        model = Offer(**{**vars(graph), "roles": formats})
        request = {"prompt": "fog", "source_images": ["a", "b"], "source_roles": ["style"] * 2}
        with pytest.raises(InvalidParameters) as caught:
            model.clean(request)
        assert caught.value.errors[0].code == "max_length"

    def test_a_slot_is_for_its_role_alone(self) -> None:
        assert self.cleaned(["composition"], 1, "sdxl-canny") == ["composition"]
        assert self.refused(None, 1, "sdxl-canny") == ["required"]
        assert self.refused(["edit"], 1, "sdxl-canny") == ["not_supported"]


def test_it_says_which_roles_a_model_cannot_have() -> None:
    def problems(slug: str, roles: dict[str, object]) -> bool:
        model = Offer(**{**vars(offer(slug)), "roles": formats_from(roles)})
        return "roles" in model_validation.problems(model, workflow=None)

    assert problems("flux-dev", {"style": {}})
    assert problems("seedream-4-edit", {"style": {"slot": 1}})
    assert problems("seedream-4-edit", {"style": {"weights": [0.3, 0.6, 1]}})
    assert not problems("seedream-4-edit", {"style": {}})
    sources = {"field": "reference", "list": True, "max": 10, "item": "url", "weight": "strength"}
    changed = {"request_format": {"sources": sources}, "parameters": {}, "max_source_images": 10}
    weighted = vars(offer("seedream-4-edit")) | changed | {"price": price_from({"per_image": 1})}

    def weighted_problems(roles: dict[str, object]) -> list[str]:
        model = Offer(**weighted | {"roles": formats_from(roles)})
        return [*model_validation.problems(model, workflow=None)]

    assert weighted_problems({"style": {"weights": [0.3, 0.6, 1]}}) == []
    assert weighted_problems({"style": {}}) == ["roles"]
    both = {"style": {"weights": [0.3, 0.6, 1]}, "subject": {"weights": [0.3, 0.6, 1]}}
    assert weighted_problems(both) == ["roles"]
