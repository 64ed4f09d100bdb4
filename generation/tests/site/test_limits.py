"""Each page and call that may be asked for only so often counts against its limit."""

from collections.abc import Callable
from typing import Any
from unittest import mock
from uuid import uuid4

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import override_settings
from django.urls import reverse

from accounts.limits import rate_limits
from generation.models import Status
from generation.testing.rows.api import (
    FLUX,
    UPLOADS,
    ApiTestCase,
    make_image,
    make_job,
    picture,
    stored,
)

ID = uuid4()
READ = {
    "shared_page": [
        *(("shared", "slug"), ("shared_image", "slug"), ("report_shared", "slug")),
        *(("save_shared", "slug"), ("shared_collection", "slug"), ("shared_preset", "slug")),
        *(("shared_item", "slug", 1), ("shared_item_image", "slug", 1)),
        ("save_shared_item", "slug", 1),
    ]
}
POSTED = {
    "share": [("share_image", ID), ("share_collection", ID)],
    "publish": [("publish_image", ID)],
    "appeal": [("appeal_image", ID), ("appeal_review", ID)],
    "report": [("report_shared", "slug")],
    "made_here": [("made_here",)],
    "export": [("ask_export",)],
    "account_deletion": [("delete_account",)],
    "save_preset": [("save_shared_preset", "slug")],
    "preset_change": [
        *(("presets",), ("preset", ID), ("own_styles",), ("own_style", ID), ("favorite_model",))
    ],
    "place": [("create",), ("compare",)],
}


class TestLimits(ApiTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.client.force_login(self.alice)

    def used_up(self, limit: str) -> Any:
        """Return the patch with which this limit is used up."""

        def count(group: str, _value: str, _rates: tuple[str, ...]) -> None:
            if group.partition(":")[0] == limit:
                raise rate_limits.TooManyTries(7)

        return mock.patch.object(rate_limits, "_count", count)

    def test_pages_are_limited(self) -> None:
        form = {**FLUX, "shape": "1024x1024", "count": "1", "models": FLUX["model"]}
        send: list[tuple[dict[str, list[tuple[object, ...]]], Callable[..., Any]]] = [
            (READ, self.client.get),
            (POSTED, lambda address: self.client.post(address, form)),
        ]
        before = stored()
        for addresses, call in send:
            for limit, names in addresses.items():
                for name, *args in names:
                    address = reverse(str(name), args=args)
                    with self.subTest(address), self.used_up(limit):
                        response = call(address)
                        assert (response.status_code, response["Retry-After"]) == (429, "7")
        assert stored() == before

    @override_settings(PROMPT_HELPER_URL="http://127.0.0.1:9/v1", PROMPT_HELPER_MODEL="x")
    def test_calls_of_the_api_are_limited(self) -> None:
        image = make_image(self.alice)
        job = make_job(self.alice, status=Status.CANCELED)
        calls: list[tuple[str, Callable[[], Any]]] = [
            *(
                ("place", lambda path=path: self.api.post(f"/api/v1/{path}/", FLUX))
                for path in ("jobs", "batches", f"jobs/{job.id}/retry")
            ),
            *(
                (
                    "prompt_helper",
                    lambda path=path: self.api.post(f"/api/v1/prompts/{path}/", {"prompt": "fog"}),
                )
                for path in ("translate", "enhance")
            ),
            ("save", lambda: self.api.post("/api/v1/images/", {"share": "slug"})),
            ("share", lambda: self.api.post(f"/api/v1/images/{image.id}/share/")),
            ("tags", lambda: self.api.patch(f"/api/v1/images/{image.id}/", {"tags": ["a"]})),
            (
                "upload",
                lambda: self.api.client.post(
                    UPLOADS, {"file": SimpleUploadedFile("a.png", picture())}
                ),
            ),
        ]
        before = stored()
        for limit, call in calls:
            with self.subTest(limit), self.used_up(limit):
                response = call()
                self.assert_problem(response, 429, "too_many_requests")
                assert response["Retry-After"] == "7"
        assert stored() == before

    def test_files_of_the_form_are_limited_as_those_of_the_api(self) -> None:
        file = SimpleUploadedFile("a.png", picture(), "image/png")
        form = {"model": "qwen-image-edit", "prompt": "snow", "count": "1", "upload": file}
        before = stored()
        with self.used_up("upload"):
            assert self.client.post(reverse("create"), form).status_code == 429
        assert stored() == before
