"""The package `mcp` calls our tools, as Claude and Cursor do, by both versions of the protocol."""

import asyncio
import base64
import io
import json
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest
from django.core.signals import request_started
from django.http import HttpResponse
from django.test import Client as Browser
from django.test import RequestFactory
from django.utils import timezone
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CallToolResult
from PIL import Image as Pillow

from accounts.models import ApiToken, Scope, User
from accounts.tokens import tokens
from artgen.api import problems
from artgen.processes.later import ARRIVED_AT
from generation.jobs.engine import job_control
from generation.jobs.live.job_waits import WAITS
from generation.models import Image, ImageModel, Job, Status
from generation.protocols.mcp.api_calls import ApiProblem, Caller
from generation.testing.cases import make_user
from generation.testing.servers.asgi import workers
from generation.tests.protocols.test_openai_package import PROMPT, ProtocolTestCase

MODES = ("legacy", "2026-07-28")
INTEGERS = ("count", "seed", "max_credits")


@pytest.mark.slow
class TestTools(ProtocolTestCase):
    def session(
        self,
        act: Callable[[Client], Awaitable[Any]],
        *,
        token: str = "",
        mode: Any = "auto",
        path: str = "/mcp",
    ) -> Any:
        """Return what `act` does with a connected client."""

        async def run() -> Any:
            headers = {"Authorization": f"Bearer {token or self.token}", "Accept-Language": "en"}
            async with httpx2.AsyncClient(headers=headers, timeout=90) as http:
                transport = streamable_http_client(f"{self.url}{path}", http_client=http)
                async with Client(transport, mode=mode) as client:
                    return await act(client)

        return asyncio.run(run())

    def call(self, name: str, *, token: str = "", **arguments: Any) -> CallToolResult:
        result: CallToolResult = self.session(
            lambda client: client.call_tool(name, arguments), token=token
        )
        return result

    def create(self, **arguments: Any) -> CallToolResult:
        with workers(self.emulator):
            return self.call("create_image", prompt=PROMPT, **arguments)

    def test_it_creates_images_with_progress_by_both_versions(self) -> None:
        for mode in MODES:
            told: list[float] = []

            async def act(client: Client, told: list[float] = told) -> CallToolResult:
                async def note(progress: float, total: float | None, text: str | None) -> None:
                    told.append(progress)

                arguments = {"prompt": PROMPT, "model": "flux-schnell", "count": 2, "seed": 7}
                return await client.call_tool("create_image", arguments, progress_callback=note)

            with workers(self.emulator):
                result = self.session(act, mode=mode)
            assert not result.is_error
            assert [block.type for block in result.content] == [
                *("text", "image", "image", "resource_link", "resource_link")
            ]
            assert told
            assert told == sorted(set(told))
            jobs = result.structured_content["jobs"]
            assert [job["status"] for job in jobs] == [Status.SUCCEEDED] * 2
            assert [job["images"][0]["seed"] for job in jobs] == [7, 8]
        assert Job.objects.count() == 4

    def test_a_preview_is_small_and_a_link_leads_to_the_file(self) -> None:
        result = self.create(model="flux-dev", size="1100x800")
        _text, preview, link = result.content
        data = base64.b64decode(preview.data)
        shown = Pillow.open(io.BytesIO(data))
        assert (preview.mime_type, shown.format) == ("image/jpeg", "JPEG")
        assert max(shown.size) == 512
        assert len(data) <= 60_000
        whole = Pillow.open(io.BytesIO(httpx2.get(link.uri).content))
        image = Image.objects.get()
        assert whole.size == (image.width, image.height)

    def test_it_edits_finds_and_shows_images(self) -> None:
        self.create(model="flux-schnell")
        found = self.call("search_images", words="lighthouse").structured_content["images"]
        assert [image["prompt"] for image in found] == [PROMPT]
        with workers(self.emulator):
            edited = self.call("edit_image", prompt="in snow", images=[found[0]["image"]])
        (job,) = edited.structured_content["jobs"]
        assert (job["status"], job["model"]) == (Status.SUCCEEDED, "flux-kontext")
        shown = self.call("get_image", image=job["images"][0]["image"])
        assert shown.structured_content["prompt"] == "in snow"
        assert [block.type for block in shown.content] == ["text", "image", "resource_link"]
        more = self.call("search_images", limit=1).structured_content
        older = self.call("search_images", limit=1, cursor=more["next_cursor"]).structured_content
        assert older["images"][0]["image"] == found[0]["image"]
        order = {"prompt": "a boat", "images": [found[0]["image"]], "roles": ["composition"]}
        chosen = self.call("quote", **order).structured_content["model"]
        assert "composition" in ImageModel.objects.get(slug=chosen).roles
        with workers(self.emulator):
            self.call("edit_image", model=chosen, **order)
        assert Job.objects.latest("id").source_roles == ["composition"]
        refused = self.call("edit_image", model="flux-kontext", **order)
        assert refused.is_error
        assert "doesn’t support this role" in refused.content[0].text

    def test_it_takes_an_image_of_the_assistant(self) -> None:
        file = io.BytesIO()
        Pillow.new("RGB", (320, 256), "red").save(file, "PNG")
        data = base64.b64encode(file.getvalue()).decode()
        brought = self.call("upload_image", data=data).structured_content
        assert (brought["width"], brought["height"]) == (320, 256)
        with workers(self.emulator):
            edited = self.call("edit_image", prompt="in snow", images=[brought["image"]])
        assert edited.structured_content["jobs"][0]["status"] == Status.SUCCEEDED
        reader = tokens.issue(user=self.alice, name="reader", scopes=[Scope.READ])
        refused = {
            "needs the scope": self.call("upload_image", token=reader, data=data),
            "either address or data": self.call("upload_image"),
            "not base64": self.call("upload_image", data="%"),
            "PNG, JPEG or WebP": self.call("upload_image", data="AAAA"),
            "cannot be read": self.call("upload_image", address="https://127.0.0.1/x.png"),
            "allowed hosts": self.call("upload_image", address="http://93.184.216.34/x.png"),
        }
        for words, result in refused.items():
            assert result.is_error, words
            assert words in result.content[0].text

    def test_it_lists_models_and_quotes(self) -> None:
        models = self.call("list_models").structured_content["models"]
        assert "flux-schnell" in [model["model"] for model in models]
        assert "upscaler" not in [model["model"] for model in models]
        one, two = (
            self.call("quote", prompt=PROMPT, model="flux-dev", count=count).structured_content
            for count in (1, 2)
        )
        assert two["credits"] == 2 * one["credits"]
        assert not Job.objects.exists()
        User.objects.update(allowed_models="flux-kontext flux-dev")
        models = self.call("list_models").structured_content["models"]
        assert {model["model"] for model in models} == {"flux-kontext", "flux-dev"}
        chosen = self.call("quote", prompt=PROMPT).structured_content
        assert chosen["model"] in ("flux-kontext", "flux-dev")

    @pytest.mark.release("generation/protocols/mcp/", "generation/jobs/live/")
    def test_it_answers_before_hosts_give_up_and_goes_on_by_wait(self) -> None:
        paths: list[str] = []

        def note(scope: Any, **_arguments: object) -> None:
            paths.append(scope["path"])

        began = time.monotonic()
        request_started.connect(note)
        try:
            result = self.call("create_image", prompt=PROMPT, model="flux-schnell")
        finally:
            request_started.disconnect(note)
        assert 40 < time.monotonic() - began < 50
        # Nothing is read again: a hundred calls may end in the same moment.
        assert {*paths} == {"/mcp", "/api/v1/batches/"}
        (job,) = result.structured_content["jobs"]
        assert f"Job {job['job']} is still running" in result.content[0].text
        assert not result.is_error
        with workers(self.emulator):
            result = self.call("wait", jobs=[job["job"]])
        assert result.structured_content["jobs"][0]["status"] == Status.SUCCEEDED
        assert Job.objects.count() == 1

    def test_it_says_what_went_wrong(self) -> None:
        for arguments, text in (
            ({"model": "gpt-9"}, "flux-schnell"),
            ({"model": "gpt-9"}, "See list_models."),
            ({"model": "flux-schnell", "size": "big"}, "size"),
            ({"model": "flux-schnell", "size": "0x0"}, "size"),
            ({"model": "flux-schnell", "count": 5}, "count"),
            ({"model": "flux-schnell", "seed": 10**20}, "seed"),
            *(({name: wrong}, name) for name in INTEGERS for wrong in (True, "2", 2.0)),
            ({"model": "flux-kontext"}, "source_images"),
            ({"model": "flux-dev", "count": 2, "max_credits": 5}, "The price is now 6"),
        ):
            result = self.call("create_image", prompt=PROMPT, **arguments)
            assert result.is_error
            assert text in result.content[0].text, result.content[0].text
        assert not Job.objects.exists()

    def test_scopes_and_limits_of_tokens_hold(self) -> None:
        reader = tokens.issue(user=self.alice, name="reader", scopes=["read"])
        result = self.call("create_image", token=reader, prompt=PROMPT, model="flux-schnell")
        assert result.is_error
        assert "scope “create”" in result.content[0].text
        limited = tokens.issue(user=self.alice, name="limited", credit_limit=1)
        result = self.call("create_image", token=limited, prompt=PROMPT, model="flux-dev", count=2)
        assert result.is_error
        assert not Job.objects.exists()
        manager = tokens.issue(user=self.alice, name="manager", scopes=["manage"])
        assert self.post(token=manager).status_code == 403

    def test_a_token_that_is_revoked_meanwhile_gets_no_image(self) -> None:
        with ThreadPoolExecutor(1) as pool:
            arguments = {"prompt": PROMPT, "model": "flux-schnell"}
            called = pool.submit(self.call, "create_image", **arguments)
            while not WAITS.count_of(self.alice.pk):
                time.sleep(0.01)
            tokens.revoke(user=self.alice, name="program")
            job_control.cancel(job=Job.objects.get(), actor=None)
            result = called.result()
        assert result.is_error
        assert "wrong or revoked" in result.content[0].text

    def test_it_shows_nothing_of_other_users(self) -> None:
        self.create(model="flux-schnell")
        image, job = Image.objects.get(), Job.objects.get()
        bobs = tokens.issue(user=make_user("bob@example.org", credits=1000), name="bobs")
        for name, arguments in (
            ("get_image", {"image": str(image.id)}),
            ("wait", {"jobs": [str(job.id)]}),
            ("edit_image", {"prompt": PROMPT, "images": [str(image.id)]}),
            ("quote", {"prompt": PROMPT, "images": [str(image.id)]}),
        ):
            result = self.call(name, token=bobs, **arguments)
            assert result.is_error, name
            assert PROMPT not in result.content[0].text
        found = self.call("search_images", token=bobs)
        assert found.structured_content["images"] == []
        assert Job.objects.count() == 1

    def test_it_needs_no_header_with_the_token_in_the_address(self) -> None:
        token = tokens.issue(user=self.alice, name="by address", scopes=[Scope.READ])
        path, listed = f"/t/{token}/mcp", lambda client: client.list_tools()
        assert len(self.session(listed, token="ag_wrong", path=path).tools) == 8

        async def create(client: Client) -> CallToolResult:
            return await client.call_tool("create_image", {"prompt": PROMPT})

        assert self.session(create, token="ag_wrong", path=path).is_error
        tokens.revoke(user=self.alice, name="by address")
        assert httpx2.post(f"{self.url}{path}", json={}).status_code == 401

    def test_annotations_say_which_tools_spend(self) -> None:
        listed = self.session(lambda client: client.list_tools()).tools
        reads = {tool.name: tool.annotations.read_only_hint for tool in listed}
        assert [name for name in sorted(reads) if not reads[name]] == [
            *("create_image", "edit_image", "upload_image")
        ]
        assert len(reads) == 8
        assert not any(tool.annotations.destructive_hint for tool in listed)

    def test_strangers_learn_where_tokens_are_from(self) -> None:
        for token in ("", "ag_wrong"):
            response = self.post(token=token)
            assert response.status_code == 401
            (address,) = [
                part.partition("=")[2].strip('"')
                for part in response.headers["WWW-Authenticate"].split(", ")
                if part.startswith("resource_metadata=")
            ]
            path = "/" + address.split("/", 3)[3]
            metadata = Browser().get(path).json()
            assert metadata["resource"].endswith("/mcp")
            assert metadata["bearer_methods_supported"] == ["header"]
        assert httpx2.get(f"{self.url}/mcp").status_code == 401

    def test_it_has_no_stream_apart_from_answers(self) -> None:
        headers = {"Authorization": f"Bearer {self.token}"}
        for accepted in ("text/event-stream", "application/json, text/event-stream", "image/png"):
            for path in ("/mcp", "/mcp/"):
                response = httpx2.get(f"{self.url}{path}", headers=headers | {"Accept": accepted})
                assert response.status_code == 405
                assert response.headers["Allow"] == "POST, OPTIONS"
        assert httpx2.delete(f"{self.url}/mcp", headers=headers).status_code == 405
        assert ApiToken.objects.get(name="program").last_used_by.startswith("python-httpx2")

    def post(self, *, token: str) -> httpx2.Response:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
        return httpx2.post(f"{self.url}/mcp", headers=headers, json=body)


class TestOrders:
    """An assistant that hears of a failure orders again, and would pay for both."""

    def order(self, *responses: HttpResponse) -> tuple[Any, list[bytes]]:
        """Return the reply, and the keys of the orders that our API has got."""
        keys: list[bytes] = []
        replies = iter(responses)

        async def respond(scope: dict[str, Any], body: io.BytesIO) -> HttpResponse:
            keys.append(dict(scope["headers"])[b"idempotency-key"])
            assert (scope["method"], scope["path"]) == ("POST", "/api/v1/batches/")
            return next(replies)

        scope = {
            "artgen.user": User(),
            "artgen.can_create": True,
            "artgen.language": "en",
            "artgen.respond": respond,
            ARRIVED_AT: timezone.now(),
            "headers": [(b"authorization", b"Bearer x")],
        }
        return asyncio.run(Caller(scope).order({"prompt": PROMPT})), keys

    @pytest.mark.slow
    def test_they_are_sent_again_under_their_key_while_it_is_unknown(self) -> None:
        away = problems.busy(RequestFactory().post("/api/v1/batches/"))
        placed = HttpResponse(json.dumps({"id": "1", "jobs": []}))
        reply, keys = self.order(away, placed)
        assert reply["id"] == "1"
        assert len(keys) == 2
        assert len(set(keys)) == 1
        assert len({*keys, *self.order(placed)[1]}) == 2

    def test_they_are_not_sent_again_after_a_refusal(self) -> None:
        poor = problems.respond(problems.Problem("too_few_credits", "poor"))
        with pytest.raises(ApiProblem, match="poor"):
            self.order(poor)
