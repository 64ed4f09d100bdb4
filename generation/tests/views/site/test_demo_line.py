"""The demo says that a program draws the images, and with RunPod nothing says so."""

import pytest
from django.test import override_settings
from django.urls import reverse

from generation.gallery import collections
from generation.gallery.sharing import collection_share_links, share_links
from generation.jobs.inputs import reachability
from generation.models import Sheet
from generation.studio.comparisons import comparison_order
from generation.studio.comparisons.comparison_request import ComparisonRequest
from generation.testing.pages.job_pages import JobPagesTestCase

LINK = {"until": None, "with_parameters": True, "with_name": False}


@pytest.mark.slow
class TestDemoLine(JobPagesTestCase):
    def pages(self, *, runpod: str):
        """Return the pages that name models or what made an image, with RunPod at this address."""
        self.client.force_login(self.alice)
        image = self.finish(self.place(self.alice)).images.first()
        pile = collections.create(user=self.alice, name="Fog")
        collections.add(pile, image_ids=[image.pk])
        image = share_links.share_by_link(image, **LINK)
        pile = collection_share_links.share(pile, **LINK)
        comparison_order.place(
            user=self.alice,
            comparison=ComparisonRequest(prompt="a {red|blue} kite", models=("flux-schnell",)),
        )
        addresses = (
            reverse("create"),
            reverse("image", args=[image.pk]),
            reverse("compare"),
            reverse("sheet", args=[Sheet.objects.get().pk]),
            reverse("shared", args=[image.link_slug]),
            reverse("shared_collection", args=[pile.link_slug]),
        )
        with override_settings(RUNPOD_BASE_URL=runpod):
            return [self.client.get(address) for address in addresses]

    def test_it_says_once_wherever_models_are_named_that_a_program_draws(self):
        for page in self.pages(runpod="http://127.0.0.1:8010/v2"):
            self.assertContains(page, "data-demo", count=1)
            self.assertNotContains(page, "AI-generated")

    def test_it_says_nothing_where_runpod_makes_the_images(self):
        pages = self.pages(runpod="https://api.runpod.ai/v2")
        for page in pages:
            self.assertNotContains(page, "data-demo")
        for page in pages[-2:]:
            self.assertContains(page, "AI-generated")


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
