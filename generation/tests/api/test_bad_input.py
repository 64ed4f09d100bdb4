"""Bad input to the API.

Whatever lies outside the limits is refused with field and limit, and nothing is stored.
"""

import json
from typing import Any

import pytest

from generation.catalog.job_parameters import PROMPT_MAX_LENGTH
from generation.models import ImageModel
from generation.testing.rows.api import FLUX, ApiTestCase, stored

JOBS, BATCHES, QUOTES = "/api/v1/jobs/", "/api/v1/batches/", "/api/v1/quotes/"
HUGE = 10**4000

FIELDS: list[tuple[dict[str, Any], dict[str, str], str]] = [
    # body beside FLUX, fields at fault, and the limit as the answer names it
    ({"prompt": ""}, {"prompt": "required"}, ""),
    ({"prompt": None}, {"prompt": "required"}, ""),
    ({"prompt": " \n\t "}, {"prompt": "required"}, ""),
    ({"prompt": "x" * 10_000}, {"prompt": "max_length"}, str(PROMPT_MAX_LENGTH)),
    ({"prompt": "x" * (PROMPT_MAX_LENGTH + 1)}, {"prompt": "max_length"}, str(PROMPT_MAX_LENGTH)),
    ({"prompt": "a\0b"}, {"prompt": "control_characters"}, ""),
    ({"prompt": "a\x1bb"}, {"prompt": "control_characters"}, ""),
    ({"prompt": "a\x7fb"}, {"prompt": "control_characters"}, ""),
    ({"prompt": "a\ud800b"}, {"prompt": "control_characters"}, ""),
    ({"prompt": 7}, {"prompt": "invalid"}, ""),
    ({"prompt": ["x"]}, {"prompt": "invalid"}, ""),
    ({"negative_prompt": "x" * 10_000}, {"negative_prompt": "max_length"}, str(PROMPT_MAX_LENGTH)),
    ({"negative_prompt": {"x": 1}}, {"negative_prompt": "invalid"}, ""),
    ({"model": None}, {"model": "required"}, ""),
    ({"model": ""}, {"model": "required"}, ""),
    ({"model": "nano"}, {"model": "does_not_exist"}, ""),
    ({"model": "a\0b"}, {"model": "does_not_exist"}, ""),
    ({"model": "\ud800"}, {"model": "does_not_exist"}, ""),
    ({"model": ["flux-dev"]}, {"model": "does_not_exist"}, ""),
    ({"model": {"slug": "flux-dev"}}, {"model": "does_not_exist"}, ""),
    ({"width": 255}, {"width": "min_value"}, "256–1536"),
    ({"width": 1600}, {"width": "max_value"}, "256–1536"),
    ({"width": -64}, {"width": "min_value"}, "256–1536"),
    ({"width": HUGE}, {"width": "max_value"}, "256–1536"),
    ({"width": 1000}, {"width": "step"}, "64"),
    ({"width": 1024.5}, {"width": "invalid"}, ""),
    ({"width": "1024"}, {"width": "invalid"}, ""),
    ({"width": True}, {"width": "invalid"}, ""),
    ({"height": 0}, {"height": "min_value"}, "256–1536"),
    ({"height": [1024]}, {"height": "invalid"}, ""),
    ({"width": 9999, "height": 1}, {"width": "max_value", "height": "min_value"}, "256–1536"),
    ({"steps": 0}, {"steps": "min_value"}, "1–50"),
    ({"steps": 51}, {"steps": "max_value"}, "1–50"),
    ({"steps": 1e400}, {"steps": "invalid"}, ""),
    ({"guidance": -0.1}, {"guidance": "min_value"}, "0–10"),
    ({"guidance": 10.5}, {"guidance": "max_value"}, "0–10"),
    ({"guidance": HUGE}, {"guidance": "max_value"}, "0–10"),
    ({"guidance": -HUGE}, {"guidance": "min_value"}, "0–10"),
    ({"guidance": "7"}, {"guidance": "invalid"}, ""),
    ({"seed": -1}, {"seed": "min_value"}, "2147483647"),
    ({"seed": 2**31}, {"seed": "max_value"}, "2147483647"),
    ({"seed": HUGE}, {"seed": "max_value"}, "2147483647"),
    ({"seed": 1.0}, {"seed": "invalid"}, ""),
    ({"seed": False}, {"seed": "invalid"}, ""),
    ({"style": "no-such-style"}, {"style": "does_not_exist"}, ""),
    ({"style": "a\0\ud800"}, {"style": "does_not_exist"}, ""),
    ({"style": 7}, {"style": "invalid"}, ""),
    ({"strength": 0.5}, {"strength": "not_supported"}, "FLUX.1 dev"),
    ({"source_images": ["x"]}, {"source_images": "not_supported"}, "FLUX.1 dev"),
    ({"source_images": "x"}, {"source_images": "invalid"}, ""),
    ({"source_images": [1]}, {"source_images": "invalid"}, ""),
    ({"size": "1024x1024"}, {"size": "unknown_field"}, ""),
    ({"user": "bob"}, {"user": "unknown_field"}, ""),
    ({"credits": 0}, {"credits": "unknown_field"}, ""),
    (
        {"model": "z-image-turbo", "negative_prompt": "fog"},
        {"negative_prompt": "not_supported"},
        "Z-Image Turbo",
    ),
    ({"model": "z-image-turbo", "steps": 4}, {"steps": "not_supported"}, "Z-Image Turbo"),
    (
        {"model": "qwen-image", "width": 1000},
        {"width": "choices", "height": "choices"},
        "1328 × 1328",
    ),
    ({"model": "qwen-image", "width": "1024"}, {"width": "invalid"}, ""),
    ({"model": "flux-kontext"}, {"source_images": "required"}, "Kontext"),
    (
        {"model": "qwen-image-lora", "lora_url": "http://example.org/a"},
        {"lora_url": "invalid"},
        "https://",
    ),
    (
        {"model": "qwen-image-lora", "lora_url": "https://x/" + "a" * 500},
        {"lora_url": "max_length"},
        "500",
    ),
    ({"model": "qwen-image-lora", "lora_url": ["https://x/a"]}, {"lora_url": "invalid"}, ""),
    (
        {"model": "qwen-image-lora", "lora_url": "https://x/a", "lora_scale": 3},
        {"lora_scale": "max_value"},
        "2",
    ),
    ({"model": "qwen-image-lora", "lora_scale": 1}, {"lora_url": "required"}, ""),
    ({"lora_url": "https://example.org/a"}, {"lora_url": "not_supported"}, "FLUX.1 dev"),
    ({"model": "z-image-turbo", "source_images": ["x", "y"]}, {"source_images": "max_length"}, "1"),
]

BODIES: list[tuple[bytes, str]] = [
    # the body as sent, the code of the refusal
    (b"", "invalid"),
    (b"{}", "invalid"),
    (b"{", "malformed"),
    (b"nothing", "malformed"),
    (b"[]", "malformed"),
    (b"null", "malformed"),
    (b'"flux-dev"', "malformed"),
    (b"7", "malformed"),
    (b'{"model": "flux-dev", "prompt": "x", "guidance": NaN}', "malformed"),
    (b'{"model": "flux-dev", "prompt": "x", "guidance": Infinity}', "malformed"),
    (b'{"model": "flux-dev", "prompt": "x", "guidance": -Infinity}', "malformed"),
    (b'{"model": "flux-dev", "prompt": "x", "guidance": 1e400}', "invalid"),
    (b'{"model": "flux-dev", "prompt": "x", "seed": ' + b"9" * 5000 + b"}", "malformed"),
    (b'{"model": "flux-dev", "prompt": "x", "prompt": "y"}', "invalid"),
    (b'{"model": "flux-dev", "prompt": "x", "\\ud800": "y"}', "invalid"),
    (b'{"model": "flux-dev", "prompt": "x", "' + b"n" * 5000 + b'": 1}', "invalid"),
    (b'{"model": "flux-dev", "prompt": "\xff"}', "malformed"),
    ('{"model": "flux-dev", "prompt": "x"}'.encode("utf-16"), "malformed"),
    (b'\xef\xbb\xbf{"model": "flux-dev", "prompt": "x"}', "malformed"),
    (b'{"model": "flux-dev", "prompt": "x",}', "malformed"),
    (b'{"model": "flux-dev", "prompt": "a\nb"}', "malformed"),
    (b"[" * 100_000, "malformed"),
    (b'{"prompt": ' * 50_000, "malformed"),
    (b'{"prompt": ' + b"[" * 500 + b"]" * 500 + b"}", "malformed"),
    (b'{"prompt": ' + b'{"a": ' * 20 + b"1" + b"}" * 20 + b"}", "malformed"),
    (b'{"prompt": [' + b"[]," * 300_000 + b"[]]}", "malformed"),
]


class TestFields(ApiTestCase):
    @pytest.mark.slow
    def test_it_refuses_every_field_outside_its_limits_with_field_and_limit(self) -> None:
        before = stored()
        for given, fields, limit in FIELDS:
            for path in (JOBS, BATCHES, QUOTES):
                with self.subTest(path=path, given=str(given)[:80]):
                    body = json.dumps(FLUX | given).replace("Infinity", "1e400")
                    response = self.api.post(path, body)
                    document = self.assert_problem(response, 400, "invalid", fields=fields)
                    assert limit in document["detail"]
        assert stored() == before

    def test_it_says_which_job_of_several(self) -> None:
        before = stored()
        jobs = [FLUX, FLUX | {"width": 7, "steps": 99}, {"model": "nano"}, FLUX | {"colour": "red"}]
        expected = {
            "jobs[1].width": "min_value",
            "jobs[1].steps": "max_value",
            "jobs[2].model": "does_not_exist",
            "jobs[3].colour": "unknown_field",
        }
        for path in (BATCHES, QUOTES):
            self.assert_problem(
                self.api.post(path, {"jobs": jobs}), 400, "invalid", fields=expected
            )
        assert stored() == before

    def test_it_refuses_counts_and_lists_outside_one_to_eight(self) -> None:
        before = stored()
        for given, fields in (
            ({**FLUX, "count": 0}, {"count": "min_value"}),
            ({**FLUX, "count": 11}, {"count": "max_value"}),
            ({**FLUX, "count": 10**9}, {"count": "max_value"}),
            ({**FLUX, "count": "2"}, {"count": "invalid"}),
            ({**FLUX, "count": True}, {"count": "invalid"}),
            ({**FLUX, "count": None}, {"count": "invalid"}),
            ({"jobs": []}, {"jobs": "min_length"}),
            ({"jobs": [FLUX] * 11}, {"jobs": "max_length"}),
            ({"jobs": FLUX}, {"jobs": "invalid"}),
            ({"jobs": None}, {"jobs": "invalid"}),
            ({"jobs": [FLUX, 7, None]}, {"jobs[1]": "invalid", "jobs[2]": "invalid"}),
            ({"jobs": [FLUX], "count": 2}, {"count": "unknown_field"}),
            ({"jobs": [FLUX], "prompt": "x"}, {"prompt": "unknown_field"}),
            ({"jobs": [{**FLUX, "count": 2}]}, {"jobs[0].count": "unknown_field"}),
        ):
            for path in (BATCHES, QUOTES):
                with self.subTest(path=path, given=str(given)[:80]):
                    self.assert_problem(self.api.post(path, given), 400, "invalid", fields=fields)
        self.assert_problem(
            self.api.post(JOBS, {**FLUX, "count": 2}),
            400,
            "invalid",
            fields={"count": "unknown_field"},
        )
        self.assert_problem(
            self.api.post(JOBS, {"jobs": [FLUX]}), 400, "invalid", fields={"model": "required"}
        )
        assert stored() == before

    def test_it_keeps_what_is_unusual_but_right(self) -> None:
        prompt = "Чай на холмах\nв тумане 🌫️ — “soft” ‎𝄞"
        job = self.api.post(
            JOBS, FLUX | {"prompt": f"  {prompt}\r\n", "width": None, "seed": 0}
        ).json()
        assert job["prompt"] == prompt
        assert (job["width"], job["seed"]) == (1024, 0)
        assert self.api.post(JOBS, FLUX | {"prompt": "х" * PROMPT_MAX_LENGTH}).status_code == 201

    def test_it_holds_every_model_to_its_own_limits(self) -> None:
        for model in ImageModel.objects.enabled():
            for name, parameter in model.offer.parameters.items():
                if parameter.max is None or name not in (
                    "width",
                    "height",
                    "steps",
                    "guidance",
                    "strength",
                ):
                    continue
                sources = {"source_images": ["x"]} if model.min_source_images else {}
                body = {"model": model.slug, "prompt": "x", name: parameter.max + 1, **sources}
                with self.subTest(model=model.slug, name=name):
                    code = "max_value" if float(parameter.max).is_integer() else "invalid"
                    self.assert_problem(
                        self.api.post(QUOTES, body), 400, "invalid", fields={name: code}
                    )


class TestBodies(ApiTestCase):
    def test_it_refuses_what_is_no_strict_json_object(self) -> None:
        before = stored()
        for body, code in BODIES:
            for path in (JOBS, BATCHES, QUOTES):
                with self.subTest(path=path, body=body[:60]):
                    self.assert_problem(self.api.post(path, body), 400, code)
        assert stored() == before

    def test_it_names_the_field_that_is_given_twice(self) -> None:
        response = self.api.post(JOBS, b'{"model": "flux-dev", "prompt": "x", "prompt": "y"}')
        self.assert_problem(response, 400, "invalid", fields={"prompt": "duplicate"})

    def test_it_refuses_bodies_above_a_mebibyte(self) -> None:
        before = stored()
        for path in (JOBS, BATCHES, QUOTES):
            body = json.dumps(FLUX | {"prompt": "x" * 1024 * 1024}).encode()
            document = self.assert_problem(self.api.post(path, body), 413, "too_large")
            assert document["limit"] == 1024 * 1024
        assert stored() == before
