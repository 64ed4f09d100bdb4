"""`/api/v1/uploads/`: source pictures that a user brings along."""

import io
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import override_settings
from PIL import Image as Pillow

from generation.demo.emulator.painters import tiny_png
from generation.files import decoder_threads, storage
from generation.imaging import decoding_turn, image_copies, metadata
from generation.models import Upload
from generation.testing.rows.api import UPLOADS, ApiTestCase, picture, stored


class TestUploads(ApiTestCase):
    def upload(self, data: bytes, name: str = "file", **more: Any) -> Any:
        file = SimpleUploadedFile("tea.png", data)
        return self.api.client.post(UPLOADS, {name: file, **more})

    def test_it_keeps_a_picture(self) -> None:
        for kind in ("PNG", "JPEG", "WEBP"):
            response = self.upload(picture(kind))
            assert response.status_code == 201, response.content
            body = response.json()
            upload = Upload.objects.get(id=body["id"])
            assert set(body) == {"id", "url", "width", "height"}
            assert (upload.user, upload.width, upload.height) == (self.alice, 64, 48)
            assert body["url"].startswith(f"{settings.PUBLIC_URL}/media/uploads/")
            served = self.client.get(body["url"])
            assert served.status_code == 200
            assert Pillow.open(io.BytesIO(b"".join(served.streaming_content))).size == (64, 48)

    def test_it_takes_a_picture_that_says_how_it_was_made(self) -> None:
        for kind in ("PNG", "JPEG", "WEBP"):
            made = image_copies.prepare(
                picture(kind), parameters={"prompt": "tea hills", "seed": 7}
            ).data
            for data in (made, metadata.without_parameters(made)):
                response = self.upload(data)
                assert response.status_code == 201, response.content
                kept = storage.read(Upload.objects.get(id=response.json()["id"]).key)
                assert b"tea hills" not in kept

    def test_it_gives_an_id_that_a_job_takes(self) -> None:
        upload = self.upload(picture(size=(512, 256))).json()
        asked = {
            "model": "flux-kontext",
            "prompt": "Make it winter",
            "source_images": [upload["id"]],
        }
        job = self.api.post("/api/v1/jobs/", asked).json()
        assert job["source_images"] == [upload["id"]]
        refused = self.others.post("/api/v1/jobs/", asked)
        self.assert_problem(refused, 400, "invalid", fields={"source_images": "does_not_exist"})

    def test_it_says_what_is_wrong_with_a_file(self) -> None:
        before = stored()
        one, two = Pillow.new("RGB", (40, 30), "red"), Pillow.new("RGB", (40, 30), "blue")
        cases = [(b"", "invalid", "The file is empty.")]
        for data in (
            b"no picture",
            b"<svg xmlns='http://www.w3.org/2000/svg'/>",
            b"GIF89a",
            b"BM" + bytes(200),
        ):
            cases.append((data, "invalid", "This file isn’t a PNG, JPEG or WebP image."))
        for kind in ("PNG", "WEBP"):
            file = io.BytesIO()
            one.save(file, kind, save_all=True, append_images=[two])
            text = "Animated images aren’t supported. Upload a single frame."
            cases.append((file.getvalue(), "animated", text))
        for kind in ("PNG", "JPEG", "WEBP"):
            text = "The image can’t be read and may be damaged. Save it again as PNG or JPEG."
            cases.append((picture(kind)[:-30], "invalid", text))
        for data, code, text in cases:
            with self.subTest(data[:20]):
                document = self.assert_problem(
                    self.upload(data), 400, "invalid", fields={"file": code}
                )
                assert document["errors"][0]["detail"] == text
        assert stored() == before

    def test_it_stores_other_colors_and_a_turned_photo_upright_in_eight_bits(self) -> None:
        exif = Pillow.Exif()
        exif[0x0112] = 6  # turned by a quarter
        for mode, kind, options, size in (
            ("CMYK", "JPEG", {}, (64, 48)),
            ("I;16", "PNG", {}, (64, 48)),
            ("RGB", "JPEG", {"exif": exif}, (48, 64)),
        ):
            with self.subTest(mode):
                file = io.BytesIO()
                Pillow.new(mode, (64, 48)).save(file, kind, **options)
                response = self.upload(file.getvalue())
                assert response.status_code == 201, response.content
                kept = storage.read(Upload.objects.get(id=response.json()["id"]).key)
                stored_image = Pillow.open(io.BytesIO(kept))
                assert (stored_image.mode, stored_image.size) == ("RGB", size)

    def test_it_refuses_forms_of_another_shape(self) -> None:
        before = stored()
        one = SimpleUploadedFile("a.png", picture())
        two = [SimpleUploadedFile("a.png", picture()), SimpleUploadedFile("b.png", picture())]
        for form, fields in (
            ({"file": "words"}, {"file": "required"}),
            ({"picture": one}, {"picture": "unknown_field"}),
            ({"file": two}, {"file": "duplicate"}),
            ({"file": one, "name": "tea"}, {"name": "unknown_field"}),
        ):
            response = self.api.client.post(UPLOADS, form)
            self.assert_problem(response, 400, "invalid", fields=fields)
        empty = self.api.client.post(UPLOADS)
        self.assert_problem(empty, 400, "invalid", fields={"file": "required"})
        assert stored() == before

    @override_settings(UPLOAD_MAX_BYTES=1000)
    def test_it_refuses_files_above_the_limit(self) -> None:
        before = stored()
        for data in (picture() + b"\0" * 1000, picture() + b"\0" * 100_000):
            document = self.assert_problem(
                self.upload(data), 413, "too_large", fields={"file": "too_large"}
            )
            assert document["limit"] == 1000
        assert stored() == before

    def test_it_refuses_more_than_24_megapixels_by_the_header(self) -> None:
        assert self.upload(tiny_png(6000, 4000, 0)).status_code == 201
        before = stored()
        for width, height, megapixels in ((6001, 4000, 25), (9000, 9000, 81)):
            document = self.assert_problem(
                self.upload(tiny_png(width, height, 0)),
                400,
                "invalid",
                fields={"file": "too_many_pixels"},
            )
            detail = f"The image has {megapixels} megapixels. The limit is 24."
            assert document["errors"][0]["detail"] == detail
        assert stored() == before

    @override_settings(UPLOAD_WAIT_SECONDS=0)
    def test_it_refuses_to_decode_a_second_image_at_the_same_time(self) -> None:
        before = stored()
        with decoding_turn.alone():
            response = self.upload(picture())
            self.assert_problem(response, 503, "unavailable")
            assert response["Retry-After"] == "5"
            # What is refused by its header need not wait.
            self.assert_problem(self.upload(tiny_png(9000, 9000, 0)), 400, "invalid")
        assert stored() == before
        assert self.upload(picture()).status_code == 201

    def test_it_leaves_one_thread_to_others_while_images_are_decoded(self) -> None:
        before = stored()
        with ExitStack() as others:
            for _thread in range(settings.HELD_THREADS):
                others.enter_context(decoder_threads.limited())
            self.assert_problem(self.upload(picture()), 503, "unavailable")
        assert stored() == before

    def test_it_refuses_more_bytes_than_a_user_may_store(self) -> None:
        size = Upload.objects.get(id=self.upload(picture()).json()["id"]).bytes
        before = stored()
        with override_settings(MAX_UPLOAD_BYTES_PER_USER=2 * size - 1):
            document = self.assert_problem(self.upload(picture()), 409, "storage_full")
            assert document["limit"] == 2 * size - 1
            assert stored() == before
            self.alice.max_upload_bytes = 2 * size  # staff allow it
            self.alice.save(update_fields=["max_upload_bytes"])
            assert self.upload(picture()).status_code == 201
        with override_settings(MAX_UPLOAD_BYTES_PER_USER=None):
            self.assert_problem(self.upload(picture()), 409, "storage_full")
        used = self.api.get("/api/v1/account/").json()["limits"]["upload_bytes"]
        assert used == {"limit": 2 * size, "used": 2 * size}

    def test_it_frees_the_bytes_of_an_upload_that_the_bucket_did_not_take(self) -> None:
        before = stored()
        folder = Path(settings.MEDIA_ROOT) / "uploads"
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.write_text("in the way")
        try:
            with pytest.raises(OSError, match="uploads"):
                self.upload(picture())
        finally:
            folder.unlink()
        assert stored() == before
