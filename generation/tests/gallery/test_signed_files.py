"""Signed images are still signed wherever they leave the site."""

import io
from urllib.parse import urlsplit
from zipfile import ZipFile

from django.test import override_settings
from django.urls import reverse
from PIL import Image as Pillow
from PIL import ImageChops

from generation.files import storage
from generation.gallery import zip_archive
from generation.gallery.sharing import saved_copies, share_links
from generation.imaging import credentials, metadata, origin_key
from generation.models import Export
from generation.testing.cases import EmulatorTestCase
from generation.user_data import exports


def is_labeled(data: bytes, before: bytes) -> bool:
    """Return whether there is a text at the lower right, while the upper half is as before."""
    images = [Pillow.open(io.BytesIO(file)).convert("L") for file in (data, before)]
    width, height = images[0].size
    boxes = (0, 0, width, height // 2), (width // 2, height - 24, width, height)
    kept, changed = (
        max(ImageChops.difference(*(image.crop(box) for image in images)).getextrema())
        for box in boxes
    )
    assert kept < 60  # of WebP and JPEG
    return changed > 90


class TestSignedFiles(EmulatorTestCase):
    def setUp(self) -> None:
        super().setUp()
        line = origin_key.create("Ateliers").as_line()
        self.enterContext(override_settings(ORIGIN_KEY=line))
        self.image = self.draw(user=self.alice, prompt="a secret lighthouse")
        self.client.force_login(self.alice)

    def check(self, data: bytes, *, model: str) -> None:
        claim = credentials.read(data)
        assert claim is not None
        assert claim.model == model
        assert claim.source_type in (metadata.TRAINED, metadata.ALGORITHMIC)

    def sent(self, address: str) -> bytes:
        response = self.client.get(address)
        if response.status_code == 302:
            response = self.client.get(
                urlsplit(response.url).path + f"?{urlsplit(response.url).query}"
            )
        assert response.status_code == 200
        return b"".join(response) if response.streaming else response.content

    def test_it_is_signed_after_download_and_zip_and_export(self) -> None:
        model = self.image.model.slug
        self.check(storage.read(self.image.key), model=model)
        address = reverse("download_image", args=[self.image.id])
        self.check(self.sent(f"{address}?as=webp"), model=model)
        self.check(self.sent(f"{address}?as=bare"), model="")
        for as_webp in (False, True):
            packed = ZipFile(io.BytesIO(b"".join(zip_archive.pack([self.image], as_webp=as_webp))))
            self.check(packed.read(packed.namelist()[0]), model=model)
        made = exports.start(self.alice)
        while Export.objects.active().filter(id=made.id).exists():
            exports.step(made.id)
        made.refresh_from_db()
        archive = ZipFile(io.BytesIO(storage.read(made.parts[0]["key"])))
        [name] = [name for name in archive.namelist() if name.startswith("pictures/")]
        self.check(archive.read(name), model=model)

    def test_it_draws_the_label_on_what_people_save_before_it_signs(self) -> None:
        before, slug = storage.read(self.image.key), self.shared()
        download = reverse("download_image", args=[self.image.id])
        page = reverse("shared_image", args=[slug])
        assert not is_labeled(self.sent(f"{page}?download=1"), before)
        with override_settings(DRAWN_LABEL="Создано ИИ, by Ateliers"):
            for address in (download, f"{download}?as=webp", f"{download}?as=bare"):
                assert is_labeled(self.sent(address), before)
            saved = self.sent(f"{page}?download=1")
            self.check(saved, model="")
            assert is_labeled(saved, before)
            packed = ZipFile(io.BytesIO(b"".join(zip_archive.pack([self.image]))))
            data = packed.read(packed.namelist()[0])
            self.check(data, model=self.image.model.slug)
            assert is_labeled(data, before)
            assert not is_labeled(self.sent(page), before)
        assert storage.read(self.image.key) == before

    def shared(self) -> str:
        link = {"until": None, "with_parameters": False, "with_name": False}
        return share_links.share_by_link(self.image, **link).link_slug or ""

    def test_it_is_signed_after_sharing_without_parameters(self) -> None:
        slug = self.shared()
        self.check(self.sent(reverse("shared_image", args=[slug])), model="")
        copy = saved_copies.save(saved_copies.finder(slug), user=self.bob).image
        self.check(storage.read(copy.key), model="")
