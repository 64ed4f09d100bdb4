"""The catalog: what each model takes, what it refuses, what it costs."""

import json
import math

from django.test import SimpleTestCase

from generation.catalog import InvalidParameters, Offer, parameter_from, price_from, read_catalog, size_like


def offer(slug: str) -> Offer:
    (table,) = (table for table in read_catalog()["models"] if table["slug"] == slug)
    plain = {name: value for name, value in table.items() if name not in ("workflow", "parameters", "price")}
    parameters = {name: parameter_from(raw) for name, raw in table["parameters"].items()}
    return Offer(**plain, parameters=parameters, price=price_from(table["price"]))


class CleanTests(SimpleTestCase):
    def errors(self, slug="flux-dev", **given):
        with self.assertRaises(InvalidParameters) as caught:
            offer(slug).clean({"prompt": "fog", **given})
        return [(error.field, error.code) for error in caught.exception.errors]

    def test_it_fills_in_the_defaults_of_the_model(self):
        self.assertEqual(
            offer("flux-dev").clean({"prompt": " fog \r\n"}),
            {
                "prompt": "fog",
                "negative_prompt": "",
                "width": 1024,
                "height": 1024,
                "steps": 28,
                "guidance": 7.5,
                "seed": None,
                "style": None,
                "source_images": [],
                "strength": None,
            },
        )

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
                self.assertEqual(self.errors(**given), [expected])

    def test_it_tells_all_errors_at_once(self):
        self.assertEqual(self.errors(width=1, steps=99), [("width", "min_value"), ("steps", "max_value")])

    def test_it_refuses_a_negative_prompt_where_the_model_has_none(self):
        self.assertEqual(self.errors("p-image", negative_prompt="hands"), [("negative_prompt", "not_supported")])
        self.assertEqual(offer("p-image").clean({"prompt": "fog", "negative_prompt": ""})["negative_prompt"], "")

    def test_it_takes_sizes_only_in_the_pairs_of_the_model(self):
        self.assertEqual(self.errors("wan-2-6", width=768, height=1024), [("width", "choices"), ("height", "choices")])
        cleaned = offer("wan-2-6").clean({"prompt": "fog", "width": 1024, "height": 768})
        self.assertEqual((cleaned["width"], cleaned["height"]), (1024, 768))

    def test_it_wants_as_many_sources_as_the_model(self):
        self.assertEqual(self.errors("flux-kontext"), [("source_images", "required")])
        self.assertEqual(self.errors("flux-kontext", source_images=["a", "b"]), [("source_images", "max_length")])


class PriceTests(SimpleTestCase):
    def test_it_rounds_up_to_whole_credits(self):
        price = price_from({"per_megapixel": 2.8})
        self.assertEqual(price.of(width=1024, height=1024), 3)
        self.assertEqual(price.of(width=1536, height=1536), 7)
        self.assertEqual(price.of(width=256, height=256), 1)

    def test_it_refuses_what_is_no_price(self):
        for raw in ({"per_picture": 1}, {"per_image": -1}):
            with self.subTest(raw), self.assertRaises(ValueError):
                price_from(raw)


class FileTests(SimpleTestCase):
    def test_it_has_no_slug_twice(self):
        for tables in read_catalog().values():
            slugs = [table["slug"] for table in tables]
            self.assertEqual(len(slugs), len(set(slugs)))

    def test_it_shows_every_parameter_as_json(self):
        for table in read_catalog()["models"]:
            json.dumps({name: parameter_from(raw).as_json() for name, raw in table["parameters"].items()})


class SizeLikeTests(SimpleTestCase):
    def test_it_keeps_the_shape_at_about_a_megapixel(self):
        self.assertEqual(size_like(width=1000, height=1000), (1024, 1024))
        self.assertEqual(size_like(width=4000, height=1000), (2048, 512))
