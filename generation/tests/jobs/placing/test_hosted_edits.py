"""Models of WaveSpeed that enlarge an image or change it: offered, placed, sent, stored."""

import io
from typing import Any

import pytest
from django.test import override_settings
from django.urls import reverse
from PIL import Image as Pillow

from accounts.credits import ledger
from generation.catalog.catalog_file import CATALOG_FILE
from generation.files import storage, uploads
from generation.models import Image, ImageModel, Job, Status, model_cache
from generation.testing.cases import EmulatorTestCase
from generation.testing.commands import run
from generation.testing.pages.html import flat
from generation.testing.rows.image_files import noise, png

SIZE = (1024, 512)


@pytest.mark.slow
@override_settings(RUNPOD_REACHES_US=False)
class TestHostedEdits(EmulatorTestCase):
    def setUp(self) -> None:
        super().setUp()
        run("load_catalog", str(CATALOG_FILE.with_name("wavespeed.toml")))
        run("load_catalog", str(CATALOG_FILE), "--overwrite")
        ledger.grant(user=self.alice, amount=1000, reason="for the test")
        self.client.force_login(self.alice)
        ImageModel.objects.update(enabled=False)
        ImageModel.objects.filter(slug="flux-dev").update(enabled=True)
        (self.image,) = self.finish(
            self.place(model="flux-dev", width=1024, height=512)
        ).images.all()

    def enable(self, *slugs: str) -> None:
        ImageModel.objects.filter(slug__in=slugs).update(enabled=True)
        model_cache.forget()

    def page(self) -> str:
        return flat(self.client.get(reverse("image", args=[self.image.id])))

    def press(self, **fields: str) -> Job:
        known = set(Job.objects.values_list("id"))
        answer = self.client.post(reverse("upscale_image", args=[self.image.id]), fields)
        assert answer.status_code == 302
        (job,) = [job for job in Job.objects.all() if (job.id,) not in known]
        return self.made(job)

    def made(self, job: Job) -> Job:
        job = self.finish(job)
        assert (job.status, job.place.provider) == (Status.SUCCEEDED, "wavespeed"), job.error_detail
        return job

    def sent(self) -> dict[str, Any]:
        sent: Any = self.runs()[-1].json
        return {name: value for name, value in sent.items() if not name.startswith("image")}

    def size_of(self, job: Job) -> tuple[int, int]:
        image: Image = job.images.get()
        with Pillow.open(io.BytesIO(storage.read(image.key))) as file:
            assert file.size == (image.width, image.height)
        return image.width, image.height

    def test_it_upscales_faithfully_or_creatively_by_a_button(self) -> None:
        assert "Upscale" not in self.page()
        self.enable("crystal-upscaler", "creative-upscaler")
        page = self.page()
        assert page.count("Upscale ×2<small>2000 × 1000, ") == 2
        assert " · Crystal Upscaler</small>" in page
        assert " · Creative Upscaler</small>" in page
        first = self.press(scale="2")
        assert (first.model.slug, self.sent()) == ("crystal-upscaler", {"target_megapixels": 2})
        assert self.size_of(first) == (2000, 1000)
        job = self.press(scale="4", model="creative-upscaler")
        assert self.sent() == {"target_megapixels": 8, "creativity": 5}
        assert self.size_of(job) == (4000, 2000)
        assert job.credits > 3 * first.credits, "by the size of the new image"
        assert job.credits == job.model.offer.price_of({}, size=(4000, 2000))

    def test_it_removes_a_background_by_a_button(self) -> None:
        assert "Remove background" not in self.page()
        self.enable("background-remover")
        page = self.page()
        assert "Remove background" in page
        assert "Upscale" not in page
        job = self.press(scale="1")
        assert self.sent() == {}
        assert self.size_of(job) == SIZE
        page = flat(self.client.get(reverse("image", args=[job.images.get().id])))
        assert "Background removed" in page

    def place_edit(self, **request: Any) -> Job:
        request = {"width": None, "height": None, "source_images": [str(self.image.id)], **request}
        return self.made(self.place(**request))

    def test_it_changes_a_marked_part(self) -> None:
        assert "Edit area" not in self.page()
        self.enable("flux-dev-inpaint")
        page = self.page()
        assert "Edit area" in page
        assert "4 images by FLUX.1 dev Inpaint, " in page
        mask = str(uploads.keep(user=self.alice, data=noise(*SIZE)).id)
        job = self.place_edit(model="flux-dev-inpaint", prompt="a boat", mask=mask)
        assert self.sent().pop("mask_image", "").startswith("data:image/png")
        assert (self.sent()["size"], self.size_of(job)) == ("1024*512", SIZE)
        erased = self.place_edit(model="flux-dev-inpaint", prompt="", mask=mask, erase=True)
        assert self.size_of(erased) == SIZE
        extended = self.place_edit(
            model="flux-dev-inpaint", prompt="", outpaint={"left": 100, "right": 100}
        )
        assert self.size_of(extended) == (1536, 256), "the model takes no longer side"

    def test_it_edits_with_several_images(self) -> None:
        assert "Edit with text" not in self.page()
        self.enable("seedream-5-pro-edit")
        assert "Edit with text" in self.page()
        other = str(uploads.keep(user=self.alice, data=png()).id)
        self.place_edit(model="seedream-5-pro-edit", source_images=[str(self.image.id), other])
        sent: Any = self.runs()[-1].json
        assert len(sent["images"]) == 2
