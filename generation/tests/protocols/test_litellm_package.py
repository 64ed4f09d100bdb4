"""LiteLLM's own package makes its calls, through OpenAI's."""

import importlib
import os
from typing import Any
from unittest import mock

import pytest

from generation.models import Job
from generation.testing.servers.asgi import workers
from generation.tests.protocols.test_openai_package import PROMPT, ProtocolTestCase, opened

# Its list of models is otherwise fetched from the internet when it is imported.
with mock.patch.dict(os.environ, LITELLM_LOCAL_MODEL_COST_MAP="True"):
    litellm: Any = importlib.import_module("litellm")

pytestmark = pytest.mark.slow


class TestLiteLLM(ProtocolTestCase):
    def options(self, **more: Any) -> dict[str, Any]:
        model = {"model": "openai/flux-schnell", "api_base": f"{self.url}/v1"}
        return {**model, "api_key": self.token, "prompt": PROMPT, "timeout": 60, **more}

    def test_it_draws_for_the_user_that_it_names(self) -> None:
        with workers(self.emulator):
            reply = litellm.image_generation(**self.options(n=2, size="512x512", user="team-a"))
        assert [opened(image.b64_json).size for image in reply.data] == [(512, 512)] * 2
        assert list(Job.objects.values_list("label", flat=True)) == ["team-a"] * 2

    def test_it_is_told_that_money_is_out(self) -> None:
        self.alice.credits = 0
        self.alice.save(update_fields=["credits"])
        with pytest.raises(litellm.RateLimitError, match="credit more needed"):
            litellm.image_generation(**self.options())
        assert not Job.objects.exists()
