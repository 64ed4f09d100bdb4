"""Jobs that enlarge an image or change a part of it: placed, sent to RunPod, stored, placed again."""

import base64
import io
import json
from datetime import timedelta
from zipfile import ZipFile

import numpy as np
import pytest
from django.utils import timezone
from django.utils.translation import gettext
from PIL import Image as Pillow

from generation.catalog.offers import InvalidParameters
from generation.files import storage, uploads
from generation.imaging import metadata
from generation.jobs.engine import driver, job_control
from generation.jobs.inputs.payloads import ERASED
from generation.jobs.placing import drafts, retries
from generation.models import Export, Image, ImageModel, Job, Status, Upload
from generation.operations import retention
from generation.testing import orders
from generation.testing.cases import EmulatorTestCase
from generation.testing.rows.image_files import noise
from generation.user_data import erasure, exports

pytestmark = pytest.mark.slow

SIZE = (320, 192)
BOX = (96, 48, 224, 144)


def mask_file(size=SIZE, box=BOX, mode="RGB"):
    drawn = Pillow.new("RGB", size, "black")
    drawn.paste((255, 255, 255), box)
    file = io.BytesIO()
    drawn.convert(mode).save(file, "PNG")
    return file.getvalue()


class EditTestCase(EmulatorTestCase):
    def setUp(self):
        super().setUp()
        ImageModel.objects.update(enabled=True)
        self.source = self.upload(noise(*SIZE))

    def upload(self, data, *, user=None):
        return str(uploads.keep(user=user or self.alice, data=data).id)

    def edit(self, model="sdxl-inpaint", **request):
        request = {"model": model, "source_images": [self.source], **request}
        return orders.place(user=self.alice, request=request).jobs[0]

    def refused(self, **request):
        before = Job.objects.count()
        with pytest.raises(InvalidParameters) as refused:
            self.edit(**request)
        assert Job.objects.count() == before
        return [(error.field, error.code) for error in refused.value.errors]

    def sent(self, job):
        driver.submit(job.model.slug)
        return self.runs()[-1].json

    def finish(self, job):
        """Return the image of the job."""
        job = super().finish(job)
        assert job.status == Status.SUCCEEDED, job.error_detail
        return job.images.get()

    def pixels(self, key, size=SIZE):
        image = Pillow.open(io.BytesIO(storage.read(key))).convert("RGB")
        assert image.size == size
        return np.asarray(image, np.int16)

    def file_of(self, body, name):
        [found] = [one for one in body["input"]["images"] if one["name"] == name]
        return Pillow.open(io.BytesIO(base64.b64decode(found["image"].partition(",")[2])))


class TestInpainting(EditTestCase):
    def test_it_changes_the_masked_area_alone(self):
        job = self.edit(prompt="a red boat", mask=self.upload(mask_file()))
        assert (job.width, job.height) == SIZE
        image = self.finish(job)
        before = self.pixels(Upload.objects.get(id=self.source).key)
        changed = np.abs(before - self.pixels(image.key)).max(axis=2) > 0
        inside = np.zeros(changed.shape, bool)
        inside[BOX[1] : BOX[3], BOX[0] : BOX[2]] = True
        assert not changed[~inside].any()
        assert changed[inside].any()
        assert image.sourced

    def test_it_sends_one_channel_whose_white_areas_are_regenerated(self):
        for mode in ("RGB", "L", "RGBA"):
            job = self.edit(prompt="a red boat", mask=self.upload(mask_file(mode=mode)))
            sent = self.sent(job)
            mask = self.file_of(sent, "0_mask.png")
            assert (mask.mode, mask.size) == ("L", SIZE)
            assert (mask.getpixel((100, 50)), mask.getpixel((10, 10))) == (255, 0)
            graph = sent["input"]["workflow"]
            assert graph["2"]["inputs"] == {"image": "0_mask.png", "channel": "red"}

    def test_it_takes_only_an_own_png_as_large_as_the_source(self):
        bobs = self.upload(mask_file(), user=self.bob)
        small = self.upload(mask_file(size=(160, 96)))
        jpeg = io.BytesIO()
        Pillow.new("RGB", SIZE).save(jpeg, "JPEG")
        for mask, code in (
            (bobs, "does_not_exist"),
            ("0" * 32, "does_not_exist"),
            ("mask", "does_not_exist"),
            (small, "size"),
            (self.upload(jpeg.getvalue()), "invalid"),
        ):
            assert self.refused(prompt="x", mask=mask) == [("mask", code)]

    def test_it_takes_no_image_as_a_mask(self):
        image = self.finish(self.edit(prompt="a boat", mask=self.upload(mask_file())))
        assert self.refused(prompt="x", mask=str(image.id)) == [("mask", "invalid")]

    def test_it_refuses_a_mask_that_the_cleanup_took(self):
        mask = self.upload(mask_file())
        Upload.objects.filter(id=mask).update(expired_at=timezone.now())
        assert self.refused(prompt="x", mask=mask) == [("mask", "does_not_exist")]

    def test_it_fails_if_the_file_of_the_mask_is_gone(self):
        job = self.edit(prompt="a boat", mask=self.upload(mask_file()))
        storage.delete(Upload.objects.get(id=job.mask).key)
        driver.submit(job.model.slug)
        job.refresh_from_db()
        assert (job.status, job.error_code) == (Status.FAILED, "source_missing")

    def test_it_fails_for_an_empty_mask_before_anything_is_sent(self):
        black = io.BytesIO()
        Pillow.new("L", SIZE, 0).save(black, "PNG")
        job = self.edit(prompt="a boat", mask=self.upload(black.getvalue()))
        driver.submit(job.model.slug)
        job.refresh_from_db()
        assert (job.status, job.error_code) == (Status.FAILED, "empty_mask")
        assert not self.runs()

    def test_it_changes_everything_for_a_white_mask(self):
        white = io.BytesIO()
        Pillow.new("1", SIZE, 1).save(white, "PNG")
        before = self.pixels(Upload.objects.get(id=self.source).key)
        image = self.finish(self.edit(prompt="a boat", mask=self.upload(white.getvalue())))
        assert (np.abs(self.pixels(image.key) - before).max(axis=2) > 8).mean() > 0.5

    def test_it_can_be_repeated_with_the_same_mask(self):
        job = self.edit(prompt="a boat", mask=self.upload(mask_file()))
        again = retries.retry(user=self.alice, job=job)
        assert (again.mask, again.seed, again.parameters) == (job.mask, job.seed, job.parameters)


class TestErasing(EditTestCase):
    def test_it_needs_no_prompt_and_sends_one_for_the_background(self):
        job = self.edit(mask=self.upload(mask_file()), erase=True)
        assert job.prompt == gettext("Untitled")
        assert self.sent(job)["input"]["workflow"]["7"]["inputs"]["text"] == ERASED

    def test_it_keeps_the_prompt_of_the_image(self):
        image = self.finish(self.edit(prompt="a boat", mask=self.upload(mask_file())))
        self.source = str(image.id)
        job = self.edit(mask=self.upload(mask_file()), erase=True)
        assert job.prompt == "a boat"


class TestOutpainting(EditTestCase):
    def test_it_keeps_the_image_and_paints_around_it(self):
        sides = {"left": 50, "top": 0, "right": 0, "bottom": 100}
        job = self.edit(outpaint=sides)
        assert (job.width, job.height) == (480, 384)
        sent = self.sent(job)
        assert self.file_of(sent, "0_mask.png").size == (480, 384)
        image = self.finish(job)
        whole = self.pixels(image.key, (480, 384))
        before = self.pixels(Upload.objects.get(id=self.source).key)
        kept = np.abs(whole[:180, 170:] - before[:180, 10:])
        assert kept.max() == 0

    def test_it_costs_what_the_larger_image_costs(self):
        ImageModel.objects.filter(slug="sdxl-inpaint").update(price={"per_megapixel": 100})
        job = self.edit(outpaint={"right": 100})
        assert job.credits == 13  # 640 × 192 px


class TestUpscaling(EditTestCase):
    def test_it_enlarges_and_costs_by_its_own_size(self):
        for scale in (2, 4):
            job = self.edit("upscaler", scale=scale)
            size = (SIZE[0] * scale, SIZE[1] * scale)
            assert (job.width, job.height, job.prompt) == (*size, gettext("Untitled"))
            image = self.finish(job)
            assert (image.width, image.height) == size
            loader = self.runs()[-1].json["input"]["workflow"]["2"]["inputs"]
            assert loader == {"model_name": f"RealESRGAN_x{scale}plus.pth"}

    def test_it_refuses_what_would_be_too_large(self):
        self.source = self.upload(noise(2000, 2000))
        assert self.refused(model="upscaler", scale=4) == [("scale", "too_large")]


class TestStoredEdits(EditTestCase):
    def test_the_file_does_not_name_the_mask_of_its_owner(self):
        job = self.edit(prompt="a boat", mask=self.upload(mask_file()))
        image = self.finish(job)
        packet = metadata.packet_of(storage.read(image.key)).decode()
        assert job.mask not in packet
        assert self.source not in packet

    def test_the_cleanup_keeps_a_mask_that_a_job_has(self):
        used, unused = self.upload(mask_file()), self.upload(mask_file())
        self.edit(prompt="a boat", mask=used)
        Upload.objects.update(created_at=timezone.now() - timedelta(days=90))
        assert retention.delete_uploads(created_before=timezone.now()) == 1
        assert {str(one.id) for one in Upload.objects.all()} == {self.source, used}
        assert unused not in {self.source, used}

    def test_it_is_exported_and_erased(self):
        job = self.edit(prompt="a boat", mask=self.upload(mask_file()))
        job_control.cancel(job=job, actor=self.alice)
        key = Upload.objects.get(id=job.mask).key
        made = exports.start(self.alice)
        while Export.objects.active().filter(id=made.id).exists():
            exports.step(made.id)
        made.refresh_from_db()
        archive = ZipFile(io.BytesIO(storage.read(made.parts[0]["key"])))
        assert f"uploads/{key.rpartition('/')[2]}" in archive.namelist()
        assert json.loads(archive.read("jobs.json"))[0]["mask"] == job.mask
        erasure.close(user=self.alice, actor=None)
        assert erasure.erase(self.alice.pk)
        assert not Upload.objects.exists()
        with pytest.raises(FileNotFoundError):
            storage.read(key)

    def test_a_batch_shares_the_mask(self):
        mask = self.upload(mask_file())
        request = {
            "model": "sdxl-inpaint", "prompt": "x", "mask": mask, "source_images": [self.source],
        }  # fmt: skip
        placed = orders.place_batch(user=self.alice, requests=drafts.repeated(request, count=3))
        assert [job.mask for job in placed.jobs] == [mask] * 3
        assert Image.objects.count() == 0
