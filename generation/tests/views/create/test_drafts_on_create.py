"""Drafts: the button of Create, and what it places."""

from django.contrib.auth.models import Group
from django.urls import reverse

from accounts.models import GroupQuota, User
from generation.models import ImageModel, Job
from generation.testing.pages.html import flat
from generation.testing.rows.gallery import GalleryTestCase

SCRIPT = {"X-Part": "1"}
FORM = {"model": "flux-dev", "prompt": "a kite", "shape": "1344x768", "count": "1"}


class TestDrafts(GalleryTestCase):
    def button(self, **fields):
        page = flat(self.client.get(reverse("quote"), FORM | fields))
        return page.partition('<button class="draft-button"')[2].partition("</button>")[0]

    def place(self, slug, **fields):
        form = FORM | {"draft": slug, "key": "one"} | fields
        return self.client.post(reverse("create"), form, headers=SCRIPT)

    def test_the_button_says_model_size_and_price_of_what_it_places(self):
        button = self.button()
        assert 'value="p-image"' in button
        assert "8 drafts" in button
        assert "P-Image" in button
        assert "8\N{NO-BREAK SPACE}credits" in button
        answer = self.place("p-image", steps="40", seed="5")
        assert answer.status_code == 201
        assert self.place("p-image", steps="40", seed="5").status_code == 201  # its twin
        jobs = Job.objects.order_by("seed")
        assert [job.seed for job in jobs] == [5, 6, 7, 8, 9, 10, 11, 12]
        sizes = {(job.model.slug, f"{job.width}x{job.height}", job.batch) for job in jobs}
        assert sizes == {("p-image", "672x384", jobs[0].batch)}
        assert 'data-draft-size="672x384"' in button
        assert sum(job.credits for job in jobs) == 8
        assert "FLUX.1 dev" not in flat(answer).partition("</article>")[0]

    def test_the_model_takes_what_the_form_has(self):
        assert 'value="flux-schnell"' in self.button(negative_prompt="1")
        source = str(self.hang().id)
        edit = {"model": "nano-banana-pro", "source_images": source}
        assert 'value="z-image-turbo"' in self.button(**edit)
        lora = {"model": "qwen-image-lora", "lora_url": "https://example.org/x.safetensors"}
        assert not self.button(**lora)

    def test_there_is_no_button_where_no_image_costs_less(self):
        assert not self.button(model="p-image")
        User.objects.update(credits=7)
        assert not self.button()

    def test_a_model_that_a_quota_forbids_makes_no_drafts(self):
        group = Group.objects.create(name="team")
        GroupQuota.objects.create(group=group, allowed_models="flux-dev z-image-turbo")
        group.user_set.add(self.alice)
        assert 'value="z-image-turbo"' in self.button()

    def test_it_places_nothing_by_a_model_whose_price_was_not_shown(self):
        ImageModel.objects.filter(slug="p-image").update(enabled=False)
        answer = self.place("p-image")
        assert answer.status_code == 400
        assert "The model for drafts has changed" in flat(answer)
        assert not Job.objects.exists()

    def test_without_script_the_form_stays_as_it_was(self):
        answer = self.client.post(reverse("create"), FORM | {"draft": "p-image"})
        page = flat(self.client.get(answer["Location"]))
        assert 'data-model="flux-dev"' in page
        assert 'name="shape" value="1344x768" checked' in page
