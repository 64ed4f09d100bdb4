"""What other programs get when the images are not ready in time, or nobody has time for them."""

import asyncio
import json
from pathlib import Path
from typing import Any
from unittest import mock

from channels.testing import HttpCommunicator
from django.test import RequestFactory, SimpleTestCase
from django.urls import resolve

from artgen.processes.asgi_http import AsgiHttp
from generation.api.waiting import EndOfJobs
from generation.models import Job
from generation.testing import orders
from generation.testing.rows.api import FLUX, ApiTestCase


class TestEndOfWait(ApiTestCase):
    def reply(self, address: str, *, token: str) -> Any:
        """Call the view as the ASGI process does after a wait in vain."""
        job = orders.place(user=self.alice, request=FLUX).jobs[0]
        request = RequestFactory().post(address, headers={"Authorization": f"Bearer {token}"})
        request.scope = {"artgen.waited": EndOfJobs((job.id,), has_ended=False)}
        match = resolve(address)
        return match.func(request, **match.kwargs).render()

    def test_it_names_the_job_and_is_not_repeated(self) -> None:
        response = self.reply("/v1/images/generations", token=self.alice_token)
        assert (response.status_code, response["X-Should-Retry"]) == (504, "false")
        assert response.data["error"]["code"] == "still_running"
        assert f"/api/v1/jobs/{Job.objects.get().id}/" in response.data["error"]["message"]
        response = self.reply("/sdapi/v1/txt2img", token=self.alice_token)
        assert (response.status_code, response.data["code"]) == (504, "still_running")

    def test_it_shows_nothing_of_it_to_others(self) -> None:
        response = self.reply("/v1/images/generations", token="ag_wrong")
        assert response.status_code == 401
        response = self.reply("/v1/images/generations", token=self.bob_token)
        assert str(Job.objects.first().id) not in response.content.decode()


class TestBusy(SimpleTestCase):
    """The process has no turn for a request, or no room for its body."""

    def refusal(
        self, path: str, *, language: str = "en", body: bytes = b"{}"
    ) -> tuple[dict[bytes, bytes], Any]:
        """Return headers and body of the response."""

        async def ask() -> Any:
            headers = [(b"accept-language", language.encode()), (b"host", b"localhost")]
            application = AsgiHttp(turns=0, turn_seconds=0.01)
            return await HttpCommunicator(
                application, "POST", path, body=body, headers=headers
            ).get_response()

        response = asyncio.run(ask())
        assert response["status"] == 503
        headers = {name.lower(): value for name, value in response["headers"]}
        assert int(headers[b"retry-after"]) > 0
        return headers, json.loads(response["body"])

    def test_it_refuses_in_the_words_of_the_protocol(self) -> None:
        for path in ("/v1/images/generations", "/t/ag_x/v1/images/generations"):
            headers, body = self.refusal(path)
            assert body["error"]["type"] == "server_error"
            assert body["error"]["message"].startswith("Too many requests at once.")
            assert headers[b"x-should-retry"] == b"true"
        _headers, body = self.refusal("/sdapi/v1/txt2img")
        assert body["detail"].startswith("Too many requests at once.")
        for path in ("/api/v1/jobs/", "/mcp"):
            headers, body = self.refusal(path)
            assert headers[b"content-type"] == b"application/problem+json"
            assert (body["code"], body["status"]) == ("unavailable", 503)

    def test_it_refuses_a_body_for_which_there_is_no_room(self) -> None:
        with (
            Path("/dev/full").open("r+b", buffering=0) as full,
            mock.patch("tempfile.TemporaryFile", return_value=full),
        ):
            _headers, body = self.refusal("/sdapi/v1/img2img", body=bytes(4_000_000))
        assert body["detail"].startswith("Too many requests at once.")

    def test_it_speaks_the_language_of_the_request(self) -> None:
        _headers, body = self.refusal("/v1/images/generations", language="ru")
        assert body["error"]["message"].startswith("Слишком много запросов")
