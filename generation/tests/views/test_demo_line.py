"""The demo says that a program draws the images, and with RunPod nothing says so."""

import pytest
from django.test import override_settings
from django.urls import reverse

from artgen.testing.job_pages import JobPagesTestCase
from generation.jobs import reachability


class TestDemoLine(JobPagesTestCase):
    def pages(self, *, runpod: str):
        """Return the studio and the page of an image, with RunPod at this address."""
        self.client.force_login(self.alice)
        image = self.finish(self.place(self.alice)).images.first()
        with override_settings(RUNPOD_BASE_URL=runpod):
            return [
                self.client.get(reverse("create")),
                self.client.get(reverse("image", args=[image.pk])),
            ]

    def test_it_says_on_the_studio_and_the_image_page_that_a_program_draws(self):
        for page in self.pages(runpod="http://127.0.0.1:8010/v2"):
            self.assertContains(page, "data-demo", count=1)

    def test_it_says_nothing_where_runpod_makes_the_images(self):
        for page in self.pages(runpod="https://api.runpod.ai/v2"):
            self.assertNotContains(page, "data-demo")


@pytest.mark.parametrize(
    ("address", "demo"),
    [
        ("http://127.0.0.1:8010/v2", True),
        ("http://emulator:8010/v2", True),
        ("https://api.runpod.ai/v2", False),
        ("https://gateway.example.com/v2", False),
    ],
)
def test_it_is_a_demo_only_with_an_emulator_in_the_own_network(settings, address, demo):
    settings.RUNPOD_BASE_URL = address
    assert reachability.is_demo() is demo
