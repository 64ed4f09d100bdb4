"""The cells of a comparison: heads, requests, limits of each model."""

from typing import Any
from uuid import uuid4

import pytest
from django.utils import translation

from accounts.limits import quotas
from artgen.api.problems import Problem
from generation.catalog.job_parameters import JOB_FIELDS
from generation.catalog.offers import InvalidParameters
from generation.jobs.placing.job_request import UserCatalog
from generation.models import ImageModel, model_cache
from generation.studio.comparisons import comparison_plan
from generation.studio.comparisons.comparison_plan import MAX_CELLS, ComparisonOwner, ComparisonPlan
from generation.studio.comparisons.comparison_request import clean
from generation.testing.rows.gallery import GalleryTestCase

ASKED = {"prompt": "A {red|blue} kite", "models": ["flux-schnell", "flux-dev"]}


class PlanTestCase(GalleryTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.enterContext(translation.override("en"))

    def plan(self, **asked: Any) -> ComparisonPlan:
        return comparison_plan.make(
            clean({**ASKED, **asked}),
            catalog=UserCatalog(model_cache.read(), self.alice),
            owner=ComparisonOwner(
                word_lists={"colors": ["red", "green", "blue"], "long": ["y" * 100, "z"]},
                quotas=quotas.of(self.alice),
            ),
            seed=7,
        )

    def refused(self, **asked: Any) -> dict[str, str]:
        """Return the details of a refusal by field."""
        with pytest.raises(InvalidParameters) as refusal:
            self.plan(**asked)
        return {error.field: error.detail for error in refusal.value.errors}

    def labels(self, heads: list[Any]) -> list[str]:
        return [" ".join(head.label for head in one) for one in heads]


class TestPlan(PlanTestCase):
    def test_it_puts_models_over_columns_and_alternatives_over_rows(self) -> None:
        plan = self.plan()
        assert self.labels(plan.columns) == ["FLUX.1 schnell", "FLUX.1 dev"]
        assert self.labels(plan.rows) == ["red", "blue"]
        assert [(one["model"], one["prompt"]) for one in plan.requests] == [
            ("flux-schnell", "A red kite"),
            ("flux-dev", "A red kite"),
            ("flux-schnell", "A blue kite"),
            ("flux-dev", "A blue kite"),
        ]
        assert {one["seed"] for one in plan.requests} == {7}

    def test_it_puts_the_last_alternatives_over_free_columns(self) -> None:
        plan = self.plan(prompt="{a|b} {c|d|e}", models=["flux-dev"])
        assert self.labels(plan.rows) == ["a", "b"]
        assert self.labels(plan.columns) == ["c", "d", "e"]
        assert [one["prompt"] for one in plan.requests][:4] == ["a c", "a d", "a e", "b c"]

    def test_it_varies_two_parameters(self) -> None:
        plan = self.plan(
            prompt="a kite",
            models=["flux-dev"],
            columns={"parameter": "steps", "values": [10, 20]},
            rows={"parameter": "guidance", "values": [2.5, 7]},
        )
        assert self.labels(plan.columns) == ["Steps 10", "Steps 20"]
        assert self.labels(plan.rows) == ["Guidance 2.5", "Guidance 7"]
        assert [(one["steps"], one["guidance"]) for one in plan.requests] == [
            (10, 2.5),
            (20, 2.5),
            (10, 7),
            (20, 7),
        ]

    def test_it_adds_models_to_the_rows_where_columns_are_taken(self) -> None:
        plan = self.plan(columns={"parameter": "seed", "values": [1, 2]})
        assert self.labels(plan.columns) == ["Seed 1", "Seed 2"]
        assert self.labels(plan.rows) == [
            "red FLUX.1 schnell",
            "red FLUX.1 dev",
            "blue FLUX.1 schnell",
            "blue FLUX.1 dev",
        ]
        assert [one["seed"] for one in plan.requests] == [1, 2] * 4

    def test_it_puts_the_models_where_they_are_asked_for(self) -> None:
        models = {"parameter": "model", "values": ["flux-dev", "flux-schnell"]}
        plan = self.plan(models=None, rows=models)
        assert self.labels(plan.columns) == ["red", "blue"]
        assert self.labels(plan.rows) == ["FLUX.1 dev", "FLUX.1 schnell"]
        assert [one["model"] for one in plan.requests] == ["flux-dev"] * 2 + ["flux-schnell"] * 2
        plan = self.plan(models=None, columns=models, rows={"parameter": "seed", "values": [1, 2]})
        assert self.labels(plan.columns) == ["FLUX.1 dev", "FLUX.1 schnell"]
        assert self.labels(plan.rows) == ["red Seed 1", "red Seed 2", "blue Seed 1", "blue Seed 2"]

    def test_it_varies_styles_by_their_names(self) -> None:
        plan = self.plan(
            prompt="a kite",
            models=["flux-dev"],
            columns={"parameter": "style", "values": [None, "watercolor"]},
        )
        assert self.labels(plan.columns) == ["No style", "Style Watercolor"]
        assert [one["style"] for one in plan.requests] == [None, "watercolor"]

    def test_it_gives_each_model_its_closest_size(self) -> None:
        plan = self.plan(models=["flux-dev", "qwen-image"], aspect_ratio="16:9")
        sizes = {one["model"]: (one["width"], one["height"]) for one in plan.requests}
        assert sizes["flux-dev"] != sizes["qwen-image"]
        for width, height in sizes.values():
            assert width / height == pytest.approx(16 / 9, rel=0.03)

    def test_it_leaves_a_negative_prompt_to_models_that_have_one(self) -> None:
        ImageModel.objects.filter(slug="sdxl").update(enabled=True)
        plan = self.plan(models=["p-image", "sdxl"], negative_prompt="fog")
        assert {one["model"]: one.get("negative_prompt") for one in plan.requests} == {
            "p-image": None,
            "sdxl": "fog",
        }

    def test_it_makes_requests_that_each_model_accepts(self) -> None:
        catalog = model_cache.read()
        usable = [
            slug
            for slug, offer in catalog.offers.items()
            if not offer.is_tool and not offer.min_source_images
        ]
        for slug in usable:
            plan = self.plan(models=[slug], aspect_ratio="2:3", negative_prompt="fog")
            for request in plan.requests:
                rest = {name: value for name, value in request.items() if name != "model"}
                assert set(rest) <= set(JOB_FIELDS)
                catalog.offers[slug].clean(rest)


class TestRefusal(PlanTestCase):
    def test_it_names_the_cell_and_what_is_wrong(self) -> None:
        found = self.refused(rows={"parameter": "steps", "values": [4, 500]})
        assert set(found) == {"rows.values"}
        assert "Steps 500: Must be" in found["rows.values"]
        assert "red" in found["rows.values"]

    def test_it_refuses_more_cells_than_a_sheet_has(self) -> None:
        assert "128" in self.refused(prompt="{a|b}" * 6)["count"]
        assert "1,000,000,000+" in self.refused(prompt="{a|b}" * 390)["count"]
        assert len(self.plan(prompt="{a|b}" * 5).requests) == MAX_CELLS

    def test_it_refuses_a_single_cell(self) -> None:
        assert set(self.refused(prompt="a kite", models=["flux-dev"])) == {"count"}

    def test_it_refuses_models_that_are_not_on_offer(self) -> None:
        assert set(self.refused(models=["flux-dev", "gone"])) == {"models"}

    def test_it_refuses_a_model_that_needs_a_source_image(self) -> None:
        assert (
            "needs a source image"
            in self.refused(models=["flux-dev", "flux-kontext"])["source_images"]
        )

    def test_each_model_gets_the_roles_of_source_images(self) -> None:
        asked = {"prompt": "a kite", "source_images": [str(uuid4())]}
        plan = self.plan(
            models=["qwen-image-edit", "flux-kontext"], source_roles=["style"], **asked
        )
        assert [request["source_roles"] for request in plan.requests] == [["style"]] * 2
        models = ["qwen-image-edit-2511", "flux-kontext"]
        refused = self.refused(models=models, source_roles=["composition"], **asked)
        assert refused["source_roles"].startswith("FLUX.1 Kontext doesn’t support this role")

    def test_it_refuses_strength_without_a_source_image(self) -> None:
        found = self.refused(rows={"parameter": "strength", "values": [0.2, 0.8]})
        assert set(found) == {"rows.values"}

    def test_it_refuses_styles_that_are_not_there(self) -> None:
        found = self.refused(rows={"parameter": "style", "values": ["gone", None]})
        assert set(found) == {"rows.values"}

    def test_it_refuses_unknown_word_lists(self) -> None:
        assert set(self.refused(prompt="__none__")) == {"prompt"}

    def test_it_refuses_prompts_that_become_too_long(self) -> None:
        found = self.refused(prompt="__long__ " + "x" * 1950)
        assert set(found) == {"prompt"}
        assert "2000" in found["prompt"]


class TestRequest:
    @pytest.mark.parametrize(
        ("given", "field", "code"),
        [
            ({"prompt": " "}, "prompt", "required"),
            ({"prompt": 5}, "prompt", "invalid"),
            ({"prompt": "x" * 2001}, "prompt", "max_length"),
            ({"prompt": "a\0"}, "prompt", "control_characters"),
            ({"negative_prompt": "a\0"}, "negative_prompt", "control_characters"),
            ({"models": []}, "models", "required"),
            ({"models": "flux-dev"}, "models", "invalid"),
            ({"models": ["a", "a"]}, "models", "duplicate"),
            ({"models": [f"m{n}" for n in range(9)]}, "models", "max_length"),
            ({"aspect_ratio": "0:1"}, "aspect_ratio", "invalid"),
            ({"aspect_ratio": "16:9:1"}, "aspect_ratio", "invalid"),
            ({"seed": True}, "seed", "invalid"),
            ({"seed": -1}, "seed", "min_value"),
            ({"seed": 2**31}, "seed", "max_value"),
            ({"source_images": "x"}, "source_images", "invalid"),
            ({"source_roles": ["mood"]}, "source_roles[0]", "choices"),
            ({"rows": 5}, "rows", "invalid"),
            ({"rows": {"parameter": "steps"}}, "rows.values", "required"),
            ({"rows": {"parameter": "width", "values": [1]}}, "rows.parameter", "choices"),
            ({"rows": {"parameter": ["steps"], "values": [1]}}, "rows.parameter", "choices"),
            ({"rows": {"parameter": "steps", "values": []}}, "rows.values", "required"),
            ({"rows": {"parameter": "steps", "values": 5}}, "rows.values", "invalid"),
            ({"rows": {"parameter": "steps", "values": [1.5]}}, "rows.values", "invalid"),
            ({"rows": {"parameter": "steps", "values": [10**30]}}, "rows.values", "invalid"),
            ({"rows": {"parameter": "steps", "values": [True]}}, "rows.values", "invalid"),
            ({"rows": {"parameter": "steps", "values": [1, 1]}}, "rows.values", "duplicate"),
            ({"rows": {"parameter": "steps", "values": [*range(17)]}}, "rows.values", "max_length"),
            (
                {"rows": {"parameter": "guidance", "values": [float("nan")]}},
                "rows.values",
                "invalid",
            ),
            ({"rows": {"parameter": "style", "values": [{}]}}, "rows.values", "invalid"),
            ({"rows": {"parameter": "model", "values": [5]}}, "rows.values", "invalid"),
            ({"rows": {"parameter": "model", "values": ["flux-dev"]}}, "models", "invalid"),
            ({"color": "red"}, "color", "unknown_field"),
        ],
    )
    def test_it_refuses_what_is_malformed(self, given: Any, field: str, code: str) -> None:
        with pytest.raises(Problem) as refusal:
            clean({**ASKED, **given})
        assert [(error.field, error.code) for error in refusal.value.errors] == [(field, code)]

    def test_it_refuses_the_same_parameter_twice(self) -> None:
        axis = {"parameter": "steps", "values": [1]}
        with pytest.raises(Problem):
            clean({**ASKED, "rows": axis, "columns": axis})

    def test_it_is_the_same_after_it_is_stored(self) -> None:
        asked = clean({**ASKED, "rows": {"parameter": "style", "values": [None, "ink"]}})
        assert clean(asked.as_json()) == asked
        models = {"parameter": "model", "values": ["flux-dev", "flux-schnell"]}
        asked = clean({"prompt": "A kite", "columns": models})
        assert asked.models == ("flux-dev", "flux-schnell")
        assert clean(asked.as_json()) == asked
