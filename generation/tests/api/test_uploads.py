"""`/api/v1/uploads/`: source pictures that a user brings along."""

import io
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import override_settings
from PIL import Image as Pillow

from artgen.testing.api import UPLOADS, ApiTestCase, picture, stored
from generation.files import metadata, processing, storage
from generation.models import Upload


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
            made = processing.prepare(
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

    def test_it_takes_it_from_a_signed_in_browser(self) -> None:
        self.client.force_login(self.alice)
        response = self.client.post(UPLOADS, {"file": SimpleUploadedFile("tea.png", picture())})
        assert response.status_code == 201

    def test_it_refuses_what_is_no_picture(self) -> None:
        before = stored()
        for data in (
            b"",
            b"no picture",
            picture()[:-30],
            b"<svg xmlns='http://www.w3.org/2000/svg'/>",
            b"GIF89a",
        ):
            with self.subTest(data[:20]):
                response = self.upload(data)
                self.assert_problem(response, 400, "invalid", fields={"file": "invalid"})
        assert stored() == before

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

    def test_it_refuses_other_types_of_content(self) -> None:
        response = self.api.client.post(UPLOADS, picture(), content_type="image/png")
        self.assert_problem(response, 415, "unsupported_media_type")
        self.assert_problem(self.api.post(UPLOADS, {"file": "x"}), 415, "unsupported_media_type")
        broken = self.api.client.generic("POST", UPLOADS, b"x", content_type="multipart/form-data")
        self.assert_problem(broken, 400, "malformed")

    @override_settings(UPLOAD_MAX_BYTES=1000)
    def test_it_refuses_files_above_the_limit(self) -> None:
        before = stored()
        for data in (picture() + b"\0" * 1000, picture() + b"\0" * 100_000):
            document = self.assert_problem(
                self.upload(data), 413, "too_large", fields={"file": "too_large"}
            )
            assert document["limit"] == 1000
        assert stored() == before

    def test_it_refuses_a_file_of_more_than_ten_megabytes(self) -> None:
        before = stored()
        data = picture() + b"\0" * 10_000_000
        self.assert_problem(self.upload(data), 413, "too_large", fields={"file": "too_large"})
        assert stored() == before

    @override_settings(UPLOADING_RATE="1/h")
    def test_it_takes_only_so_many(self) -> None:
        assert self.upload(picture()).status_code == 201
        before = stored()
        response = self.upload(picture())
        self.assert_problem(response, 429, "too_many_requests")
        assert int(response["Retry-After"]) > 0
        assert stored() == before

    def test_it_refuses_strangers_and_other_methods(self) -> None:
        before = stored()
        response = self.client.post(UPLOADS, {"file": SimpleUploadedFile("tea.png", picture())})
        self.assert_problem(response, 401, "not_authenticated")
        self.assert_only(UPLOADS, "POST")
        assert stored() == before
