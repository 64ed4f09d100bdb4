"""Requests of programs as they send them: the file names the program and its version."""

import base64
import json
from pathlib import Path
from typing import Any

import httpx2
import pytest

from generation.models import Job
from generation.testing.servers.asgi import workers
from generation.tests.protocols.test_openai_package import ProtocolTestCase, opened, png

pytestmark = pytest.mark.slow

FOLDER = Path(__file__).parent / "recorded"
RECORDED = sorted(path.stem for path in FOLDER.glob("*.json"))
PROGRAMS = {"invokeai", "librechat", "litellm", "n8n", "open-webui", "sillytavern"}


def recorded(name: str) -> dict[str, Any]:
    request: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text())
    return request


class TestPrograms(ProtocolTestCase):
    def test_it_answers_each_with_what_it_reads(self) -> None:
        assert {name for name in PROGRAMS if f"{name}-" in " ".join(RECORDED)} == PROGRAMS
        for name in RECORDED:
            with self.subTest(name):
                self.assert_answers(**recorded(name))

    def assert_answers(
        self,
        *,
        base: str,
        path: str,
        headers: dict[str, str],
        reads: str,
        size: str,
        model: str,
        label: str,
        **body: Any,
    ) -> None:
        basic = base64.b64encode(f"any:{self.token}".encode()).decode()
        headers = {"Authorization": f"Bearer {self.token}"} | headers
        headers["Authorization"] = headers["Authorization"].format(basic=basic)
        if path.endswith("/edits"):
            files = [(name, ("image.png", png())) for name in body["files"]]
            body = {"data": body["form"], "files": files}
        address = f"{self.url}{base.format(token=self.token)}{path}"
        with workers(self.emulator):
            response = httpx2.post(address, headers=headers, timeout=60, **body)
        assert response.status_code == 200, response.text
        reply = response.json()
        if reads == "images":
            data, job_size = reply["images"][0], "{width}x{height}".format(**reply["parameters"])
        else:
            (image,) = reply["data"]
            assert list(image) == [reads]
            data, job_size = image.get("b64_json"), reply["size"]
        assert job_size == size
        assert data is None or "{}x{}".format(*opened(data).size) == size
        job = Job.objects.latest("id")
        assert (job.model.slug, job.label) == (model, label)
