"""Forms with files that cannot be read or stored."""

import gc
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import BOUNDARY, MULTIPART_CONTENT

from artgen.tests.api.test_problems import ProblemTestCase

UPLOADS, FORM = "/api/v1/uploads/", "/create/"
LARGE = b"A" * 3_000_000


@pytest.fixture
def _without_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def open_files() -> list[str]:
    files = [os.path.realpath(link) for link in Path("/proc/self/fd").iterdir()]
    return [file for file in files if ".upload" in file]


def part(content: bytes, *, encoding: str = "") -> bytes:
    lines = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n'
    lines += f"Content-Transfer-Encoding: {encoding}\r\n" if encoding else ""
    return f"{lines}\r\n".encode() + content + b"\r\n"


class TestUploadFiles(ProblemTestCase):
    def setUp(self) -> None:
        self.client.raise_request_exception = False
        self.client.force_login(self.alice)

    def post(self, path: str) -> Any:
        return self.client.post(path, {"file": SimpleUploadedFile("a.png", LARGE)})

    @pytest.mark.slow
    @pytest.mark.usefixtures("_without_collector")
    def test_it_closes_all_files_of_a_form_that_cannot_be_read(self) -> None:
        body = part(LARGE) + part(LARGE + b"!", encoding="base64") + f"--{BOUNDARY}--".encode()
        for path in (UPLOADS, FORM):
            response = self.client.generic("POST", path, body, content_type=MULTIPART_CONTENT)
            assert response.status_code == 400
            assert open_files() == []

    @pytest.mark.slow
    @pytest.mark.usefixtures("_without_collector")
    def test_it_says_that_the_disk_is_full(self) -> None:
        def on_full_disk(**_options: Any) -> Any:
            return Path("/dev/full").open("r+b", buffering=0)

        with mock.patch("django.core.files.temp.NamedTemporaryFile", on_full_disk):
            refused, page = self.post(UPLOADS), self.post(FORM)
        self.assert_problem(refused, 503, "unavailable")
        assert "temporary files is full" in refused.json()["detail"]
        assert (page.status_code, "temporary files is full" in page.content.decode()) == (503, True)
        assert refused["Retry-After"] == page["Retry-After"] == "30"
