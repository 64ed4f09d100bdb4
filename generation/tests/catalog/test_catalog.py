"""The catalog: what each model takes, what it refuses, what it costs."""

import math
from decimal import Decimal

import pytest
from django.test import SimpleTestCase

from generation.catalog import licences
from generation.catalog.catalog_file import CATALOG_FILE, read_catalog
from generation.catalog.offers import InvalidParameters
from generation.catalog.prices import cost_from, price_from
from generation.testing.rows.catalog import offer


class TestNotes:
    @pytest.mark.parametrize("file", sorted(CATALOG_FILE.parent.glob("*.toml")), ids=str)
    def test_each_model_says_its_licence_and_two_prompts_that_it_takes(self, file):
        for model in read_catalog(file)["models"]:
            examples = model.get("examples", "").splitlines()
            assert model["licence"] in licences.NAMES, model["slug"]
            assert len(examples) == (0 if "scale" in model["parameters"] else 2), model["slug"]
            assert all(len(text) <= 120 for text in examples), model["slug"]


class TestClean(SimpleTestCase):
    def errors(self, slug="flux-dev", **given):
        with pytest.raises(InvalidParameters) as caught:
            offer(slug).clean({"prompt": "fog", **given})
        return [(error.field, error.code) for error in caught.value.errors]

    def test_it_fills_in_the_defaults_of_the_model(self):
        assert offer("flux-dev").clean({"prompt": " fog \r\n"}) == {
            "prompt": "fog",
            "original_prompt": "",
            "label": "",
            "negative_prompt": "",
            "width": 1024,
            "height": 1024,
            "steps": 28,
            "guidance": 7.5,
            "seed": None,
            "style": None,
            "source_images": [],
            "source_roles": [],
            "strength": None,
            "lora_url": "",
            "lora_scale": None,
            "scale": None,
            "mask": "",
            "erase": False,
            "outpaint": None,
            "draft": "",
            "background": False,
            "webhook": "",
        }

    def test_it_names_the_field_and_the_limit(self):
        cases = [
            ({"prompt": ""}, ("prompt", "required")),
            ({"prompt": "   \n"}, ("prompt", "required")),
            ({"prompt": None}, ("prompt", "required")),
            ({"prompt": "x" * 2001}, ("prompt", "max_length")),
            ({"prompt": "a\x00b"}, ("prompt", "control_characters")),
            ({"prompt": "a\x1bb"}, ("prompt", "control_characters")),
            ({"prompt": "a\ud800b"}, ("prompt", "control_characters")),
            ({"prompt": 7}, ("prompt", "invalid")),
            ({"negative_prompt": ["x"]}, ("negative_prompt", "invalid")),
            ({"width": 192}, ("width", "min_value")),
            ({"width": 1600}, ("width", "max_value")),
            ({"width": 1000}, ("width", "step")),
            ({"width": "1024"}, ("width", "invalid")),
            ({"width": True}, ("width", "invalid")),
            ({"width": 1024.5}, ("width", "invalid")),
            ({"height": -1}, ("height", "min_value")),
            ({"steps": 0}, ("steps", "min_value")),
            ({"steps": 51}, ("steps", "max_value")),
            ({"guidance": 10.5}, ("guidance", "max_value")),
            ({"guidance": math.nan}, ("guidance", "invalid")),
            ({"guidance": math.inf}, ("guidance", "invalid")),
            ({"guidance": 10**400}, ("guidance", "max_value")),
            ({"seed": -1}, ("seed", "min_value")),
            ({"seed": 2**31}, ("seed", "max_value")),
            ({"seed": 1.5}, ("seed", "invalid")),
            ({"style": 7}, ("style", "invalid")),
            ({"strength": 0.5}, ("strength", "not_supported")),
            ({"source_images": ["a"]}, ("source_images", "not_supported")),
            ({"source_images": "a"}, ("source_images", "invalid")),
            ({"source_images": [1]}, ("source_images", "invalid")),
            ({"sampler": "euler"}, ("sampler", "unknown_field")),
        ]
        for given, expected in cases:
            with self.subTest(str(given)[:60]):
                assert self.errors(**given) == [expected]

    def test_it_takes_sizes_only_in_the_pairs_of_the_model(self):
        assert self.errors("wan-2-6", width=768, height=1024) == [
            ("width", "choices"),
            ("height", "choices"),
        ]
        cleaned = offer("wan-2-6").clean({"prompt": "fog", "width": 1024, "height": 768})
        assert (cleaned["width"], cleaned["height"]) == (1024, 768)

    def test_it_takes_a_lora_by_its_https_address(self):
        address = "https://example.org/style.safetensors?download=true"
        cleaned = offer("qwen-image-lora").clean({"prompt": "fog", "lora_url": f" {address} "})
        assert (cleaned["lora_url"], cleaned["lora_scale"]) == (address, 1)
        cleaned = offer("qwen-image-lora").clean(
            {"prompt": "fog", "lora_url": address, "lora_scale": 0.6}
        )
        assert cleaned["lora_scale"] == 0.6
        cleaned = offer("qwen-image-lora").clean({"prompt": "fog"})
        assert (cleaned["lora_url"], cleaned["lora_scale"]) == ("", None)

    def test_it_refuses_a_lora_that_cannot_be_fetched(self):
        cases = [
            ("http://example.org/a.safetensors", "invalid"),
            ("example.org/a.safetensors", "invalid"),
            ("javascript:alert(1)", "invalid"),
            ("file:///etc/passwd", "invalid"),
            ("https://", "invalid"),
            ("https://user:secret@example.org/a", "invalid"),
            ("https://example.org/a b", "invalid"),
            ("https://example.org/a\nb", "invalid"),
            ("https://example.org:99999/a", "invalid"),
            ("https://[::1/a", "invalid"),
            ("https://пример.рф/a", "invalid"),
            ("https://example.org/" + "a" * 500, "max_length"),
            (["https://example.org/a"], "invalid"),
            (7, "invalid"),
        ]
        for address, code in cases:
            with self.subTest(str(address)[:60]):
                assert self.errors("qwen-image-lora", lora_url=address) == [("lora_url", code)]
        good = "https://example.org/a"
        assert self.errors("qwen-image-lora", lora_url=good, lora_scale=2.1) == [
            ("lora_scale", "max_value")
        ]
        assert self.errors("qwen-image-lora", lora_url=good, lora_scale=-1) == [
            ("lora_scale", "min_value")
        ]
        assert self.errors("qwen-image-lora", lora_scale=0.5) == [("lora_url", "required")]
        assert self.errors("qwen-image", lora_url=good) == [("lora_url", "not_supported")]
        assert self.errors("qwen-image", lora_scale=1) == [("lora_scale", "not_supported")]

    def test_it_wants_as_many_sources_as_the_model(self):
        assert self.errors("flux-kontext") == [("source_images", "required")]
        assert self.errors("flux-kontext", source_images=["a", "b"]) == [
            ("source_images", "max_length")
        ]


class TestPrice(SimpleTestCase):
    def test_it_rounds_up_to_whole_credits(self):
        price = price_from({"per_megapixel": 2.8})
        assert price.of(width=1024, height=1024) == 3
        assert price.of(width=1536, height=1536) == 7
        assert price.of(width=256, height=256) == 1

    def test_it_refuses_what_is_no_price(self):
        for raw in (
            {"per_picture": 1},
            {"per_image": -1},
            {"per_image": math.inf},
            {"per_image": 1e9},
        ):
            with self.subTest(raw), pytest.raises(ValueError):
                price_from(raw)

    def test_it_follows_from_the_expected_cost_rounded_up(self):
        cases = [
            ({"per_image": 0.025}, (1024, 1024), 3),  # 0.025 × 1.2 / 0.01 = 3 exactly
            ({"per_image": 0.0251}, (1024, 1024), 4),
            ({"per_image": 0.001}, (1024, 1024), 1),
            ({"per_megapixel": 0.02}, (1024, 1024), 3),
            ({"per_megapixel": 0.02}, (1000, 1000), 3),
            ({"per_image": 0.01, "per_megapixel": 0.02}, (1000, 1000), 4),
        ]
        for raw, (width, height), credits in cases:
            with self.subTest(raw):
                price = cost_from(raw).price(credit_usd=Decimal("0.01"), margin=Decimal("1.2"))
                assert price.of(width=width, height=height) == credits
        assert price.as_json() == {"per_image": 1.2, "per_megapixel": 2.4, "minimum": 1}

    def test_it_refuses_what_is_no_cost(self):
        for raw in (
            {"per_picture": 1},
            {"per_image": -1},
            {},
            {"per_image": 0},
            {"per_image": math.nan},
        ):
            with self.subTest(raw), pytest.raises((ValueError, ArithmeticError)):
                cost_from(raw)
