"""What the tests of the REST API share.

Calls with a token, problems, and the proof that nothing was stored.
"""

import io
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID

from django.conf import settings
from django.test import Client
from django.utils import timezone
from PIL import Image as Pillow
from uuid_utils.compat import uuid7

from accounts.models import CreditEntry, User
from accounts.tokens import tokens
from generation.models import IdempotencyKey, Image, ImageModel, Job, JobEvent, Status, Upload
from generation.testing.cases import BaseTestCase

PLACEHOLDER = (
    "data:image/webp;base64,UklGRlAAAABXRUJQVlA4IEQAAADQAQCdASoQAAwAA4BaJQB"
    "OgBxLhyo5qAD9IgdBNBgyXL+QctXexYzK3P3TGDXDru1AXxavdJPYp/ub+CVqhP8CRXSIAA=="
)

FLUX = {"model": "flux-dev", "prompt": "Tea hills in morning mist"}


class ApiTestCase(BaseTestCase):
    """A test with the catalog.

    `self.api` calls as alice, `self.others` as bob, `self.client` as nobody.
    """

    alice_token: ClassVar[str]
    bob_token: ClassVar[str]

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.load_catalog()
        cls.alice_token = tokens.issue(user=cls.alice, name="test")
        cls.bob_token = tokens.issue(user=cls.bob, name="test")

    def setUp(self) -> None:
        super().setUp()
        self.api = Api(self.alice_token)
        self.others = Api(self.bob_token)

    def assert_problem(
        self, response: Any, status: int, code: str, *, fields: dict[str, str] | None = None
    ) -> dict[str, Any]:
        """Check a problem document, with its fields at fault and their codes, and return it."""
        assert response.status_code == status, response.content
        assert response["Content-Type"] == "application/problem+json"
        document: dict[str, Any] = response.json()
        assert {"type", "title", "status", "code", "detail", "errors"} <= set(document)
        assert (document["status"], document["code"]) == (status, code), document
        assert document["title"]
        assert document["detail"]
        if fields is not None:
            assert {error["field"]: error["code"] for error in document["errors"]} == fields
            assert all(error["detail"] for error in document["errors"])
        return document


class Api:
    """Calls the API with a token."""

    def __init__(self, token: str) -> None:
        self.client = Client(headers={"Authorization": f"Bearer {token}", "Accept-Language": "en"})

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Send a request; bytes go as they are, all else as JSON."""
        if body is None:
            return self.client.generic(method, path, headers=headers)
        options = {"content_type": "application/json", "headers": headers}
        return getattr(self.client, method.lower())(path, body, **options)

    def get(self, path: str, query: dict[str, Any] | None = None, **headers: str) -> Any:
        return self.client.get(path, query or {}, headers=headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.call("POST", path, body, **headers)

    def patch(self, path: str, body: Any, **headers: str) -> Any:
        return self.call("PATCH", path, body, **headers)

    def delete(self, path: str) -> Any:
        return self.client.delete(path)


def stored() -> tuple[Any, ...]:
    """Return all that a call could have stored; equal before and after a refusal."""
    media = Path(settings.MEDIA_ROOT)
    return (
        *(
            model.objects.count()
            for model in (Job, JobEvent, CreditEntry, IdempotencyKey, Upload, Image)
        ),
        list(User.objects.order_by("id").values_list("credits", "held")),
        sorted(str(path) for path in media.rglob("*") if path.is_file()),
    )


def make_job(
    user: User, *, status: str = Status.QUEUED, model: str = "flux-dev", **fields: Any
) -> Job:
    """Return a job as if it had come to this status, without money."""
    now = timezone.now()
    final = status in (Status.SUCCEEDED, Status.FAILED, Status.CANCELED)
    defaults: dict[str, Any] = {
        "prompt": "Tea hills",
        "width": 1024,
        "height": 768,
        "seed": 7,
        "credits": 3,
        "snapshot": {"endpoint_id": "flux-1"},
        "status": status,
        "due_at": None if final else now,
        "finished_at": now if final else None,
        "created_at": now,
        "error_code": "gpu_lost" if status == Status.FAILED else "",
    }
    return Job.objects.create(
        user=user, model=ImageModel.objects.get(slug=model), **(defaults | fields)
    )


def make_image(user: User, *, job: Job | None = None, **fields: Any) -> Image:
    """Return a picture of a succeeded job, without files."""
    job = job or make_job(user, status=Status.SUCCEEDED)
    image_id = uuid7()
    if created_at := fields.get("created_at"):  # an id begins with the milliseconds
        image_id = UUID(int=int(created_at.timestamp() * 1000) << 80 | image_id.int & (1 << 80) - 1)
    defaults: dict[str, Any] = {
        "id": image_id,
        "key": f"images/{user.id}/{image_id}.png",
        "thumbnail_key": f"thumbnails/{user.id}/{image_id}.webp",
        "placeholder": PLACEHOLDER,
        "width": 1024,
        "height": 768,
        "bytes": 1000,
        "content_type": "image/png",
        "sha256": "0" * 64,
        "seed": 7,
        "model_id": job.model_id,
        "style": job.style,
        "sourced": bool(job.source_images),
        "created_at": timezone.now(),
    }
    image: Image = Image.objects.create(user=user, job=job, **(defaults | fields))
    return image


UPLOADS = "/api/v1/uploads/"


def picture(kind: str = "PNG", size: tuple[int, int] = (64, 48)) -> bytes:
    file = io.BytesIO()
    Pillow.new("RGB", size, "teal").save(file, kind)
    return file.getvalue()
