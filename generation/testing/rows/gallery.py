"""Test cases with images in the gallery, shared or not."""

import re

from django.urls import reverse

from generation.gallery.sharing import publications, share_links
from generation.models import Image, Status
from generation.testing.cases import BaseTestCase
from generation.testing.rows.api import make_image, make_job

SCRIPT = {"X-Part": "1"}


class GalleryTestCase(BaseTestCase):
    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        cls.load_catalog()

    def setUp(self):
        super().setUp()
        self.url = reverse("gallery")
        self.client.force_login(self.alice)

    def hang(self, prompt="a lighthouse", *, user=None, model="flux-dev", **fields):
        user = user or self.alice
        job = make_job(user, status=Status.SUCCEEDED, model=model, prompt=prompt)
        return make_image(user, job=job, **fields)

    def shown(self, response):
        return re.findall(r'data-image="([^"]+)"', response.content.decode())

    def ids(self, *images):
        return [str(image.id) for image in images]


NOBODY_EVER = "AAAAAAAAAAAAAAAAAAAAAAAA"


class SharingTestCase(GalleryTestCase):
    def setUp(self):
        super().setUp()
        self.image = self.hang("tea hills in mist")

    def link(self, image=None, **options):
        options = {"until": None, "with_parameters": False, "with_name": False, **options}
        return share_links.share_by_link(image or self.image, **options)

    def ask(self, image=None, **options):
        return publications.ask_to_publish(
            image or self.image, **{"with_parameters": False, "with_name": False, **options}
        )

    def published(self, image=None, **options):
        publication = self.ask(image, **options)
        publications.publish(publication, by=self.staff)
        return publication

    def now(self, image=None):
        return Image.objects.get(id=(image or self.image).id)

    def visibility(self):
        return self.now().visibility
