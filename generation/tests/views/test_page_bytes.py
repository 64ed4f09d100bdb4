"""How many bytes of HTML the pages have that people open most, with full lists."""

import re

from django.urls import reverse
from uuid_utils.compat import uuid7

from accounts.models import User
from generation.models import Image, Job
from generation.testing.rows.gallery import GalleryTestCase
from generation.views.gallery.grid import PAGE
from generation.views.jobs.feed import RUNS_A_PAGE

PROMPT = "маяк на скале в сумерках, долгая выдержка, зерно"
BUDGETS = {"create": 45_000, "gallery": 60_000}
TILE = 500
CARD = 280
OF_FOURS = 63_000
OF_STORAGE = re.compile(rb' (?:src|srcset|data-large|data-blur)="[^"]*"')


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

    def test_it_has_little_html_for_a_tile(self):
        page = self.client.get(reverse("gallery")).content
        tiles = re.findall(rb"<li\sdata-ratio.*?</li>", page, re.DOTALL)
        assert len(tiles) == PAGE
        assert max(len(OF_STORAGE.sub(b"", tile)) for tile in tiles) <= TILE

    def test_it_has_little_html_for_a_card_also_in_runs_of_four(self):
        jobs = list(Job.objects.order_by("id").values_list("id", flat=True))
        for start in range(0, len(jobs), 4):
            batch = Job.objects.filter(id__in=jobs[start : start + 4])
            batch.update(batch=uuid7(), prompt=PROMPT)
        page = self.client.get(reverse("create")).content
        cards = re.findall(rb'<li\sclass="run-card".*?</li>', page, re.DOTALL)
        assert len(cards) == 4 * RUNS_A_PAGE
        assert max(len(OF_STORAGE.sub(b"", card)) for card in cards) <= CARD
        assert len(page) <= OF_FOURS
