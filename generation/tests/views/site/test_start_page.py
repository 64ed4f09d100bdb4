"""/: what a stranger sees."""

from pathlib import Path

from django.contrib.staticfiles import finders
from django.test import override_settings
from django.urls import reverse
from PIL import Image as Pillow

from generation.testing.rows.gallery import GalleryTestCase
from generation.views.site.start_page import SAMPLES

SAMPLES_MAX_BYTES = 900_000


class TestStart(GalleryTestCase):
    def setUp(self):
        super().setUp()
        self.url = reverse("start")
        self.client.logout()

    def test_it_explains_itself_without_asking_the_database(self):
        with self.assertNumQueries(0):
            page = self.client.get(self.url, headers={"Accept-Language": "en"})
        for text in (
            "Describe what you want to see",
            'href="/accounts/signup/"',
            'href="/accounts/login/"',
            "/api/v1/jobs/",
        ):
            self.assertContains(page, text)
        self.assertContains(page, 'action="/create/"')

    def test_it_says_how_many_credits_are_free_only_where_some_are(self):
        with override_settings(DEFAULT_CREDITS=1):
            page = self.client.get(self.url, headers={"Accept-Language": "en"})
            self.assertContains(page, "Your first 1\N{NO-BREAK SPACE}credit is free.")
        with override_settings(DEFAULT_CREDITS=0):
            self.assertNotContains(
                self.client.get(self.url, headers={"Accept-Language": "en"}), "free."
            )

    def test_it_keeps_the_words_through_signing_in(self):
        answer = self.client.get(reverse("create"), {"prompt": "a lighthouse at dusk"})
        self.assertRedirects(
            answer, "/accounts/login/?next=/create/%3Fprompt%3Da%2Blighthouse%2Bat%2Bdusk"
        )

    def test_it_sends_somebody_signed_in_to_create(self):
        self.client.force_login(self.alice)
        self.assertRedirects(self.client.get(self.url), reverse("create"))

    def test_it_serves_images_of_the_declared_size_that_are_light(self):
        weight = 0
        for sample in SAMPLES:
            path = Path(finders.find(f"generation/start/{sample.name}.webp"))
            with Pillow.open(path) as picture:
                assert picture.size == (sample.width, sample.height), sample.name
                assert "demo painter" in picture.getexif().get(0x0131, "")
            weight += path.stat().st_size
        assert weight < SAMPLES_MAX_BYTES
