"""The form on Create shows before one presses what the user's quotas do not allow."""

import re

from django.contrib.auth.models import Group
from django.test import override_settings
from django.urls import reverse

from accounts.models import GroupQuota, User
from generation.models import Job
from generation.testing.rows.gallery import GalleryTestCase

MODEL = "flux-schnell"


def tags_of(page, name, value):
    """Return the tag of the input or button of this name and value."""
    pattern = rf'<(?:input|button)[^>]*name="{name}"[^>]*value="{value}"[^>]*>'
    return re.findall(pattern, page)[-1]  # without script there is one more button of the model


class TestCreate(GalleryTestCase):
    def allow(self, **values):
        group = Group.objects.create(name="team")
        GroupQuota.objects.create(group=group, **values)
        group.user_set.add(self.alice)

    def page(self, **query):
        return self.client.get(reverse("create"), {**query, "plain": ""}).content.decode()

    def test_it_disables_the_models_and_opens_an_allowed_one(self):
        self.allow(allowed_models="flux-dev")
        page = self.page(model=MODEL)
        assert "disabled" in tags_of(page, "switch", MODEL)
        assert "disabled" not in tags_of(page, "switch", "flux-dev")
        assert 'data-model="flux-dev"' in page
        assert "No access with your account" in page

    def test_it_disables_larger_numbers_of_images(self):
        self.allow(max_batch=2)
        page = self.page(model=MODEL)
        assert "disabled" not in tags_of(page, "count", "2")
        assert "disabled" in tags_of(page, "count", "3")
        assert "checked" in tags_of(page, "count", "2")
        assert "You can create up to 2 images at a time." in page

    def test_it_offers_smaller_sizes_or_disables_larger_ones(self):
        self.allow(max_megapixels=0.25)
        for model in (MODEL, "qwen-image"):
            page = self.page(model=model)
            for tag in re.findall(r'<input[^>]*name="shape"[^>]*>', page):
                width, height = map(int, re.search(r'value="(\d+)x(\d+)"', tag).groups())
                assert ("disabled" in tag) == (width * height > 1.02 * 512 * 512), tag
            assert "Your images can have up to 0.25" in page

    def test_it_says_why_the_button_does_nothing(self):
        self.allow(max_megapixels=0.25)
        query = {"model": MODEL, "count": 1, "exact": "1", "width": "1024", "height": "1024"}
        button = self.client.get(reverse("quote"), query).content.decode()
        assert "Your images can have up to 0.25" in button
        assert 'aria-disabled="true"' in button

    @override_settings(MAX_JOBS_PER_DAY=2)
    def test_it_says_so_when_the_day_is_over(self):
        page = self.page(model=MODEL)  # four are preset
        assert "This is more than your account may create in a day. The limit is 2." in page
        User.objects.filter(pk=self.alice.pk).update(max_jobs_per_day=10)
        assert "images a day is reached" not in self.page(model=MODEL)

    def test_it_refuses_what_was_sent_nevertheless(self):
        self.allow(max_batch=1, allowed_models=MODEL)
        body = {"model": MODEL, "prompt": "fog", "count": 2, "shape": "1024x1024", "key": "1"}
        page = self.client.post(reverse("create"), body)
        self.assertContains(page, "You can create up to 1 image at a time.", status_code=403)
        page = self.client.post(reverse("create"), body | {"model": "flux-dev", "count": 1})
        self.assertContains(page, "has no access to FLUX.1 dev", status_code=403)
        assert not Job.objects.exists()
