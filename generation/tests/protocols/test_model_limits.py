"""Limits of models, by each way to order: refused before the order with the limit, or placed."""

import asyncio
import re
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import override_settings
from django.urls import reverse
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from accounts.credits import ledger
from generation.catalog.catalog_file import CATALOG_FILE
from generation.catalog.job_parameters import PROMPT_MAX_LENGTH
from generation.files import uploads
from generation.models import ImageModel, Job, model_cache
from generation.testing.commands import run
from generation.testing.pages.html import flat
from generation.tests.protocols.test_openai_package import ProtocolTestCase, png

SIDED, SHORT, LONG, LONGEST = "flux-schnell", "alice-ai-art", "gpt-image-2-5", "own-server"
FEW, MANY = "qwen-image-3-edit", "gpt-image-2-5-edit"
SIZES = (
    *("1024x1024", "1536x1024", "1024x1536", "1792x1024", "1024x1792", "256x256", "512x512"),
    "auto",
)
"""https://platform.openai.com/docs/api-reference/images/create"""
ACCEPTED = 202  # by a process that does not wait for images


@pytest.mark.slow
@override_settings(MAX_JOBS_PER_DAY=10_000)
class TestLimits(ProtocolTestCase):
    def setUp(self) -> None:
        super().setUp()
        for name in ("wavespeed.toml", "image_servers.toml"):
            run("load_catalog", str(CATALOG_FILE.with_name(name)))
        ImageModel.objects.filter(slug__in=(SHORT, LONG, LONGEST, FEW, MANY)).update(enabled=True)
        model_cache.forget()
        ledger.grant(user=self.alice, amount=1_000_000, reason="for the test")
        self.files = [png("teal", size=(64, 64 + number)) for number in range(17)]
        self.ids = [str(uploads.keep(user=self.alice, data=data).id) for data in self.files]
        self.client.force_login(self.alice)

    def by_studio(self, model: str, prompt: str, sources: int, size: str) -> str:
        form = {"model": model, "prompt": prompt, "count": "1", "source_images": self.ids[:sources]}
        if size not in ("", "auto"):
            form |= {"shape": size}
        answer = self.client.post(reverse("create"), form, headers={"X-Part": "1"})
        return "" if answer.status_code == 201 else flat(answer)

    def by_api(self, model: str, prompt: str, sources: int, size: str) -> str:
        body = {"model": model, "prompt": prompt, "source_images": self.ids[:sources]}
        if size not in ("", "auto"):
            body |= dict(zip(("width", "height"), map(int, size.split("x")), strict=True))
        return self.refusal_of("/api/v1/jobs/", body, 201)

    def by_comparison(self, model: str, prompt: str, sources: int, size: str) -> str:
        body = {"prompt": prompt, "models": [model], "source_images": self.ids[:sources]}
        body |= {"columns": {"parameter": "seed", "values": [1, 2]}}
        return self.refusal_of("/api/v1/sheets/", body, 201)

    def by_v1(self, model: str, prompt: str, sources: int, size: str) -> str:
        body = {"model": model, "prompt": prompt, "size": size}
        if not sources:
            return self.refusal_of("/v1/images/generations", body, ACCEPTED)
        images = [SimpleUploadedFile("a.png", data, "image/png") for data in self.files[:sources]]
        answer = self.client.post(
            "/v1/images/edits", body | {"image[]": images}, headers=self.headers
        )
        return "" if answer.status_code == ACCEPTED else answer.json()["error"]["message"]

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}", "Accept-Language": "en"}

    def refusal_of(self, path: str, body: dict[str, Any], made: int) -> str:
        answer = self.client.post(path, body, content_type="application/json", headers=self.headers)
        if answer.status_code == made:
            return ""
        problem = answer.json()
        if "error" in problem:
            return str(problem["error"]["message"])
        return " ".join(error["detail"] for error in problem["errors"])

    def by_mcp(self, orders: list[tuple[str, str, int, str]]) -> list[str]:
        """Return what the tool says of each order; "" if it would be made."""

        async def ask() -> list[str]:
            async with httpx2.AsyncClient(headers=self.headers, timeout=90) as http:
                transport = streamable_http_client(f"{self.url}/mcp", http_client=http)
                async with Client(transport) as client:
                    return [await refusal(client, *order) for order in orders]

        async def refusal(client: Client, model: str, prompt: str, sources: int, size: str) -> str:
            asked = {"model": model, "prompt": prompt, "images": self.ids[:sources]}
            result = await client.call_tool(
                "quote", asked | {"size": "" if size == "auto" else size}
            )
            return str(result.content[0].text) if result.is_error else ""

        return asyncio.run(ask())

    def orders(self) -> Iterator[tuple[tuple[str, str, int, str], str]]:
        """Yield each order, and a pattern of what refuses it: "" if it is made."""
        for model, most, length, able in (
            (SHORT, 500, 500, ""),
            (SHORT, 500, 600, ".+"),
            (SHORT, 500, 20_000, "Own server"),
            (SHORT, 500, 32_000, "Own server"),
            (SIDED, 2_000, 600, ""),
            (SIDED, 2_000, 20_000, "Own server"),
            (LONG, 20_000, 600, ""),
            (LONG, 20_000, 20_000, ""),
            (LONG, 20_000, 32_000, "Own server"),
            (LONGEST, 32_000, 32_000, ""),
        ):
            refusal = rf"At most {most} characters\. {able} accepts this" if able else ""
            yield (model, "x" * length, 0, ""), refusal
        yield (LONGEST, "x" * 32_001, 0, ""), "At most 32000 characters"
        for count in range(17):
            for model, name, most in ((FEW, "Qwen Image 3 Edit", 3), (MANY, "GPT", 16)):
                refusal = ""
                if count == 0:
                    refusal = "needs a source image"
                elif count > most:
                    refusal = rf"{name} accepts up to {most} source images\. .+ accepts this"
                yield (model, "a kite", count, ""), refusal
        yield (SIDED, "a kite", 1, ""), "accept source images. .+ accepts this"

    def test_each_way_refuses_what_a_model_does_not_take_and_places_the_rest(self) -> None:
        asked = list(self.orders())
        ways: dict[str, Callable[[str, str, int, str], str]] = {
            "studio": self.by_studio,
            "comparison": self.by_comparison,
            "api": self.by_api,
            "v1": self.by_v1,
        }
        wrong = []
        for order, limit in asked:
            for way, place in ways.items():
                refusal = limit
                if way == "studio" and order[0] == SIDED and order[2]:
                    continue  # the form of a model without source images has no field for them
                if way == "comparison" and len(order[1]) > PROMPT_MAX_LENGTH:
                    refusal = f"At most {PROMPT_MAX_LENGTH} characters"
                cache.clear()  # rate limits
                before = Job.objects.count()
                answer = place(*order)
                placed = Job.objects.count() - before
                is_right = bool(re.search(refusal, answer)) if refusal else not answer
                if not is_right or bool(placed) == bool(refusal):
                    wrong.append((way, order[0], len(order[1]), order[2], answer[-300:]))
        for (order, refusal), answer in zip(
            asked, self.by_mcp([order for order, _refusal in asked]), strict=True
        ):
            if not (re.search(refusal, answer) if refusal else not answer):
                wrong.append(("mcp", order[0], len(order[1]), order[2], answer[-300:]))
        assert not wrong, "\n".join(map(str, wrong))

    def test_each_way_makes_the_nearest_of_openais_sizes_or_names_it(self) -> None:
        wrong = []
        for size in SIZES:
            for model in (SIDED, SHORT, LONG):
                order = (model, "a kite", 0, size)
                cache.clear()
                answers = {"studio": self.by_studio(*order), "v1": self.by_v1(*order)}
                answers["mcp"] = self.by_mcp([order])[0]
                wrong += [(way, order, text[-300:]) for way, text in answers.items() if text]
                answer = self.by_api(*order)
                limit = r"supports these sizes: .+ The nearest is \d+ × \d+|Must be 256–1536"
                if answer and not re.search(limit, answer):
                    wrong.append(("api", order, answer))
        assert not wrong, "\n".join(map(str, wrong))
