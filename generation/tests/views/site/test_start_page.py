"""/: what a stranger sees."""

from django.test import override_settings
from django.urls import reverse

from generation.testing.rows.gallery import GalleryTestCase


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
