"""AUTOMATIC1111's API as SillyTavern, LibreChat and Open WebUI use it."""

import base64
import io
import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest
from PIL import Image as Pillow

from accounts.tokens import tokens
from generation.files import storage
from generation.models import ImageModel, Job, Status, Upload
from generation.testing.servers.asgi import workers
from generation.tests.protocols.test_openai_package import PROMPT, ProtocolTestCase, opened, png
from generation.tests.protocols.test_recorded_requests import recorded

pytestmark = pytest.mark.slow

LIBRECHAT, OPEN_WEBUI, SILLYTAVERN = (
    recorded(name)["json"]
    for name in ("librechat-0.8-a1111", "open-webui-0.12.4-a1111", "sillytavern-1.19")
)


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

    def test_it_lists_models_and_what_programs_ask_for(self) -> None:
        titles = [model["title"] for model in self.get("/sd-models")]
        assert {"flux-dev", "flux-kontext"} <= set(titles)
        assert self.get("/samplers")[0]["name"] == "Automatic"
        for path in ("/schedulers", "/upscalers", "/latent-upscale-modes", "/sd-vae"):
            assert isinstance(self.get(path), list)

    def test_it_says_what_is_wrong(self) -> None:
        for body, text in (
            ({"prompt": ""}, "prompt"),
            ({"prompt": PROMPT, "batch_size": 9}, "batch_size"),
            ({"prompt": PROMPT, "steps": "many"}, "steps"),
        ):
            assert text in self.post("/txt2img", body, 400)["detail"]
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
