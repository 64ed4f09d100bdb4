"""A test case with an image of Alice that has files, and Bob, who saves it."""

import io

from django.utils import translation
from PIL import Image as Pillow

from generation.files import storage
from generation.gallery.sharing import saved_copies, share_links
from generation.imaging import image_copies
from generation.models import Image
from generation.testing.rows.gallery import SharingTestCase

PROMPT = "tea hills in mist"


def with_files(image: Image) -> Image:
    """Give the image files as a job stores them, with the prompt in the metadata."""
    file = io.BytesIO()
    Pillow.new("RGB", (40, 30), "teal").save(file, "PNG")
    prepared = image_copies.prepare(
        file.getvalue(), parameters={"prompt": PROMPT, "model": "flux-dev", "seed": 7}
    )
    storage.save(image.key, prepared.data, content_type="image/png")
    storage.save(image.thumbnail_key, prepared.thumbnail, content_type="image/webp")
    Image.objects.filter(id=image.id).update(bytes=len(prepared.data), sha256=prepared.sha256)
    image.refresh_from_db()
    return image


class SavingTestCase(SharingTestCase):
    def setUp(self):
        super().setUp()
        self.enterContext(translation.override("en"))
        with_files(self.image)
        self.alice.name = "Alice A."
        self.alice.save(update_fields=["name"])

    def share(self, **options):
        return self.link(**options).link_slug

    def save(self, slug, *, user=None):
        return saved_copies.save(lambda: share_links.find(slug), user=user or self.bob)

    def copy(self, **options):
        """Return Bob's copy of the image, shared with these options."""
        return self.save(self.share(**options)).image
