"""Requests of programs as they send them: the file names the program and its version."""

import base64
import io
import json
from pathlib import Path
from typing import Any

import httpx2
from PIL import Image as Pillow

from generation.models import Job
from generation.testing.servers.asgi import workers
from generation.tests.protocols.test_openai_package import ProtocolTestCase

RECORDED = sorted((Path(__file__).parent / "recorded").glob("*.json"))


class TestPrograms(ProtocolTestCase):
    def test_it_answers_each_with_what_it_reads(self) -> None:
        assert len(RECORDED) >= 6
        for path in RECORDED:
            with self.subTest(path.stem):
                self.assert_answers(json.loads(path.read_text()))

    def assert_answers(self, recorded: dict[str, Any]) -> None:
        headers = recorded["headers"] | {"Authorization": f"Bearer {self.token}"}
        address = f"{self.url}{recorded['base']}{recorded['path']}"
        with workers(self.emulator):
            response = httpx2.post(address, json=recorded["json"], headers=headers, timeout=60)
        assert response.status_code == 200, response.text
        (image,) = response.json()["data"]
        assert list(image) == [recorded["reads"]]
        if data := image.get("b64_json"):
            width, height = Pillow.open(io.BytesIO(base64.b64decode(data))).size
            assert f"{width}x{height}" == recorded["size"]
        assert response.json()["size"] == recorded["size"]
        job = Job.objects.latest("id")
        assert (job.model.slug, job.label) == (recorded["model"], recorded["label"])
