"""The page "Connect": settings that work as they are copied, a token, and what has arrived."""

import html
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import httpx2
import pytest
from django.core import mail
from django.test import Client, override_settings

from accounts import tasks
from accounts.emails import outbox
from accounts.limits import rate_limits
from accounts.models import ApiToken
from accounts.tokens import tokens
from generation.models import Job, Status
from generation.protocols.connect_page import PROGRAMS
from generation.testing.cases import BaseTestCase, load_catalog
from generation.testing.clock import held_clock
from generation.testing.servers.asgi import workers
from generation.tests.protocols.test_openai_package import ProtocolTestCase, png

TOKEN = re.compile(r"ag_[\w-]{40}")
RECORDED = Path(__file__).parent / "recorded"

FILLED = {
    "open-webui": (
        ">flux-schnell</span>",
        ">https://art.example.org/v1</span>",
        ">{}</span>",
        "IMAGES_EDIT_OPENAI_API_KEY={}\nIMAGE_EDIT_MODEL=gpt-image-1\n</pre>",
    ),
    "librechat": ("IMAGE_GEN_OAI_API_KEY={}\n", "IMAGE_GEN_OAI_MODEL=gpt-image-1\n"),
    "n8n": (">{}</span>", ">https://art.example.org/v1</span>"),
    "invokeai": (
        "external_openai_base_url: https://art.example.org\nexternal_openai_api_key: {}\n<",
        "external://openai/flux-schnell.",
    ),
    "sillytavern": (">https://art.example.org</span>", ">artgen:{}</span>", ">flux-schnell</span>"),
    "python": ('OpenAI(base_url="https://art.example.org/v1", api_key="{}")', '"flux-schnell"'),
    "javascript": ('baseURL: "https://art.example.org/v1", apiKey: "{}"', '"flux-schnell"'),
    "curl": ("https://art.example.org/api/v1/jobs/", "Bearer {}", '"flux-schnell"'),
    "claude": ('https://art.example.org/mcp \\\n  --header "Authorization: Bearer {}"',),
    "cursor": ('"url": "https://art.example.org/mcp"', '"Authorization": "Bearer {}"'),
}
"""Parts of the pages with the token in place of braces."""


def signed_in(user: object) -> Client:
    """Return the browser of the user, who has just entered the password."""
    client = Client()
    client.force_login(user)  # type: ignore[arg-type]
    client.post("/accounts/reauthenticate/", {"password": "password"})
    return client


class TestConnectPage(BaseTestCase):
    def setUp(self) -> None:
        super().setUp()
        load_catalog()
        self.client = signed_in(self.alice)

    def test_it_asks_for_the_password_before_it_creates_a_token(self) -> None:
        self.client = Client()
        self.client.force_login(self.alice)
        response = self.client.post("/connect/n8n/")
        assert response.url.startswith("/accounts/reauthenticate/")
        assert not ApiToken.objects.exists()
        page = self.client.post(response.url, {"password": "password"})
        assert TOKEN.search(page.content.decode())
        self.assertContains(page, 'action="/connect/n8n/"', count=0)
        self.assertContains(page, 'data-address="/connect/n8n/"')

    def test_it_creates_tokens_that_may_read_and_create(self) -> None:
        for _number in range(2):
            page = self.client.post("/connect/open-webui/").content.decode()
        found = TOKEN.search(page)
        assert found
        assert tokens.authenticate(found[0]) == self.alice
        made = list(ApiToken.objects.order_by("id"))
        assert [token.name for token in made] == ["Open WebUI", "Open WebUI 2"]
        assert {token.scopes for token in made} == {"read create"}
        outbox.send_due()
        assert "“Open WebUI 2” was created. It can: read, create." in mail.outbox[1].body
        assert not TOKEN.search(self.client.get("/connect/open-webui/").content.decode())

    def test_it_fills_in_all_settings(self) -> None:
        with override_settings(PUBLIC_URL="https://art.example.org"):
            for slug in PROGRAMS:
                text = html.unescape(self.client.post(f"/connect/{slug}/").content.decode())
                found = TOKEN.search(text)
                assert found
                assert all(line.format(found[0]) in text for line in FILLED[slug]), slug
        self.assertContains(self.client.get("/connect/n8n/"), "gpt-image-1 stands for")
        with override_settings(MODEL_ALIASES={}):
            self.assertNotContains(self.client.get("/connect/n8n/"), "stands for")

    def test_it_says_which_program_used_a_token_last(self) -> None:
        self.assertContains(self.client.get("/connect/"), "No request with any of your tokens")
        text = tokens.issue(user=self.alice, name="kitchen")
        tokens.access(tokens.issue(user=self.bob, name="bobs"))
        headers = {"authorization": f"Bearer {text}", "user-agent": "OpenAI/Python <3.57>"}
        assert Client().get("/v1/models", headers=headers).status_code == 200
        page = self.client.get("/connect/")
        for shown in ("kitchen", "OpenAI for Python", "OpenAI/Python &lt;3.57&gt;", "just now"):
            self.assertContains(page, shown)
        self.assertNotContains(page, "bobs")

    def test_it_limits_how_many_are_made(self) -> None:
        with held_clock():
            for _ in range(29):
                rate_limits.spend("token", self.alice.pk)
            answers = [self.client.post("/connect/curl/").status_code for _ in range(2)]
        assert answers == [200, 429]
        assert ApiToken.objects.count() == 1


class TestOpenWebui(ProtocolTestCase):
    @pytest.mark.slow
    def test_its_settings_make_an_image_in_both_languages(self) -> None:
        recorded = json.loads((RECORDED / "open-webui-0.12.4.json").read_text())
        for language, created in (("en", "Token “Open WebUI” created"), ("ru", "«Open WebUI 2»")):
            self.alice.language = language
            self.alice.save(update_fields=["language"])
            browser = signed_in(self.alice)
            page = browser.post("/connect/open-webui/").content.decode()
            assert created in page
            names = re.findall(r'<span class="access-name" lang="en">(.*?)</span>', page)
            values = re.findall(r'<span\s+class="access-value[^>]*>(.*?)</span>', page)
            values_of = dict(zip(names, values[: len(names)], strict=True))
            assert values_of["OpenAI API Base URL"] == f"{self.url}/v1"
            with workers(self.emulator):
                response = httpx2.post(
                    values_of["OpenAI API Base URL"] + recorded["path"],
                    json=recorded["json"] | {"model": values_of["Model"]},
                    headers=recorded["headers"]
                    | {
                        "Authorization": f"Bearer {values_of['OpenAI API Key']}",
                        "User-Agent": "Python/3.11 aiohttp/3.13",
                    },
                    timeout=60,
                )
            assert response.json()["data"][0]["b64_json"]
            shown = browser.get("/connect/open-webui/").content.decode()
            assert "Python/3.11 aiohttp/3.13" in shown
            assert {"en": "just now", "ru": "только что"}[language] in shown
        assert [job.status for job in Job.objects.all()] == [Status.SUCCEEDED] * 2


class TestLibreChat(ProtocolTestCase):
    @pytest.mark.slow
    def test_its_model_draws_and_edits(self) -> None:
        page = signed_in(self.alice).get("/connect/librechat/").content.decode()
        (model,) = re.findall("IMAGE_GEN_OAI_MODEL=(.+)", page)
        headers, files = {"Authorization": f"Bearer {self.token}"}, [("image[]", ("a.png", png()))]
        drawing, editing = (
            json.loads((RECORDED / f"{name}.json").read_text())
            for name in ("librechat-0.8", "librechat-0.8-edits")
        )
        bodies: list[dict[str, Any]] = [
            {"json": drawing["json"] | {"model": model}},
            *({"data": editing["form"] | {"model": model}, "files": files * n} for n in (1, 3, 5)),
        ]
        with workers(self.emulator):
            for body in bodies:
                path = "generations" if "json" in body else "edits"
                address = f"{self.url}/v1/images/{path}"
                response = httpx2.post(address, headers=headers, timeout=60, **body)
                assert response.status_code == 200, response.text
        assert [job.model.slug for job in Job.objects.order_by("id")] == [
            *("flux-dev", "flux-kontext", "qwen-image-edit-2511", "p-image-edit")
        ]
        body = {"data": editing["form"] | {"model": model}, "files": files * 6}
        refused = httpx2.post(address, headers=headers, **body)
        assert refused.status_code == 400
        assert "up to 5 source images" in refused.json()["error"]["message"]


class TestSnippets(ProtocolTestCase):
    @pytest.mark.slow
    def test_they_run_as_they_are_copied(self) -> None:
        assert tasks.send_emails  # is registered: each token sends an email
        with override_settings(PUBLIC_URL=self.url), tempfile.TemporaryDirectory() as folder:
            python = self.copied("python", 1)
            first, second = (self.copied("curl", number) for number in (1, 2))
            with workers(self.emulator):
                for command in (
                    [sys.executable, "-c", python],
                    ["sh", "-ec", first],
                    ["sh", "-ec", second],
                ):
                    subprocess.run(
                        command, cwd=folder, check=True, env={"PATH": os.environ["PATH"]}
                    )
            assert Path(folder, "lighthouse.png").read_bytes().startswith(b"\x89PNG")
        assert [job.status for job in Job.objects.all()] == [Status.SUCCEEDED] * 3
        programs = ApiToken.objects.exclude(name="program").values_list("last_used_by", flat=True)
        assert {text.partition("/")[0] for text in programs} == {"OpenAI", "curl"}

    def copied(self, slug: str, number: int) -> str:
        page = signed_in(self.alice).post(f"/connect/{slug}/").content.decode()
        found = re.search(rf'<pre[^>]* id="snippet-{number}"[^>]*>(.*?)</pre>', page, re.DOTALL)
        assert found
        return html.unescape(found[1])
