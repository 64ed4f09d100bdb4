"""The prompt before it was translated or enhanced: stored, shown to its owner, found, not shared."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from generation.files import storage
from generation.gallery import search
from generation.jobs.engine import driver
from generation.jobs.placing import retries
from generation.models import Image, ImageModel, Job, Status
from generation.testing.cases import EmulatorTestCase, catch_up
from generation.testing.rows.api import FLUX, ApiTestCase, make_image, make_job

ORIGINAL = "маяк на скале в тумане"
ASKED = FLUX | {"prompt": "a lighthouse on a rock in fog", "original_prompt": ORIGINAL}
JOBS = "/api/v1/jobs/"


class TestOriginalPrompt(ApiTestCase):
    def drawn(self) -> Image:
        job = make_job(
            self.alice, status=Status.SUCCEEDED, prompt=ASKED["prompt"], original_prompt=ORIGINAL
        )
        return make_image(self.alice, job=job)

    def test_it_stays_with_the_job_and_its_repetition(self) -> None:
        placed = self.api.post(JOBS, ASKED)
        assert placed.status_code == 201, placed.content
        assert placed.json()["original_prompt"] == ORIGINAL
        job = Job.objects.get()
        again = retries.retry(user=self.alice, job=job)
        assert (again.prompt, again.original_prompt) == (ASKED["prompt"], ORIGINAL)
        (listed, _first) = self.api.get(JOBS).json()["results"]
        assert listed["original_prompt"] == ORIGINAL

    def test_it_is_empty_unless_given_and_limited_as_a_prompt(self) -> None:
        assert self.api.post(JOBS, FLUX).json()["original_prompt"] == ""
        for wrong, code in (
            ("x" * 2001, "max_length"),
            (7, "invalid"),
            ("a\0", "control_characters"),
        ):
            answer = self.api.post(JOBS, FLUX | {"original_prompt": wrong})
            (error,) = answer.json()["errors"]
            assert error["field"] == "original_prompt"
            assert error["code"] == code

    def test_it_is_found_by_the_search(self) -> None:
        image = self.drawn()
        other = make_image(self.alice, job=make_job(self.alice, status=Status.SUCCEEDED))
        for text in ("маяк", "скала", "lighthouse", '"в тумане"'):
            found = search.matching(Image.objects.of(self.alice), text, user=self.alice).images
            assert list(found) == [image], text
        found = search.matching(Image.objects.of(self.alice), "-маяк", user=self.alice).images
        assert list(found) == [other]

    def test_it_is_on_the_pages_of_its_owner_and_on_no_shared_page(self) -> None:
        image = self.drawn()
        Image.objects.filter(id=image.id).update(
            link_slug="abcdefghijklmnop", link_parameters=True, visibility="link"
        )
        self.client.force_login(self.alice)
        for address in (reverse("image", args=[image.id]), reverse("job", args=[image.job_id])):
            page = self.client.get(address)
            self.assertContains(page, "Original prompt")
            self.assertContains(page, ORIGINAL)
        self.client.force_login(self.bob)
        shared = self.client.get(reverse("shared", args=["abcdefghijklmnop"]))
        self.assertContains(shared, ASKED["prompt"])
        self.assertNotContains(shared, ORIGINAL)
        remixed = self.client.get(reverse("create"), {"share": "abcdefghijklmnop"})
        self.assertNotContains(remixed, ORIGINAL)
        assert self.client.get(reverse("image", args=[image.id])).status_code == 404


class TestFile(EmulatorTestCase):
    def test_it_is_neither_sent_to_the_model_nor_written_into_the_file(self) -> None:
        job = self.place(prompt="a lighthouse", original_prompt=ORIGINAL)
        driver.submit("flux-schnell")
        self.emulator.advance(10)
        catch_up()
        (call,) = self.runs()
        assert ORIGINAL not in str(call.json)
        assert b"original_prompt" not in storage.read(Image.objects.get(job=job).key)


class TestLanguages(ApiTestCase):
    def test_each_model_says_in_which_languages_prompts_are_supported(self) -> None:
        models = {one["slug"]: one["languages"] for one in self.api.get("/api/v1/models/").json()}
        assert models["z-image-turbo"] == ["en", "zh"]
        assert models["flux-dev"] == ["en"]
        assert models["upscaler"] == []

    def test_unknown_codes_are_refused(self) -> None:
        model = ImageModel.objects.get(slug="flux-dev")
        model.languages = "en, tlh"
        with pytest.raises(ValidationError, match="tlh"):
            model.full_clean()
        model.languages = "EN, zh"
        model.full_clean()
        assert model.offer.languages == ("en", "zh")
