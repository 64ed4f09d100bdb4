"""What the tests of /gallery/selection/… share.

Pictures with files, and what each address must do or refuse.
"""

import hashlib
import io

from django.urls import reverse
from PIL import Image as Pillow
from uuid_utils.compat import uuid7

from generation.files import storage
from generation.gallery import zip_slots
from generation.models import Image
from generation.testing.rows.gallery import SCRIPT, GalleryTestCase


def png(color, size=(64, 48)):
    file = io.BytesIO()
    Pillow.new("RGB", size, color).save(file, "PNG")
    return file.getvalue()


class SelectionTestCase(GalleryTestCase):
    def setUp(self):
        super().setUp()
        self.url = reverse(self.name)
        self.addCleanup(storage_of_slots_is_free, self)

    def ask(self, *images, headers=SCRIPT, **fields):
        ids = ",".join(str(getattr(image, "id", image)) for image in images)
        return self.client.post(self.url, {"ids": ids, **fields}, headers=headers)

    def answered(self, response):
        assert response.status_code == 200, response.content
        return response.json()

    def hang_with_file(self, prompt="a lighthouse", *, color="red", **fields):
        data = png(color)
        image = self.hang(
            prompt, sha256=hashlib.sha256(data).hexdigest(), bytes=len(data), **fields
        )
        storage.save(image.key, data, content_type="image/png")
        return image


def storage_of_slots_is_free(test):
    """Every test leaves all slots free: what one forgot would block the next."""
    taken = [zip_slots.take(user) for user in (test.alice, test.bob)]
    for slot in taken:
        slot.release()


class Shared:
    """What all actions on a selection refuse."""

    def test_it_refuses_what_cannot_be_a_selection_and_changes_nothing(self):
        image = self.prepare()
        before = list(Image.objects.order_by("id").values())
        many = [uuid7() for _n in range(1001)]
        for ids, expected in (
            (["x"], "aren’t images"),
            ([], "Select images first"),
            (many, "Select up to 1,000"),
        ):
            with self.subTest(expected):
                response = self.ask(*ids, **self.more)
                assert response.status_code == 400
                assert expected in response.json()["detail"]
        page = self.client.post(self.url, {"id": "x", "next": "/gallery/?q=tea"}, follow=True)
        assert page.redirect_chain[0][0] == "/gallery/?q=tea"
        self.assertContains(page, "aren’t images. Reload the page and select again.")
        assert list(Image.objects.order_by("id").values()) == before
        assert Image.objects.filter(id=image.id).exists()
