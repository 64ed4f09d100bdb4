"""Other programs' requests through nginx: they wait in daphne, and gunicorn does not see them."""

import asyncio
import io
import unittest
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import openai
import pytest
import requests
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CallToolResult
from PIL import Image as Pillow

from generation.testing.servers.stack import PATIENCE, PATIENT_MACHINE, Stack, kept_stack

pytestmark = [pytest.mark.s3, pytest.mark.nginx, pytest.mark.xdist_group("stack")]

PROMPT = "a lighthouse at dusk"


class TestPrograms(unittest.TestCase):
    stack: Stack

    @classmethod
    def setUpClass(cls) -> None:
        cls.stack = kept_stack(**PATIENT_MACHINE)

    def openai(self) -> openai.OpenAI:
        base, token = f"{self.stack.url}/v1", self.stack.token
        return self.enterContext(openai.OpenAI(base_url=base, api_key=token, timeout=PATIENCE))

    def ask(self, method: str, path: str, **options: Any) -> requests.Response:
        options = {"timeout": PATIENCE, "headers": {"Accept-Language": "en"}} | options
        return requests.request(method, f"{self.stack.url}{path}", **options)

    def test_it_draws_edits_and_streams(self) -> None:
        client = self.openai()
        drawn = client.images.generate(model="flux-schnell", prompt=PROMPT, size="512x512")
        assert (drawn.data or [])[0].b64_json
        noise = Pillow.effect_noise((1600, 1600), 90).convert("RGB")
        file = io.BytesIO()
        noise.save(file, "PNG")
        assert file.tell() > 1_500_000
        edited = client.images.edit(model="gpt-image-1", image=file.getvalue(), prompt="snow")
        assert len(edited.data or []) == 1
        events = list(client.images.generate(model="flux-schnell", prompt=PROMPT, stream=True))
        assert [event.type for event in events] == ["image_generation.completed"]

    def test_it_waits_for_a_job_in_daphne(self) -> None:
        headers = {"Prefer": "wait=60"}
        order = {"model": "flux-schnell", "prompt": PROMPT}
        placed = self.stack.ask("post", "jobs/", json=order, headers=headers).json()
        assert placed["status"] == "succeeded"
        job = self.stack.ask("post", "jobs/", json=order).json()
        waited = self.stack.ask("get", f"jobs/{job['id']}/?wait=60").json()
        assert waited["status"] == "succeeded"

    def test_assistants_create_images(self) -> None:
        told: list[float] = []

        async def note(progress: float, total: float | None, text: str | None) -> None:
            told.append(progress)

        async def run() -> CallToolResult:
            headers = {"Authorization": f"Bearer {self.stack.token}"}
            async with httpx2.AsyncClient(headers=headers, timeout=PATIENCE) as http:
                transport = streamable_http_client(f"{self.stack.url}/mcp", http_client=http)
                async with Client(transport) as client:
                    order = {"prompt": PROMPT, "model": "flux-schnell"}
                    return await client.call_tool("create_image", order, progress_callback=note)

        # In another thread: Playwright may have left a running event loop in this one.
        with ThreadPoolExecutor(1) as thread:
            result = thread.submit(lambda: asyncio.run(run())).result()
        assert [block.type for block in result.content] == ["text", "image", "resource_link"]
        assert told
        assert self.ask("post", "/mcp", json={}).status_code == 401

    def test_it_takes_a_large_body_only_from_users(self) -> None:
        large = {"data": b" " * 3_000_000}
        assert self.ask("post", "/v1/images/edits", **large).status_code == 401
        headers = {"Authorization": f"Bearer {self.stack.token}"}
        known = self.ask("post", "/v1/images/edits", headers=headers, **large)
        assert known.status_code in (400, 415)
        larger = self.ask("post", "/v1/images/edits", headers=headers, data=b" " * 54_000_000)
        assert (larger.status_code, larger.json()["code"]) == (413, "too_large")

    def test_it_says_what_is_wrong_with_an_address(self) -> None:
        for path, hint in (
            ("/v1/v1/images/generations", "twice"),
            ("/v1/chat/completions", "/v1/images/generations"),
            ("/images/generations", "end with /v1"),
        ):
            answer = self.ask("post", path, json={})
            assert answer.status_code == 404
            assert hint in answer.json()["error"]["message"]
