"""A model's own limit for the prompt: below or above that of all models."""

import json
import tomllib
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from accounts.tokens import tokens
from generation.catalog.catalog_file import CATALOG_FILE
from generation.catalog.job_parameters import PROMPT_MAX_LENGTH
from generation.catalog.offers import InvalidParameters
from generation.catalog.prices import cost_from
from generation.models import ImageModel, Job, Style
from generation.testing.cases import EmulatorTestCase

MODEL = "flux-schnell"
LIMIT = "At most 500 characters. Z-Image Turbo accepts this."


class TestPromptLimit(EmulatorTestCase):
    def limit(self, name: str, characters: Any) -> ImageModel:
        model = ImageModel.objects.get(slug=MODEL)
        model.parameters |= {name: {"max": characters}}
        model.full_clean()
        model.save()
        return model

    def post(self, path: str, **body: Any) -> tuple[int, Any]:
        token = tokens.issue(user=self.alice, name=f"t{path}")
        response = self.client.post(
            path,
            json.dumps(body),
            content_type="application/json",
            headers={"Authorization": f"Bearer {token}", "Accept-Language": "en"},
        )
        return response.status_code, response.json()

    def test_a_lower_one_refuses_the_order_and_says_how_long_it_may_be(self) -> None:
        self.limit("prompt", 500)
        self.place(prompt="x" * 500)

        status, problem = self.post("/api/v1/jobs/", model=MODEL, prompt="x" * 501)
        assert (status, [error["detail"] for error in problem["errors"]]) == (400, [LIMIT])
        status, answer = self.post("/v1/images/generations", model=MODEL, prompt="x" * 501)
        assert (status, answer["error"]["message"]) == (400, LIMIT)
        assert Job.objects.count() == 1

    def test_a_style_counts_because_the_model_gets_its_text(self) -> None:
        self.limit("prompt", 500)
        style = Style.objects.exclude(template="").order_by("slug")[0]
        room = 500 - len(style.template.replace("{prompt}", ""))

        self.place(prompt="x" * room, style=style.slug)
        with pytest.raises(InvalidParameters, match=f"prompt: .* {room} .*FLUX.1 dev"):
            self.place(prompt="x" * (room + 1), style=style.slug)

    def test_a_higher_one_takes_longer_prompts(self) -> None:
        self.place(prompt="x" * PROMPT_MAX_LENGTH)
        with pytest.raises(InvalidParameters):
            self.place(prompt="x" * (PROMPT_MAX_LENGTH + 1))

        self.limit("prompt", 32_000)

        job = self.place(prompt="x" * 32_000)
        assert len(job.prompt) == 32_000

    def test_create_and_the_api_say_it(self) -> None:
        self.limit("prompt", 500)
        self.client.force_login(self.alice)

        page = self.client.get(f"/create/?model={MODEL}")
        self.assertContains(page, 'maxlength="500"')
        (model,) = [
            model for model in self.client.get("/api/v1/models/").json() if model["slug"] == MODEL
        ]
        assert model["parameters"]["prompt"]["max"] == 500

    def test_it_is_a_number_of_characters(self) -> None:
        for wrong in (0, 1.5, "many", 32_001):
            with pytest.raises(ValidationError, match=r"prompt: max .*32000"):
                self.limit("prompt", wrong)


def test_the_model_of_yandex_has_its_limit_and_its_price() -> None:
    file = tomllib.loads(CATALOG_FILE.with_name("image_servers.toml").read_text())
    (model,) = [model for model in file["models"] if model["provider"] == "yandex"]
    assert model["parameters"]["prompt"] == {"max": 500}
    cost = cost_from(model["expected_cost"])
    assert cost.of(images=1, pixels=1792 * 1024) == Decimal("0.0183")
