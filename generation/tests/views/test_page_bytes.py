"""How many bytes of HTML the pages have that people open most, with full lists."""

import pytest
from django.urls import reverse

from accounts.models import User
from generation.models import Image
from generation.testing.rows.gallery import GalleryTestCase
from generation.views.gallery.grid import PAGE

PROMPT = "маяк на скале в сумерках, долгая выдержка, зерно"
BUDGETS = {"create": 45_000, "gallery": 60_000}


@pytest.mark.slow
class TestPageBytes(GalleryTestCase):
    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        for number in range(PAGE):
            image = cls.hang(cls, f"{PROMPT} {number}", user=cls.alice)
            folder = f"thumbnails/{image.id.hex[-2:]}/{image.job_id}"
            image.thumbnail_key, image.large_key = f"{folder}-0.webp", f"{folder}-0-large.webp"
            image.placeholder = f"data:image/webp;base64,{'A' * 130}"
        Image.objects.bulk_update(
            Image.objects.all(), ["thumbnail_key", "large_key", "placeholder"]
        )

    def test_it_keeps_to_its_budget(self):
        for language in ("en", "ru"):
            User.objects.update(language=language)
            for name, budget in BUDGETS.items():
                with self.subTest(f"{name} in {language}"):
                    page = self.client.get(reverse(name)).content
                    assert f'<html lang="{language}"'.encode() in page
                    assert len(page) <= budget
