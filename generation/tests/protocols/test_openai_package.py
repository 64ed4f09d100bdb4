"""OpenAI's own package makes its calls: what it sends arrives, and it understands the replies."""

import base64
import io
import time
from typing import Any

import httpx2
import openai
import pytest
from django.core.cache import cache
from django.test import TransactionTestCase, override_settings
from PIL import Image as Pillow

from accounts.credits import ledger_check
from accounts.tokens import tokens
from generation.files import storage
from generation.jobs.engine.driver.live_reports import LiveReports
from generation.jobs.live import presence
from generation.models import Image, ImageModel, Job, Status, Upload, model_cache
from generation.protocols.ended_jobs import ImageFormat, data_of
from generation.providers.job_report import JobReport, RemoteState
from generation.testing.cases import emulated, load_catalog, make_user, work
from generation.testing.servers.asgi import asgi_server, workers

pytestmark = pytest.mark.slow

PROMPT = "a lighthouse at dusk"


class ProtocolTestCase(TransactionTestCase):
    """`self.client_of(token)` is OpenAI's client; workers run in `with workers(self.emulator)`."""

    def setUp(self) -> None:
        cache.clear()
        model_cache.forget()
        load_catalog()
        self.alice = make_user("alice@example.org", credits=1000)
        self.token = tokens.issue(user=self.alice, name="program")
        self.emulator = self.enterContext(emulated())
        self.url = self.enterContext(asgi_server())
        # The emulator fetches source images from it.
        self.enterContext(override_settings(PUBLIC_URL=self.url))

    def openai(self, token: str = "", **options: Any) -> openai.OpenAI:
        client = openai.OpenAI(
            base_url=f"{self.url}/v1", api_key=token or self.token, timeout=60, **options
        )
        return self.enterContext(client)


def png(color: Any = "teal", *, size: tuple[int, int] = (512, 384)) -> bytes:
    file = io.BytesIO()
    Pillow.new("RGB" if isinstance(color, str) else "RGBA", size, color).save(file, "PNG")
    return file.getvalue()


def opened(data: str | None) -> Pillow.Image:
    return Pillow.open(io.BytesIO(base64.b64decode(data or "")))


class TestGenerations(ProtocolTestCase):
    def test_it_draws_and_says_the_true_size(self) -> None:
        with workers(self.emulator):
            images = self.openai().images.generate(
                model="flux-schnell", prompt=PROMPT, n=2, size="1792x1024", user="guest 7"
            )
        jobs = list(Job.objects.order_by("id"))
        assert [(job.status, job.label, job.prompt) for job in jobs] == [
            (Status.SUCCEEDED, "guest 7", PROMPT)
        ] * 2
        assert images.size == "1536x896"
        assert [opened(image.b64_json).size for image in images.data or []] == [(1536, 896)] * 2
        assert not any(image.url for image in images.data or [])
        assert not ledger_check.check()

    def test_it_sends_addresses_or_another_format(self) -> None:
        with workers(self.emulator):
            client = self.openai()
            by_url = client.images.generate(
                model="flux-schnell", prompt=PROMPT, response_format="url"
            )
            as_jpeg = client.images.generate(
                model="gpt-image-1", prompt=PROMPT, output_format="jpeg", output_compression=50
            )
        (linked,) = by_url.data or []
        assert linked.url
        assert linked.b64_json is None
        (jpeg,) = as_jpeg.data or []
        assert opened(jpeg.b64_json).format == "JPEG"
        assert as_jpeg.output_format == "jpeg"
        # Endpoints may send JPEG: it is compressed as another format would be.
        stored = Image.objects.get(job=Job.objects.latest("id"))
        file = io.BytesIO()
        Pillow.effect_noise((256, 256), 100).save(file, "JPEG", quality=95)
        storage.save(stored.key, file.getvalue(), content_type="image/jpeg")
        Image.objects.filter(pk=stored.pk).update(content_type="image/jpeg")
        stored.refresh_from_db()
        sizes = [
            len(data_of(stored, ImageFormat("jpeg", quality))) for quality in (None, 100, 80, 30)
        ]
        assert sizes[0] == sizes[1] == len(file.getvalue())
        assert sizes[1] > sizes[2] > sizes[3]
        assert Job.objects.latest("id").model.slug == "flux-dev"

    def test_it_draws_ten_for_a_client_of_azure(self) -> None:
        address = f"{self.url}/v1/images/generations?api-version=2025-04-01-preview"
        order = {"model": "gpt-image-1", "prompt": PROMPT, "n": 10}
        with workers(self.emulator):
            drawn = httpx2.post(address, json=order, headers={"api-key": self.token}, timeout=60)
        assert len(drawn.json()["data"]) == Job.objects.count() == 10
        refused = httpx2.post(address, json=order, headers={"api-key": "ag_wrong"})
        assert (refused.status_code, refused.json()["error"]["code"]) == (401, "invalid_api_key")

    def test_it_streams_comments_and_then_the_image(self) -> None:
        with workers(self.emulator):
            stream = self.openai().images.generate(
                model="flux-schnell", prompt=PROMPT, size="auto", stream=True
            )
            events = list(stream)
        (completed,) = events
        assert completed.type == "image_generation.completed"
        assert opened(completed.b64_json).size == (1024, 1024)

    def test_it_streams_how_the_image_looks_so_far(self) -> None:
        with self.openai().images.generate(
            model="flux-schnell", prompt=PROMPT, stream=True, partial_images=1
        ) as stream:
            work()
            while not presence.present([self.alice.pk]):  # a preview before is sent to nobody
                time.sleep(0.05)
            job, events = Job.objects.get(), iter(stream)
            report = JobReport("", RemoteState.RUNNING, progress=0.6, output=png())
            LiveReports(job).store(report)
            partial = next(events)
            with workers(self.emulator):
                (completed,) = events
        assert partial.type == "image_generation.partial_image"
        assert opened(partial.b64_json).size == (512, 384)
        assert completed.type == "image_generation.completed"

    def test_it_sends_what_succeeded_of_a_batch(self) -> None:
        self.emulator.faults.next("job", "prompt_refused")
        with workers(self.emulator):
            images = self.openai().images.generate(model="flux-schnell", prompt=PROMPT, n=2)
        assert sorted(Job.objects.values_list("status", flat=True)) == ["failed", "succeeded"]
        assert len(images.data or []) == 1

    def test_it_asks_once_if_no_job_succeeded(self) -> None:
        with workers(self.emulator):
            with pytest.raises(openai.InternalServerError) as caught:
                self.openai().images.generate(model="flux-schnell", prompt=f"{PROMPT} [fail]")
            with pytest.raises(openai.BadRequestError) as refused:
                self.openai().images.generate(model="flux-schnell", prompt=f"{PROMPT} [refuse]")
        assert caught.value.code == "provider_error"
        assert refused.value.code == "moderation_blocked"
        assert Job.objects.count() == 2


class TestEdits(ProtocolTestCase):
    def test_it_edits_an_image(self) -> None:
        with workers(self.emulator):
            images = self.openai().images.edit(
                model="gpt-image-1", image=("a.png", png()), prompt="add snow"
            )
        (image,) = images.data or []
        assert opened(image.b64_json)
        job = Job.objects.get()
        assert (job.model.slug, len(job.source_images)) == ("flux-kontext", 1)

    def test_it_changes_where_the_mask_is_transparent(self) -> None:
        ImageModel.objects.filter(slug="sdxl-inpaint").update(enabled=True)
        file = io.BytesIO()
        mask = Pillow.new("RGBA", (512, 384), (0, 0, 0, 255))
        mask.paste((0, 0, 0, 0), (0, 0, 100, 100))
        mask.save(file, "PNG")
        with workers(self.emulator):
            self.openai().images.edit(
                model="gpt-image-1", image=png(), mask=file.getvalue(), prompt="a boat"
            )
        job = Job.objects.get()
        assert job.model.slug == "sdxl-inpaint"
        file = io.BytesIO(storage.read(Upload.objects.get(id=job.mask).key))
        stored = Pillow.open(file).convert("L")
        assert (stored.getpixel((50, 50)), stored.getpixel((200, 200))) == (255, 0)

    def test_it_keeps_no_file_of_a_refused_request(self) -> None:
        ImageModel.objects.filter(slug="sdxl-inpaint").update(enabled=True)
        client = self.openai()
        for options, param in (
            ({"image": b"no image"}, "image"),
            ({"image": png(), "mask": png()}, "mask"),
            ({"image": png(), "mask": png((0, 0, 0, 0), size=(64, 64))}, "mask"),
            ({"image": [png()] * 6}, "image"),
            ({"image": png(), "prompt": ""}, "prompt"),
        ):
            with pytest.raises(openai.BadRequestError) as caught:
                client.images.edit(**{"model": "gpt-image-1", "prompt": "snow"} | options)
            assert caught.value.param == param, (options, caught.value)
        assert (Job.objects.count(), Upload.objects.count()) == (0, 0)


class TestModels(ProtocolTestCase):
    def test_it_lists_models_and_aliases(self) -> None:
        client = self.openai()
        names = [model.id for model in client.models.list()]
        assert {"flux-dev", "gpt-image-1", "dall-e-3", "chatgpt-image-latest"} <= set(names)
        assert "upscaler" not in names
        assert client.models.retrieve("gpt-image-1").id == "gpt-image-1"
        accepted = {"Accept": "text/event-stream"}  # of programs that ask for a stream
        assert client.models.retrieve("gpt-image-1", extra_headers=accepted).object == "model"
        with pytest.raises(openai.NotFoundError, match="flux-dev"):
            client.models.retrieve("flux-nothing")


class TestRefusals(ProtocolTestCase):
    def refused(self, **fields: Any) -> openai.APIStatusError:
        with pytest.raises(openai.APIStatusError) as caught:
            self.openai().images.generate(**{"model": "flux-schnell", "prompt": PROMPT} | fields)
        assert Job.objects.count() == 0
        return caught.value

    def test_it_names_the_models_instead_of_an_unknown_one(self) -> None:
        error = self.refused(model="sora-9")
        assert (error.status_code, error.code, error.param) == (404, "model_not_found", "model")
        assert "flux-dev" in error.message

    def test_it_says_which_field_is_wrong(self) -> None:
        for fields, param in (
            ({"background": "transparent"}, "background"),
            ({"n": 11}, "n"),
            ({"size": "large"}, "size"),
            ({"output_format": "gif"}, "output_format"),
            ({"prompt": "x" * 2001}, "prompt"),
            ({"prompt": ""}, "prompt"),
        ):
            error = self.refused(**fields)
            assert (error.status_code, error.param) == (400, param), error
            assert error.type == "invalid_request_error"

    def test_it_asks_once_where_money_is_out(self) -> None:
        poor = make_user("poor@example.org", credits=0)
        self.token = tokens.issue(user=poor, name="program")
        error = self.refused()
        assert (error.status_code, error.code) == (429, "insufficient_quota")
        assert error.response.headers["x-should-retry"] == "false"

    def test_it_refuses_a_higher_price_than_the_caller_allows(self) -> None:
        error = self.refused(model="flux-dev", n=2, extra_body={"max_credits": 5})
        assert (error.status_code, error.code) == (402, "price_too_high")
        assert "6" in error.message
        error = self.refused(extra_body={"max_credits": "cheap"})
        assert (error.status_code, error.param) == (400, "max_credits")

    def test_it_needs_a_token_and_its_scope(self) -> None:
        self.token = "ag_wrong"
        error = self.refused()
        assert (error.status_code, error.code) == (401, "invalid_api_key")
        self.token = tokens.issue(user=self.alice, name="reader", scopes=["read"])
        error = self.refused()
        assert (error.status_code, error.code) == (403, "missing_scope")
