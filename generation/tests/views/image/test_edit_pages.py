"""What an image was made from and made into, upscaling and variants, the editor, comparison."""

import re
from urllib.parse import unquote

import pytest
from django.test import override_settings
from django.urls import reverse
from uuid_utils.compat import uuid7

from accounts.models import User
from generation.models import Image, ImageModel, Job, Status, Style
from generation.studio.forms import image_edits, remaking
from generation.testing.pages.html import flat
from generation.testing.rows.api import make_image, make_job
from generation.testing.rows.gallery import GalleryTestCase

TOOLS = ("upscaler", "flux-fill", "sdxl-inpaint")


class EditPagesTestCase(GalleryTestCase):
    def setUp(self):
        super().setUp()
        ImageModel.objects.filter(slug__in=TOOLS).update(enabled=True)
        self.image = self.hang("tea hills", width=1024, height=768)

    def at(self, name, image=None):
        return reverse(name, args=[(image or self.image).id])

    def page(self, name="image", image=None):
        return flat(self.client.get(self.at(name, image)))

    def made_from(self, source, *, prompt="at night", **fields):
        job = make_job(
            self.alice, status=Status.SUCCEEDED, prompt=prompt, source_images=[str(source.id)],
            **fields,
        )  # fmt: skip
        return make_image(self.alice, job=job)

    def disable(self, **filters):
        ImageModel.objects.filter(**filters).update(enabled=False)


class TestUpscaling(EditPagesTestCase):
    def test_the_editor_takes_the_longest_prompt_of_its_models(self):
        for model in ImageModel.objects.filter(slug__in=TOOLS):
            model.parameters["prompt"] = {"max": 300}
            model.save(update_fields=["parameters"])
        ImageModel.objects.exclude(slug__in=TOOLS).update(enabled=False)
        assert 'maxlength="300"' in self.page("edit_image")

    def test_it_offers_both_factors_with_size_and_price(self):
        page = self.page()
        assert "Upscale ×2<small>2048 × 1536, 1\N{NO-BREAK SPACE}credit</small>" in page
        assert "Upscale ×4<small>4096 × 3072, 3\N{NO-BREAK SPACE}credits</small>" in page

    def test_it_places_a_job_and_shows_the_run(self):
        answer = self.client.post(self.at("upscale_image"), {"scale": "4"})
        job = Job.objects.get(status=Status.QUEUED)
        assert answer["Location"] == f"/create/#run-{job.batch}"
        assert (job.scale, job.prompt, job.model.slug) == (4, "tea hills", "upscaler")
        assert (job.width, job.height, job.credits) == (4096, 3072, 3)
        assert job.source_images == [str(self.image.id)]

    def test_it_offers_no_image_that_would_be_too_large(self):
        large = self.hang("large", width=2048, height=2048)
        page = self.page(image=large)
        assert "Upscale ×2" in page
        assert "Upscale ×4" not in page

    def test_it_offers_nothing_without_a_model(self):
        self.disable(slug__in=TOOLS)
        assert "Upscale" not in self.page()
        assert self.client.post(self.at("upscale_image"), {"scale": "2"}).status_code == 404
        assert not Job.objects.filter(status=Status.QUEUED).exists()


class TestVariants(EditPagesTestCase):
    def setUp(self):
        super().setUp()
        self.image = self.hang("tea hills", model="z-image-turbo", width=1024, height=768)

    def test_it_makes_four_that_differ_little_or_much(self):
        strengths = {}
        for amount in remaking.AMOUNTS:
            answer = self.client.post(self.at("vary_image"), {"amount": amount})
            run = unquote(answer["Location"].partition("#run-")[2])
            jobs = list(Job.objects.filter(batch=run))
            assert len(jobs) == image_edits.VARIANTS
            assert {job.prompt for job in jobs} == {"tea hills"}
            assert {job.model.slug for job in jobs} == {"z-image-turbo"}
            assert {(job.width, job.height) for job in jobs} == {(1024, 768)}
            assert len({job.seed for job in jobs}) == image_edits.VARIANTS
            [strengths[amount]] = {job.strength for job in jobs}
        assert strengths == {"subtle": 0.35, "medium": 0.55, "strong": 0.75}

    def test_it_changes_at_least_as_much_as_the_model_can(self):
        model = ImageModel.objects.get(slug="z-image-turbo")
        model.parameters["strength"] |= {"min": 0.2, "max": 0.8}
        model.save(update_fields=["parameters"])
        self.client.post(self.at("vary_image"), {"amount": "subtle"})
        assert Job.objects.filter(status=Status.QUEUED)[0].strength == 0.4

    @pytest.mark.slow
    def test_it_keeps_a_style_that_is_there(self):
        style = Style.objects.first()
        Job.objects.filter(id=self.image.job_id).update(style=style.slug)
        self.client.post(self.at("vary_image"), {"amount": "subtle"})
        assert Job.objects.filter(status=Status.QUEUED)[0].style == style.slug
        assert self.client.post(self.at("vary_image"), {"amount": "huge"}).status_code == 404
        Style.objects.update(enabled=False)
        self.client.post(self.at("vary_image"), {"amount": "strong"})
        assert Job.objects.filter(status=Status.QUEUED, strength=0.75)[0].style == ""

    def test_a_model_that_edits_gets_an_instruction_beside_the_prompt(self):
        image = self.hang("tea hills", model="qwen-image", width=1024, height=768)
        assert "4 images by Qwen Image Edit, " in self.page(image=image)
        self.client.post(self.at("vary_image", image), {"amount": "subtle"})
        job = Job.objects.filter(status=Status.QUEUED)[0]
        assert (job.model.slug, job.strength) == ("qwen-image-edit", None)
        instruction = remaking.INSTRUCTIONS["subtle"]
        assert job.prompt == f"tea hills\n\n{instruction}"
        assert image_edits.made_by(job) == "Variant"
        variant = self.made_from(image, prompt=job.prompt, model="qwen-image-edit")
        self.client.post(self.at("vary_image", variant), {"amount": "strong"})
        again = Job.objects.filter(status=Status.QUEUED).latest("id")
        assert again.prompt == f"tea hills\n\n{remaking.INSTRUCTIONS['strong']}"
        edited = self.made_from(image, prompt="add a dog", model="qwen-image-edit")
        self.client.post(self.at("vary_image", edited), {"amount": "subtle"})
        assert Job.objects.filter(status=Status.QUEUED).latest("id").prompt == instruction

    def test_variants_may_have_another_prompt(self):
        page = self.page().partition('id="remix"')[2].partition("</details>")[0]
        assert "tea hills</textarea>" in page
        assert all(f'value="{amount}"' in page for amount in remaking.AMOUNTS)
        form = {"amount": "medium", "prompt": "tea hills\r\nin snow "}
        self.client.post(self.at("vary_image"), form)
        job = Job.objects.filter(status=Status.QUEUED)[0]
        assert (job.prompt, job.strength) == ("tea hills\nin snow", 0.55)
        image = self.hang("add a dog", model="qwen-image", width=1024, height=768)
        self.client.post(self.at("vary_image", image), {"amount": "strong", "prompt": "a fox"})
        job = Job.objects.filter(status=Status.QUEUED).latest("id")
        assert job.prompt == f"a fox\n\n{remaking.INSTRUCTIONS['strong']}"

    def test_it_offers_nothing_without_a_model_that_takes_an_image(self):
        self.disable(max_source_images__gt=0)
        assert "Subtle variants" not in self.page()
        for amount in ("subtle", "huge"):
            answer = self.client.post(self.at("vary_image"), {"amount": amount})
            assert answer.status_code == 404

    @pytest.mark.slow
    def test_it_explains_a_refusal_above_the_image(self):
        User.objects.filter(id=self.alice.id).update(credits=0)
        headers = {"Referer": f"http://testserver{self.at('image')}"}
        answer = self.client.post(
            self.at("vary_image"), {"amount": "subtle"}, follow=True, headers=headers
        )
        assert answer.redirect_chain[0][0] == self.at("image")
        assert "credits" in flat(answer).partition('id="toasts"')[2]
        assert not Job.objects.filter(status=Status.QUEUED).exists()


class TestLineage(EditPagesTestCase):
    def test_it_shows_what_it_was_made_from_and_how(self):
        for fields, how in (
            ({"scale": 2}, "Upscaled ×2 · {width} × {height}"),
            ({"outpaint": {"left": 50}}, "Extended"),
            ({"mask": str(uuid7()), "erase": True}, "Object removed"),
            ({"mask": str(uuid7())}, "Area changed"),
            ({"strength": 0.4}, "Variant"),
            ({}, "Edited"),
        ):
            child = self.made_from(self.image, **fields)
            page = self.page(image=child)
            made = how.format(width=child.width, height=child.height)
            assert f'Made from<span class="mute">{made}</span>' in page
            assert f'<a href="{self.at("image")}"' in page
            assert self.at("compare_source", child) in page

    def test_it_shows_what_was_made_from_it(self):
        child = self.made_from(self.image, scale=2)
        grandchild = self.made_from(child, strength=0.4)
        page = self.page()
        assert "Made into" in page
        made = page.partition("Made into")[2].partition("</ul>")[0]
        assert f'href="{self.at("image", child)}"' in made
        assert f">Upscaled ×2 · {child.width} × {child.height}</span>" in made
        assert self.at("image", grandchild) not in page

    def test_it_shows_the_runs_in_progress_from_it(self):
        run = uuid7()
        fields = {"batch": run, "source_images": [str(self.image.id)]}
        for status in (Status.RUNNING, Status.QUEUED):
            make_job(self.alice, status=status, **fields)
        make_job(self.alice, status=Status.CANCELED, source_images=[str(self.image.id)])
        make_job(self.bob, status=Status.RUNNING, source_images=[str(self.image.id)])
        page = self.page()
        assert re.findall(r'data-run="([^"]+)"', page) == [str(run)]
        assert page.count('data-status="') == 2

    def test_it_shows_neither_trash_nor_what_others_made(self):
        child = self.made_from(self.image)
        Image.objects.filter(id=child.id).update(trashed_at=child.created_at)
        job = make_job(self.bob, status=Status.SUCCEEDED, source_images=[str(self.image.id)])
        make_image(self.bob, job=job)
        assert "Made into" not in self.page()

    def test_it_says_that_a_source_was_deleted(self):
        child = self.made_from(self.image)
        Image.objects.filter(id=self.image.id).delete()
        page = self.page(image=child)
        assert "The source image was deleted." in page
        assert self.client.get(self.at("compare_source", child)).status_code == 404

    def test_a_tool_makes_no_variants_of_its_own(self):
        job = make_job(
            self.alice, status=Status.SUCCEEDED, model="upscaler", scale=2,
            source_images=[str(self.image.id)],
        )  # fmt: skip
        page = self.page(image=make_image(self.alice, job=job))
        assert "Same prompt, new seed" not in page
        assert "Repeat exactly" in page


class TestComparison(EditPagesTestCase):
    def test_it_lays_the_image_over_its_source(self):
        child = self.made_from(
            self.image, outpaint={"left": 50, "top": 0, "right": 25, "bottom": 0}
        )
        page = self.page("compare_source", child)
        assert 'data-left="50"' in page
        assert 'data-right="25"' in page
        assert 'type="range"' in page
        assert "Extended" in page


class TestEditor(EditPagesTestCase):
    def test_it_offers_the_models_that_take_a_mask_with_their_prices(self):
        page = self.page("edit_image")
        assert '<option value="flux-fill" data-credits="3" data-codes="en"' in page
        assert '<option value="sdxl-inpaint" data-credits="2" data-codes="en"' in page
        assert 'value="upscaler"' not in page
        assert 'data-width="1024"' in page

    def test_it_offers_an_editor_by_words_that_takes_a_mask(self):
        self.disable(slug__in=TOOLS)
        model = ImageModel.objects.get(slug="qwen-image-edit")
        model.parameters["mask"] = {}
        model.request_format["mask"] = "mask_url"
        model.full_clean()
        model.save()
        assert f'value="{model.slug}"' in self.page("edit_image")
        assert "Edit area" in self.page()
        assert f'value="{model.slug}"' in self.client.get("/create/?plain").content.decode()

    def test_it_has_the_prompt_helper_where_there_is_one(self):
        assert "data-propose" not in self.page("edit_image")
        with override_settings(PROMPT_HELPER_URL="http://127.0.0.1:9/v1", PROMPT_HELPER_MODEL="x"):
            page = self.page("edit_image")
        assert 'data-propose="enhance"' in page
        assert "FLUX.1 Fill understands English. Translate?" in page

    def test_it_leads_back_if_nothing_can_change_the_image(self):
        self.disable(slug__in=TOOLS)
        assert "Edit area" not in self.page()
        answer = self.client.get(self.at("edit_image"), follow=True)
        assert answer.redirect_chain == [(self.at("image"), 302)]
        assert "No model can change" in answer.content.decode()

    def test_it_takes_no_image_that_no_mask_can_be_as_large_as(self):
        large = self.hang("large", width=5000, height=800)
        assert "Edit area" not in self.page(image=large)
