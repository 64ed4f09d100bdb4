"""The emulator answers as was recorded from the real service, and otherwise where asked."""

import base64

import pytest

from generation.demo.emulator import Emulator, EmulatorOptions
from generation.demo.emulator.painters import tiny_png
from generation.providers.runpod.client import RunPodClient

pytestmark = pytest.mark.release("generation/demo/")

SCHNELL, Z_IMAGE, EDIT = "black-forest-labs-flux-1-schnell", "z-image-turbo", "qwen-image-edit"
BODY = {"prompt": "a quiet sea"}
SOURCE = "data:image/png;base64," + base64.b64encode(tiny_png(320, 200, 5)).decode()


def output(emulator, endpoint, body=BODY):
    client = RunPodClient(base_url=emulator.base_url, api_key=emulator.api_key)
    remote_id = client.run(endpoint, input=body).remote_id
    emulator.advance(5)
    try:
        return client.status(endpoint, remote_id).output
    finally:
        client.close()


def body_for(endpoint):
    return (
        BODY | {"image": SOURCE, "images": [SOURCE]}
        if "edit" in endpoint or "kontext" in endpoint
        else BODY
    )


class TestAnswers:
    @pytest.mark.parametrize(
        ("endpoint", "cost"),
        [
            (SCHNELL, 0.003),
            ("black-forest-labs-flux-1-dev", 0.012),
            (EDIT, 0.02),
            ("qwen-image-edit-2511", 0.025),
            ("seedream-v4-edit", 0.027),
        ],
    )
    def test_it_answers_with_result_and_the_recorded_cost(self, endpoint, cost):
        with Emulator(EmulatorOptions(manual=True)) as emulator:
            answer = output(emulator, endpoint, body_for(endpoint))
            assert answer == {"cost": cost, "result": answer["result"]}
            assert answer["result"].startswith(f"http://{emulator.image_host}/files/")
