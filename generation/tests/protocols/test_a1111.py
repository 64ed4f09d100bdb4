"""AUTOMATIC1111's API as SillyTavern, LibreChat and Open WebUI use it."""

import base64
import contextlib
import io
import json
import time
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import numpy as np
import pytest
from PIL import Image as Pillow

from accounts.tokens import tokens
from artgen.api.problems import Problem
from generation.files import storage
from generation.models import ImageModel, Job, Status, Upload
from generation.protocols.a1111.images import ImagesJSONParser
from generation.testing.servers.asgi import workers
from generation.tests.protocols.test_openai_package import PROMPT, ProtocolTestCase, opened, png
from generation.tests.protocols.test_recorded_requests import recorded

pytestmark = pytest.mark.slow

LIBRECHAT, OPEN_WEBUI, SILLYTAVERN = (
    recorded(name)["json"]
    for name in ("librechat-0.8-a1111", "open-webui-0.12.4-a1111", "sillytavern-1.19")
)


NUMBERS = ("batch_size", "n_iter", "steps", "cfg_scale", "seed", "width", "height", "max_credits")
HUGE = float("inf")
IS_JSON = {"Content-Type": "application/json"}


class A1111TestCase(ProtocolTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.client_of_token = self.enterContext(self.http(self.token))

    def http(self, token: str) -> httpx2.Client:
        return httpx2.Client(base_url=f"{self.url}/sdapi/v1", auth=("any", token), timeout=60)

    def post(self, path: str, body: Any, status: int = 200) -> Any:
        response = self.client_of_token.post(path, json=body)
        assert response.status_code == status, response.text
        return response.json()

    def get(self, path: str) -> Any:
        response = self.client_of_token.get(path)
        assert response.status_code == 200, response.text
        return response.json()


class TestPrograms(A1111TestCase):
    def test_it_draws_what_each_sends(self) -> None:
        with workers(self.emulator):
            for body, count in ((LIBRECHAT, 1), (SILLYTAVERN, 1), (OPEN_WEBUI, 2)):
                sent = self.post("/txt2img", body)
                assert len(sent["images"]) == count
                info = json.loads(sent["info"])
                assert opened(sent["images"][0]).size == (info["width"], info["height"])
                assert (info["width"], info["height"]) == (body["width"], body["height"])
                assert len(info["all_seeds"]) == len(info["infotexts"]) == count
                assert info["infotexts"][0].startswith(PROMPT)
        schnell = Job.objects.order_by("id")[0]
        assert (schnell.model.slug, schnell.steps, schnell.guidance) == ("flux-schnell", 8, 4.5)
        assert schnell.negative_prompt == "fog"

    def test_it_needs_no_header_with_the_token_in_the_address(self) -> None:
        base = f"{self.url}/t/{self.token}"
        with workers(self.emulator):
            response = httpx2.post(f"{base}/sdapi/v1/txt2img", json=OPEN_WEBUI, timeout=60)
        assert (response.status_code, len(response.json()["images"])) == (200, 2)
        assert httpx2.get(f"{base}/v1/models").json()["data"]
        for path in ("/t/ag_wrong/sdapi/v1/options", f"/t/{self.token}/api/v1/account/"):
            assert httpx2.get(f"{self.url}{path}").status_code in (401, 404)

    def test_it_refuses_a_higher_price_than_the_caller_allows(self) -> None:
        for limit in (0, -1):
            answer = self.post("/txt2img", OPEN_WEBUI | {"max_credits": limit}, status=402)
            assert answer["code"] == "price_too_high"
        assert not Job.objects.exists()


class TestOptions(A1111TestCase):
    def test_it_remembers_the_model_of_each_token(self) -> None:
        other = self.enterContext(self.http(tokens.issue(user=self.alice, name="other")))
        assert self.get("/options") == {"sd_model_checkpoint": "flux-schnell"}
        self.post("/options", {"sd_model_checkpoint": "qwen-image", "sd_vae": "x"})
        assert self.get("/options") == {"sd_model_checkpoint": "qwen-image"}
        assert other.get("/options").json() == {"sd_model_checkpoint": "flux-schnell"}
        with workers(self.emulator):
            self.post("/txt2img", {"prompt": PROMPT, "width": 512, "height": 512})
        job = Job.objects.get()
        assert (job.model.slug, job.width, job.height) == ("qwen-image", 1328, 1328)

    def test_it_says_what_is_wrong(self) -> None:
        for body, text in (
            ({"prompt": ""}, "prompt"),
            ({"batch_size": 11}, "batch_size"),
            ({"batch_size": -1, "n_iter": -2}, "batch_size"),
            ({"batch_size": 2, "n_iter": 6}, "n_iter"),
            ({"steps": "many"}, "steps"),
            *(({name: HUGE}, name) for name in NUMBERS),
            *(({name: -HUGE}, name) for name in NUMBERS),
            *(({name: 10**400}, name) for name in NUMBERS),
            *(({name: True}, name) for name in NUMBERS),
        ):
            sent = json.dumps({"prompt": PROMPT} | body).replace("Infinity", "1e400")
            response = self.client_of_token.post("/txt2img", content=sent, headers=IS_JSON)
            assert (response.status_code, text in response.text) == (400, True), (body, response)
        unknown = {"prompt": PROMPT, "override_settings": {"sd_model_checkpoint": "sd15"}}
        assert "sd15" in self.post("/txt2img", unknown, 404)["detail"]
        assert (
            "base64" in self.post("/img2img", {"prompt": "x", "init_images": ["!"]}, 400)["detail"]
        )
        assert not Job.objects.exists()
        wrong = httpx2.get(f"{self.url}/sdapi/v1/options", auth=("any", "wrong"))
        assert (wrong.status_code, wrong.headers["www-authenticate"]) == (
            401,
            'Basic realm="ArtGen", error="invalid_token"',
        )


class TestImg2img(A1111TestCase):
    def test_it_changes_the_white_area_or_the_black_one(self) -> None:
        ImageModel.objects.filter(slug="sdxl-inpaint").update(enabled=True)
        mask = Pillow.new("L", (512, 384), 0)
        mask.paste(255, (0, 0, 100, 100))
        file = io.BytesIO()
        mask.save(file, "PNG")
        body = {
            "prompt": "a boat",
            "init_images": [f"data:image/png;base64,{base64.b64encode(png()).decode()}"],
            "mask": base64.b64encode(file.getvalue()).decode(),
            "override_settings": {"sd_model_checkpoint": "sdxl-inpaint"},
        }
        with workers(self.emulator):
            self.post("/img2img", body)
            self.post("/img2img", body | {"inpainting_mask_invert": 1})
        areas = []
        for job in Job.objects.order_by("id"):
            stored = Pillow.open(io.BytesIO(storage.read(Upload.objects.get(id=job.mask).key)))
            gray = stored.convert("L")
            areas.append((gray.getpixel((50, 50)), gray.getpixel((200, 200))))
        assert areas == [(255, 0), (0, 255)]

    def test_it_falls_to_the_first_model_that_can_do_it(self) -> None:
        body = {"prompt": "a boat", "init_images": [base64.b64encode(png()).decode()]}
        with workers(self.emulator):
            for chosen in ("qwen-image", "flux-kontext"):
                self.post("/options", {"sd_model_checkpoint": chosen})
                self.post("/img2img", body)
                self.post("/txt2img", {"prompt": PROMPT})
        assert [job.model.slug for job in Job.objects.order_by("id")] == [
            *("flux-kontext", "qwen-image", "flux-kontext", "flux-schnell")
        ]
        named = body | {"override_settings": {"sd_model_checkpoint": "qwen-image"}}
        assert "doesn’t accept source images" in self.post("/img2img", named, 400)["detail"]

    def test_it_takes_base64_as_encoders_write_it(self) -> None:
        file = io.BytesIO()
        pixels = np.random.default_rng(1).integers(0, 256, (300, 300, 3), np.uint8)
        Pillow.fromarray(pixels).save(file, "PNG")
        lines = base64.encodebytes(file.getvalue()).decode().replace("\n", "\r\n")
        assert len(lines) > 200_000
        body = {"prompt": "a boat", "init_images": [f"data:image/png;base64,{lines}"]}
        sent = json.dumps(body | {"override_settings": {"sd_model_checkpoint": "flux-kontext"}})
        with workers(self.emulator):
            for text in (sent, sent.replace("/", "\\/")):
                response = self.client_of_token.post("/img2img", content=text, headers=IS_JSON)
                assert response.status_code == 200, response.text
        kept = Upload.objects.values_list("width", "height")
        assert list(kept) == [(300, 300)] * 2

    def test_it_takes_large_bodies_only_where_images_are_sent(self) -> None:
        for path, status in (("/img2img", 400), ("/txt2img", 413), ("/options", 413)):
            self.post(path, {"prompt": "x" * 2_000_000}, status)

    def test_it_takes_no_long_text_for_an_image(self) -> None:
        image = base64.b64encode(png()).decode()
        body = {"prompt": "x" * 100_000, "init_images": [image]}
        assert "prompt" in self.post("/img2img", body, 400)["detail"]
        assert not Upload.objects.exists()


class TestLargeBodies:
    def peak(self, body: bytes) -> float:
        """Return how many times the size of the body it takes to parse or refuse it."""
        stream = io.BytesIO(body)
        tracemalloc.start()
        try:
            with contextlib.suppress(Problem):
                ImagesJSONParser().parse(stream)
            return tracemalloc.get_traced_memory()[1] / len(body)
        finally:
            tracemalloc.stop()

    @pytest.mark.parametrize("part", [b"[],", b"{},", b'"",', b'"\\"",', b"0,", b'" ', b"\\"])
    def test_it_parses_no_structure_of_megabytes(self, part: bytes) -> None:
        body = b'{"init_images": [' + part * (10_000_000 // len(part)) + b"0]}"
        assert self.peak(body) < 1.5

    def test_it_keeps_images_once(self) -> None:
        images = b'", "'.join([b"A" * 5_000_000] * 2)
        body = '{"prompt": "мост 🌉", "init_images": ["'.encode() + images + b'"]}'
        assert self.peak(body) < 1.5


class TestProgress(A1111TestCase):
    def test_it_says_how_far_the_last_order_is_and_cancels_it(self) -> None:
        assert self.get("/progress")["progress"] == 0
        assert self.post("/interrupt", {}) == {}
        other = self.openai().images  # of the same user, but not of this API
        with ThreadPoolExecutor(2) as pool:
            beside = pool.submit(other.generate, model="flux-schnell", prompt=PROMPT)
            drawn = pool.submit(self.client_of_token.post, "/txt2img", json=OPEN_WEBUI)
            deadline = time.monotonic() + 30
            while self.get("/progress")["state"]["job_count"] < 2 and time.monotonic() < deadline:
                time.sleep(0.05)
            assert self.get("/progress")["state"]["job_count"] == 2
            self.post("/interrupt", {})
            response = drawn.result()
            assert (response.status_code, response.json()["code"]) == (400, "canceled")
            with workers(self.emulator):
                assert beside.result().data
        assert Job.objects.filter(status=Status.CANCELED).count() == 2
        assert self.get("/progress")["state"]["job_count"] == 0
