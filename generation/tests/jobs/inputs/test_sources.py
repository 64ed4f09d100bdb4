"""How source images get to RunPod: by address where RunPod reaches it, else inside the request."""

import re
from datetime import timedelta
from threading import Barrier
from unittest.mock import patch

import pytest
from django.test import override_settings
from django.utils import timezone

from generation.catalog.offers import InvalidParameters
from generation.files import storage, uploads
from generation.imaging import metadata
from generation.jobs.engine import callback_tokens, driver, storing
from generation.jobs.inputs import payloads, sources
from generation.models import Image, ImageModel, Job, Status, Upload
from generation.providers.payloads import dialect_of
from generation.providers.provider import MAX_BODY_BYTES
from generation.testing import orders
from generation.testing.cases import EmulatorTestCase
from generation.testing.rows.api import make_image
from generation.testing.rows.image_files import noise

UNREACHABLE = override_settings(RUNPOD_REACHES_US=False)


class TestSources(EmulatorTestCase):
    def setUp(self):
        super().setUp()
        ImageModel.objects.update(enabled=True)
        ImageModel.objects.filter(slug="seedream-4-edit").update(max_source_images=10)
        ImageModel.objects.filter(slug="sdxl").update(max_source_images=1)

    def upload(self, data=None):
        return str(uploads.keep(user=self.alice, data=data or noise(640, 320)).id)

    def place_from(self, ids, *, model="seedream-4-edit", **fields):
        request = {"model": model, "prompt": "the same at night", "source_images": ids, **fields}
        return orders.place(user=self.alice, request=request).jobs[0]

    def submit(self, job):
        driver.submit(job.model.slug)
        return self.runs()[-1].json

    def refused(self, ids, **options):
        with pytest.raises(InvalidParameters) as refused:
            self.place_from(ids, **options)
        assert not Job.objects.exists()
        return [(error.field, error.code) for error in refused.value.errors]

    def test_it_says_in_the_prompt_what_each_image_is_for(self):
        request = {
            "model": "seedream-4-edit",
            "prompt": "A tea house",
            "source_images": [self.upload(), self.upload()],
            "source_roles": ["edit", "style"],
        }
        job = orders.place(user=self.alice, request=request).jobs[0]
        ImageModel.objects.filter(slug="seedream-4-edit").update(roles={})  # it was placed before
        sent = self.submit(job)["input"]
        assert sent["prompt"] == (
            "A tea house\nEdit image 1. Use only the style of image 2, not what it shows."
        )
        assert len(sent["images"]) == 2
        assert Job.objects.get().prompt == "A tea house"

    def test_it_sends_weights_in_the_words_and_fields_of_each_model(self):
        ids = [self.upload(), self.upload()]
        prompt = self.sent_of(ids, source_roles=["style-light", "subject-strong"])["prompt"]
        assert prompt.endswith(
            "Take only a little from image 1. "
            "Show the same subject as in image 2. Follow image 2 closely."
        )

        named = {"field": "reference", "list": True, "max": 10, "item": "url", "weight": "power"}
        ImageModel.objects.filter(slug="seedream-4-edit").update(
            request_format={"sources": named}, roles={"style": {"weights": [0.3, 0.6, 1]}}
        )
        sent = self.sent_of(ids, source_roles=["style-light", "style"])
        assert sent["prompt"] == "the same at night"
        assert [image["power"] for image in sent["reference"]] == [0.3, 0.6]
        assert all(image["url"].startswith("http://") for image in sent["reference"])

        for model, role, node, weight in (
            ("sdxl-canny", "composition-strong", ("8", "strength"), 0.85),
            ("sdxl-ip-adapter", "style-light", ("4", "weight"), 0.4),
            ("flux-redux", "subject", ("10", "strength"), 0.6),
        ):
            sides = {"width": 512, "height": 512}
            sent = self.sent_of(ids[:1], model=model, source_roles=[role], **sides)
            assert sent["workflow"][node[0]]["inputs"][node[1]] == weight

    def sent_of(self, ids, **fields):
        job = self.place_from(ids, **fields)
        return payloads.input_of(job, sources.chosen(job))

    def test_it_marks_what_is_made_by_changing_an_upload(self):
        uploaded, ids = self.upload(), []
        for sources_and_roles in (
            ([uploaded], []),
            ([uploaded], ["style"]),
            ([uploaded, uploaded], ["style", "edit"]),
        ):
            ids.append(self.stored(*sources_and_roles))
        changed = self.stored([ids[0]], [])
        assert [self.source_type_of(pk) for pk in (*ids, changed)] == [
            *("compositeWithTrainedAlgorithmicMedia", "trainedAlgorithmicMedia"),
            *["compositeWithTrainedAlgorithmicMedia"] * 2,
        ]
        drawn = self.stored([ids[1]], [])
        assert self.source_type_of(drawn) == "trainedAlgorithmicMedia"

    def stored(self, ids, roles):
        """Return the id of the image that a model has made of these."""
        job = self.place_from(ids, source_roles=roles)
        image = storing.save_image(job, position=0, data=noise(64, 48), seed=7)
        image.save(force_insert=True)
        return str(image.id)

    def source_type_of(self, image_id):
        return metadata.source_type_of(storage.read(Image.objects.get(id=image_id).key))

    # --- where RunPod reaches us
    # ----------------------------------------------------------------------------------

    def test_it_sends_an_address_to_the_emulator_on_this_machine(self):
        sent = self.submit(self.place_from([self.upload()]))
        assert re.search("^http://127.0.0.1:8000/media/uploads/", sent["input"]["images"][0])
        assert re.search("^http://127.0.0.1:8000/hooks/runpod/", sent["webhook"])

    @override_settings(
        RUNPOD_BASE_URL="https://api.runpod.ai/v2", PUBLIC_URL="https://art.example.org"
    )
    def test_it_sends_an_address_that_the_internet_reaches(self):
        job = self.place_from([self.upload()])
        (source,) = sources.of_job(job, sources.chosen(job), with_data=False)
        assert re.search("^https://art.example.org/media/uploads/", source.url)
        assert re.search("^https://art.example.org/hooks/runpod/", callback_tokens.address(job))

    def test_it_sends_to_runpod_no_address_of_this_machine(self):
        for public_url in (
            "http://127.0.0.1:8000",
            "http://laptop:8000",
            "http://192.168.1.7:8000",
            "http://[::1]:80",
        ):
            with self.settings(RUNPOD_BASE_URL="https://api.runpod.ai/v2", PUBLIC_URL=public_url):
                job = self.place_from([self.upload()])
                (source,) = sources.of_job(job, sources.chosen(job), with_data=False)
                assert re.search("^data:image/png;base64,", source.url)
                assert callback_tokens.address(job) is None

    def test_it_reads_the_sources_of_several_jobs_at_the_same_time(self):
        jobs = [self.place_from([self.upload()]) for _n in range(3)]
        together = Barrier(3, timeout=30)  # breaks if one is read after the other
        read = storage.read

        def slow_read(key: str) -> bytes:
            together.wait()
            return read(key)

        with self.settings(RUNPOD_REACHES_US=False), patch.object(storage, "read", slow_read):
            submitted = driver.submit(jobs[0].model.slug)
        assert len(submitted) == 3
        assert all(Job.objects.get(id=job.id).runpod_id for job in jobs)

    # --- where it does not
    # ----------------------------------------------------------------------------------------

    @pytest.mark.slow
    @UNREACHABLE
    def test_it_draws_with_every_model_that_takes_sources(self):
        source = self.upload()
        models = [model for model in ImageModel.objects.all() if model.max_source_images]
        assert len(models) >= 6
        for model in models:
            if dialect_of(model.dialect, model.request_format).needs_address:
                continue
            if model.is_tool:
                continue  # see test_edits.py
            with self.subTest(model.slug):
                count = model.max_source_images
                roles = model.offer.usual_roles(count)
                job = self.finish(
                    self.place_from([source] * count, model=model.slug, source_roles=roles)
                )
                assert job.status == Status.SUCCEEDED, job.error_detail
                assert job.events.filter(name="sources_reduced").count() == 0
                assert "webhook" not in self.runs()[-1].json

    @pytest.mark.slow
    @UNREACHABLE
    def test_it_reduces_ten_of_four_megabytes_and_says_so(self):
        data = noise(2600, 1700, format="JPEG", quality=90)
        ids = [self.upload(data) for _ in range(10)]
        assert sum(Upload.objects.values_list("bytes", flat=True)) > 3 * MAX_BODY_BYTES
        job = self.place_from(ids)
        assert job.events.get(name="sources_reduced").detail[:4] == "they"
        self.client.force_login(self.alice)
        self.assertContains(
            self.client.get(f"/jobs/{job.id}/"), "Source images reduced to fit in the request"
        )
        sent = self.submit(job)["input"]["images"]
        assert sum(map(len, sent)) < MAX_BODY_BYTES
        assert len(sent) == 10
        assert self.finish(job).status == Status.SUCCEEDED, job.error_detail

    @UNREACHABLE
    def test_it_refuses_at_the_field_what_a_worker_would_have_to_fetch(self):
        assert self.refused([self.upload()], model="sdxl") == [("source_images", "not_reachable")]

    @UNREACHABLE
    def test_it_refuses_at_the_field_what_cannot_fit(self):
        model = ImageModel.objects.get(slug="comfyui")
        model.workflow["load"] = {"class_type": "LoadImage", "inputs": {"image": "{{image_1}}"}}
        model.workflow["note"] = {"class_type": "Note", "inputs": {"text": "x" * 4_900_000}}
        model.min_source_images, model.max_source_images = 0, 1
        model.save()
        assert self.refused([self.upload()], model="comfyui") == [("source_images", "too_large")]

    def test_it_takes_an_image_from_the_trash_but_none_that_was_deleted(self):
        image = make_image(self.alice)
        Image.objects.update(trashed_at=timezone.now())
        assert self.place_from([str(image.id)]).source_images == [str(image.id)]
        Image.objects.update(trashed_at=timezone.now() - timedelta(days=365))
        with pytest.raises(InvalidParameters) as refused:
            self.place_from([str(image.id)])
        assert [error.code for error in refused.value.errors] == ["does_not_exist"]

    def test_it_fails_a_job_whose_source_was_deleted_meanwhile(self):
        # With the row alone an address is still good: what is behind it the worker finds out.
        for reachable, row_stays in ((None, False), (False, False), (False, True)):
            with (
                self.subTest(reachable=reachable, row_stays=row_stays),
                self.settings(RUNPOD_REACHES_US=reachable),
            ):
                job = self.place_from([self.upload()])
                upload = Upload.objects.get(id=job.source_images[0])
                storage.delete(upload.key)
                if not row_stays:
                    upload.delete()
                driver.submit(job.model.slug)
                job.refresh_from_db()
                assert (job.status, job.error_code) == (Status.FAILED, "source_missing")

    # --- what the composer says
    # -----------------------------------------------------------------------------------

    @pytest.mark.slow
    @UNREACHABLE
    def test_it_says_in_the_composer_that_sources_will_be_reduced(self):
        self.client.force_login(self.alice)
        small, large = self.upload(), self.upload(noise(3000, 1700))
        for model, ids, expected in (
            ("seedream-4-edit", [small], None),
            (
                "seedream-4-edit",
                [small, large],
                "Source images will be reduced to fit in the 10 MB request.",
            ),
            ("sdxl", [small], "This model loads source images from the internet"),
            ("flux-schnell", [large], None),
            ("seedream-4-edit", ["nonsense"], None),
        ):
            with self.subTest(model=model, ids=ids):
                query = {"model": model, "count": "1", "source_images": ids}
                answer = self.client.get("/create/quote/", query)
                if expected:
                    self.assertContains(answer, expected)
                else:
                    self.assertNotContains(answer, "data-new-sources-note")
                composer = self.client.get("/create/composer/", query)
                self.assertContains(composer, expected or "data-model")
