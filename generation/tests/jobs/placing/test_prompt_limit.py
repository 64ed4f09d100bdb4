"""A model's own limit for the prompt: below or above that of all models."""

import json
from typing import Any

import pytest

from accounts.tokens import tokens
from generation.catalog.job_parameters import PROMPT_MAX_LENGTH
from generation.catalog.offers import InvalidParameters
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
