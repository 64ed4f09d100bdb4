"""`manage.py local_model FILE` with random weights: draws, streams, edits, cancels, starts again."""

import base64
import contextlib
import io
import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Self

import pytest
import requests
from django.conf import settings
from openai import OpenAI
from PIL import Image

from generation.imaging import mask_image
from generation.providers.access import BearerAccess, HttpLimits
from generation.providers.call_errors import JobRefused
from generation.providers.image_server.provider import ImageServer
from generation.providers.payloads import PUBLIC
from generation.providers.payloads.comfyui import data_uri
from generation.providers.provider import Order
from generation.testing import random_weights
from generation.testing.rows.image_files import noise
from generation.testing.services import free_port

pytestmark = [
    pytest.mark.release("generation/local_models/"),
    pytest.mark.cyllama,
    pytest.mark.limit(900),
    pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc"),
]
SMALL: dict[str, Any] = {
    "prompt": "a pier",
    "size": "64x64",
    "steps": 1,
    "guidance": 1,  # half of the work
    "seed": 5,
}
PATIENCE = 300


class Server:
    """A running command: `url`, and `lines` of its output as they come."""

    def __init__(self, file: Path) -> None:
        port = str(free_port())
        self.command = [sys.executable, "manage.py", "local_model", str(file), "--port", port]
        self.name = file.stem

    def __enter__(self) -> Self:
        self.process = subprocess.Popen(
            self.command, cwd=settings.BASE_DIR, stdout=subprocess.PIPE, text=True
        )
        self.url = self.line("IMAGE_SERVER_URL=").strip()
        self.client = OpenAI(base_url=self.url, api_key="none", max_retries=0, timeout=PATIENCE)
        return self

    def __exit__(self, *error: object) -> None:
        self.process.terminate()
        assert self.process.wait(PATIENCE) == 0
        assert not list(self.workers())
        assert self.process.stdout
        self.process.stdout.close()

    def line(self, begin: str) -> str:
        """Return the rest of the next line that has these words."""
        assert self.process.stdout
        for line in self.process.stdout:
            if begin in line:
                return line.partition(begin)[2]
        raise AssertionError(f"the command ended without {begin!r}")

    def workers(self) -> Iterator[int]:
        """Yield the id of the process that holds the weights."""
        with contextlib.suppress(FileNotFoundError):
            children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
            for child in children.read_text().split():
                if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes():
                    yield int(child)

    def kill_worker(self) -> None:
        (worker,) = self.workers()
        os.kill(worker, signal.SIGKILL)

    def post(self, **changes: Any) -> requests.Response:
        url = f"{self.url}/images/generations"
        return requests.post(
            url, json=SMALL | changes, timeout=PATIENCE, stream="stream" in changes
        )


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    file = tmp_path_factory.mktemp("weights") / "random.safetensors"
    random_weights.write(file)
    yield file
    file.unlink()


@pytest.fixture(scope="module")
def server(weights: Path) -> Iterator[Server]:
    with Server(weights) as server:
        server.line("The model is ready.")
        yield server


def opened(data: str) -> Image.Image:
    image = Image.open(io.BytesIO(base64.b64decode(data)))
    image.load()
    return image


def test_it_draws_the_same_image_for_the_same_seed(server: Server) -> None:
    assert [model.id for model in server.client.models.list()] == ["random"]
    data = [server.client.images.generate(prompt="a pier", extra_body=SMALL).data for _ in range(2)]
    images = [opened(each[0].b64_json or "") for each in data if each]
    assert [(image.format, image.size) for image in images] == [("PNG", (64, 64))] * 2
    assert images[0].tobytes() == images[1].tobytes()
    (least, most), *_ = images[0].getextrema()
    assert least < most


def test_it_streams_previews_before_the_image(server: Server) -> None:
    stream = server.client.images.generate(
        prompt="a pier", stream=True, partial_images=1, extra_body=SMALL | {"steps": 3}
    )
    partial, completed = list(stream)
    assert partial.type == "image_generation.partial_image"
    assert partial.partial_image_index == 0
    assert opened(partial.b64_json).format == "JPEG"
    assert completed.type == "image_generation.completed"
    assert opened(completed.b64_json).size == (64, 64)


def test_an_edit_repaints_where_the_mask_is_transparent(server: Server) -> None:
    gray = Image.new("L", (64, 64))
    gray.paste(255, (0, 0, 32, 64))
    edited = server.client.images.edit(
        image=("a.png", noise(64, 64), "image/png"),
        mask=("mask.png", mask_image.to_transparency(mask_image.png(gray)), "image/png"),
        prompt="a pier",
        extra_body=SMALL | {"steps": 2},
    )
    assert edited.data
    assert opened(edited.data[0].b64_json or "").size == (64, 64)


def test_the_studio_knows_it_as_an_image_server(server: Server) -> None:
    access = BearerAccess(server.url, "")
    provider = ImageServer(name="It", access=access, limits=HttpLimits(run_seconds=PATIENCE))
    order = SMALL | {"image": data_uri(noise(64, 64)), "strength": 0.5, "steps": 2}
    report = provider.submit(Order(endpoint_id="random", input=order, webhook=None)).report
    assert report
    image = provider.result(report, dialect=PUBLIC, images_at="").images[0]
    assert (image.data or b"").startswith(b"\x89PNG")
    wrong = Order(endpoint_id="random", input=SMALL | {"size": "1x1"}, webhook=None)
    with pytest.raises(JobRefused):
        provider.submit(wrong)


def test_two_people_at_once_get_their_own_images(server: Server) -> None:
    def image_of(seed: int) -> str:
        reply = server.post(seed=seed)
        assert reply.status_code == 200, reply.text
        return str(reply.json()["data"][0]["b64_json"])

    alone = [image_of(seed) for seed in (1, 2)]
    with ThreadPoolExecutor() as people:
        together = list(people.map(image_of, (1, 2)))
    assert alone[0] != alone[1]
    assert together == alone


def test_closing_the_connection_cancels(server: Server) -> None:
    worker = list(server.workers())
    with server.post(stream=True, steps=50) as reply:
        assert next(reply.iter_lines()).startswith(b": step 1/50")
    # Without the cancel, 50 steps would take longer than it waits, and the worker would be killed.
    assert server.post().status_code == 200
    assert list(server.workers()) == worker


def test_a_worker_that_dies_while_it_draws_is_started_again(server: Server) -> None:
    with server.post(stream=True, steps=50) as reply:
        lines = reply.iter_lines()
        assert next(lines).startswith(b": step 1/50")
        server.kill_worker()
        *_, last = (line for line in lines if line.startswith(b"data: "))
    error = json.loads(last.removeprefix(b"data: "))["error"]
    assert error["message"].startswith("The model's process ended with signal 9")
    server.line("The model is ready.")
    assert server.post().status_code == 200


def test_a_worker_that_dies_while_it_loads_is_started_again(weights: Path) -> None:
    with Server(weights) as server:
        refused = server.post()
        assert (refused.status_code, refused.headers["Retry-After"]) == (429, "5")
        server.kill_worker()
        assert "signal 9" in server.line("The model's process ended with")
        server.line("The model is ready.")
        server.kill_worker()  # while it waits
        server.line("The model is ready.")
        assert server.post().status_code == 200


def test_the_worker_ends_with_a_server_that_is_killed(weights: Path) -> None:
    server = Server(weights).__enter__()
    server.line("The model is ready.")
    (worker,) = server.workers()
    server.process.kill()
    server.process.wait(PATIENCE)
    pidfd = None
    with contextlib.suppress(ProcessLookupError):
        pidfd = os.pidfd_open(worker)
    if pidfd is not None:
        with os.fdopen(pidfd) as ended:
            assert select.select([ended], [], [], PATIENCE)[0]


def test_a_file_that_is_not_a_model_is_named(tmp_path: Path) -> None:
    file = tmp_path / "wrong.safetensors"
    file.write_bytes(b"hello" * 1000)
    with Server(file) as server:
        assert "The next start is in 1 s." in server.line("wrong.safetensors")
        provider = ImageServer(
            name="It", access=BearerAccess(server.url, ""), limits=HttpLimits(run_seconds=PATIENCE)
        )
        with pytest.raises(JobRefused) as refusal:
            provider.submit(Order(endpoint_id="wrong", input=SMALL, webhook=None))
        assert "The model cannot be loaded" in refusal.value.detail
