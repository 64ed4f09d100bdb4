"""What a local model's server refuses, and that it answers while there is no worker."""

import asyncio
import multiprocessing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import FormData, web
from aiohttp.test_utils import TestClient, TestServer

from generation.imaging import mask_image
from generation.local_models.models import LocalModel, known_models
from generation.local_models.server import ModelServer
from generation.local_models.supervisor import Supervisor
from generation.local_models.worker import Drawing, Failed
from generation.testing.rows.image_files import noise

GOOD: dict[str, Any] = {"model": "sdxs", "prompt": "a pier", "size": "512x512"}
SDXS = known_models()["sdxs"]


def ask(
    path: str, *, json: Any = None, form: dict[str, Any] | None = None, model: LocalModel = SDXS
) -> tuple[int, str, str]:
    """Return status, code and message of the reply to a POST, without a worker."""

    async def run() -> tuple[int, str, str]:
        server = ModelServer(model, Supervisor(model, say=print))
        async with TestClient[web.Request, web.Application](TestServer(server.app())) as client:
            data = FormData()
            for name, value in (form or {}).items():
                is_file = isinstance(value, bytes)
                data.add_field(name, value, filename="a.png" if is_file else None)
            sent = {"json": json} if form is None else {"data": data}
            async with client.post(f"/v1/images/{path}", **sent) as reply:
                error = (await reply.json())["error"]
                return reply.status, error["code"], error["message"]

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"prompt": " "}, "prompt: missing."),
        ({"size": "512"}, "size: auto or such as 512x512, multiples of 64 up to 512."),
        ({"size": "500x512"}, "size: auto or such as 512x512, multiples of 64 up to 512."),
        ({"size": "576x512"}, "size: auto or such as 512x512, multiples of 64 up to 512."),
        ({"n": 2}, "n: not a whole number from 1 to 1."),
        ({"steps": 1.5}, "steps: not a whole number from 1 to 1."),
        ({"seed": 1.5}, "seed: not a whole number from 0 to 2147483647."),
        ({"guidance": "high"}, "guidance: not a number from 1.0 to 1.0."),
        ({"guidance": float("nan")}, "guidance: not a number from 1.0 to 1.0."),
        ({"partial_images": 4}, "partial_images: not a whole number from 0 to 3."),
    ],
)
def test_it_names_the_wrong_parameter(changes: dict[str, Any], problem: str) -> None:
    assert ask("generations", json=GOOD | changes) == (400, "invalid_value", problem)


def test_it_refuses_what_is_not_an_object() -> None:
    assert ask("generations", json=[GOOD])[0] == 400


def test_it_has_one_model() -> None:
    assert ask("generations", json=GOOD | {"model": "dall-e-3"})[:2] == (404, "model_not_found")


def test_an_edit_needs_what_the_model_takes() -> None:
    image = noise(64, 64)
    opaque, half = image, mask_image.to_transparency(mask_image.gray(noise(64, 64)))
    dreamshaper, klein = known_models()["dreamshaper-lcm"], known_models()["klein-4b"]

    def refusal(model: LocalModel, **files: bytes) -> str:
        form = GOOD | {"model": model.name} | files
        status, _code, message = ask("edits", form=form, model=model)
        assert status in (400, 429)
        return message

    assert refusal(SDXS) == "image: a file is missing."
    assert refusal(SDXS, image=image) == "image: sdxs takes 0 at most."
    assert refusal(klein, image=image, mask=half) == "mask: klein-4b takes none."
    assert "no pixel is transparent" in refusal(dreamshaper, image=image, mask=opaque)
    assert refusal(dreamshaper, image=b"GIF89a") == "image: neither PNG, JPEG nor WebP"
    assert refusal(dreamshaper, image=image, mask=half) == "The model is being loaded."


@pytest.mark.parametrize(("is_killed", "code"), [(False, "model_unusable"), (True, "not_ready")])
def test_it_tells_a_useless_model_from_a_worker_that_starts_again(
    tmp_path: Path, is_killed: bool, code: str
) -> None:
    file = tmp_path / "broken.safetensors"
    file.write_bytes(b"these are no weights")
    drawing = Drawing(prompt="a pier", width=64, height=64, seed=1, steps=1, guidance=1, strength=1)

    async def run() -> list[object]:
        said: asyncio.Queue[str] = asyncio.Queue()
        supervisor = Supervisor(replace(SDXS, paths={"model": str(file)}), say=said.put_nowait)
        task = asyncio.create_task(supervisor.run())
        await asyncio.sleep(0)  # it starts its worker
        if is_killed:
            (worker,) = multiprocessing.active_children()
            worker.kill()
        await said.get()
        events: list[object] = [event async for event in supervisor.draw(drawing)]
        task.cancel()
        return events

    (event,) = asyncio.run(run())
    assert isinstance(event, Failed)
    assert event.code == code


def test_without_a_worker_it_asks_for_a_pause() -> None:
    answer = (429, "not_ready", "The model is being loaded.")
    assert ask("generations", json=GOOD) == answer
    assert ask("generations", json={"prompt": "a pier", "stream": True}) == answer
