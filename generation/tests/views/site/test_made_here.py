"""/made-here/: anybody asks whether a file is an image of this site."""

import hashlib
from datetime import UTC, datetime
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone

from generation.gallery import trash
from generation.imaging import credentials, image_copies, metadata, origin_key
from generation.models import Upload
from generation.testing.clock import held_clock
from generation.testing.rows.api import ApiTestCase, make_image, picture
from generation.testing.rows.image_files import FOREIGN_XMP

YES, PERHAPS, UNKNOWN = "Yes, it was made here.", "It may have been made here.", "We can’t tell."
OTHERS = "not from this site, or the file was changed"
PARAMETERS = {"prompt": "a secret lighthouse", "model": "flux-dev"}
KEY, ANOTHER = (origin_key.create(name).as_line() for name in ("Ateliers", "Others"))
MADE = datetime(2025, 3, 4, 12, tzinfo=UTC)


class TestMadeHere(ApiTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.client = Client(headers={"Accept-Language": "en"})

    def check(self, data: bytes, answer: str, *, status: int = 200) -> Any:
        file = SimpleUploadedFile("kite.png", data)
        page = self.client.post(reverse("made_here"), {"file": file})
        self.assertContains(page, answer, status_code=status)
        return page

    def test_it_knows_a_stored_file_by_its_bytes(self) -> None:
        data = picture()
        self.check(data, UNKNOWN)
        image = make_image(self.alice, sha256=hashlib.sha256(data).hexdigest(), created_at=MADE)
        page = self.check(data, YES)
        self.assertContains(page, "March 4, 2025")
        self.assertContains(page, image.model.name)
        for secret in ("alice", str(image.id), image.origin.prompt):
            self.assertNotContains(page, secret)
        self.check(data + b"\0", UNKNOWN)
        trash.move_to_trash(image)
        self.check(data, UNKNOWN)

    def test_it_has_a_limit(self) -> None:
        with held_clock():
            answers = [self.client.post(reverse("made_here")).status_code for _ in range(61)]
        assert set(answers[:60]) == {400}
        assert answers[60] == 429

    @override_settings(ORIGIN_KEY=KEY)
    def test_it_knows_its_own_signature_on_files_that_it_does_not_have(self) -> None:
        made = image_copies.prepare(picture(), parameters=PARAMETERS).data
        for copy in (made, image_copies.as_format(made, format="webp", keeps_parameters=True)):
            page = self.check(copy, YES)
            self.assertContains(page, "FLUX.1 dev")
            self.assertContains(page, "today")
        with override_settings(ORIGIN_KEY=ANOTHER):
            self.assertContains(self.check(made, PERHAPS), OTHERS)

    def test_it_says_what_metadata_are_worth(self) -> None:
        named = metadata.described(picture(), parameters=PARAMETERS)
        self.assertContains(self.check(named, PERHAPS), "FLUX.1 dev")
        self.check(metadata.without_parameters(named), PERHAPS)

    def test_it_takes_no_mark_of_others_for_its_own(self) -> None:
        trained = metadata.packet(metadata.TRAINED).replace(b"ArtGen", b"Firefly")
        for xmp in (FOREIGN_XMP, trained):
            self.check(metadata.with_packet(picture(), xmp), UNKNOWN)
        with override_settings(ORIGIN_KEY=ANOTHER):
            claim = credentials.Claim(metadata.TRAINED, timezone.now())
            signed = credentials.signed(picture(), claim)
        for key in (KEY, ""):
            with override_settings(ORIGIN_KEY=key):
                self.assertContains(self.check(signed, UNKNOWN), OTHERS)

    def test_it_refuses_what_an_upload_may_not_be(self) -> None:
        for data, reason in (
            (b"", "The file is empty."),
            (b"GIF89a", "isn’t a PNG, JPEG or WebP image"),
            (picture("JPEG")[:30], "can’t be read"),
            (picture(size=(5000, 5000)), "The image has 25 megapixels."),
        ):
            self.check(data, reason, status=400)
        with override_settings(UPLOAD_MAX_BYTES=100):
            self.check(picture(), "kite.png is 1 MB.", status=400)
        assert not Upload.objects.exists()
