"""Whatever a client sends to the API: an answer that it describes, and nothing stored."""

import json
from typing import Any
from urllib.parse import quote, quote_from_bytes

import pytest
from django.core import signing
from django.core.cache import cache
from django.test import Client
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from accounts.models import CreditEntry
from accounts.tokens import tokens
from accounts.webhooks import addresses
from generation.jobs.engine import callback_tokens
from generation.models import Job, Status, Upload
from generation.testing.cases import load_catalog, make_user
from generation.testing.hostile import ADDRESSES, ANY_TEXT, any_json
from generation.testing.rows.api import make_image, make_job, stored
from generation.testing.rows.image_files import FILES

pytestmark = pytest.mark.slow
some = settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
SALTS = {
    "/api/v1/images/": "generation.Image:id",
    "/api/v1/jobs/": "generation.Job:id",
    "/api/v1/account/ledger/": "accounts.CreditEntry:created_at,id",
}
LISTS = list(SALTS)
VALUES = st.sampled_from(
    [
        *("", "0", "1", "-1", "101", "9" * 5000, "true", "yes", "2026-02-30", "0000-01-01"),
        *("1900-01-01", "9999-12-31", "2026-W01-1", "queued", "flux-dev", "portrait", "\0", "%00"),
        *("019a0000-0000-7000-8000-000000000000", "{}", "٣", "１", "a" * 501, "\U0010ffff", "'"),
    ]
)
HEADER = st.text(st.characters(codec="latin-1", exclude_characters="\r\n"), max_size=300)
OTHER_FIELDS = [
    *("prompt", "model", "n", "size", "user", "response_format", "stream", "output_format"),
    *("output_compression", "background", "negative_prompt", "steps", "cfg_scale", "width"),
    *("height", "seed", "batch_size", "n_iter", "init_images", "mask", "override_settings"),
    *("denoising_strength", "sd_model_checkpoint"),
]


class AnyRequestTestCase(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        load_catalog()
        cls.alice = make_user("alice@example.org")
        make_image(cls.alice)
        cls.token = tokens.issue(user=cls.alice, name="test")

    def setUp(self) -> None:
        cache.clear()
        self.client = Client(headers={"Authorization": f"Bearer {self.token}"})

    def assert_is_described(self, response: Any, *statuses: int) -> None:
        assert response.status_code in statuses, (response.status_code, response.content[:300])
        if response.status_code >= 400:
            assert response["Content-Type"] == "application/problem+json"
            assert {"code", "detail", "errors"} <= set(response.json())


class TestQueries(AnyRequestTestCase):
    @some
    @given(at=st.integers(0, 200), by=ANY_TEXT, path=st.sampled_from(LISTS))
    def test_it_refuses_a_cursor_that_it_did_not_sign(self, at: int, by: str, path: str) -> None:
        signed = signing.Signer(salt=SALTS[path]).sign_object(["o", str(self.alice.pk)])
        forged = (signed[:at] + by + signed[at + 1 :]).encode("utf-8", "surrogatepass")
        if forged != signed.encode():
            response = self.client.get(f"{path}?cursor={quote_from_bytes(forged)}")
            self.assert_is_described(response, 400)


class TestOtherPrograms(AnyRequestTestCase):
    """The APIs of other services, which have errors of their own shapes."""

    @some
    @given(
        path=st.sampled_from(
            [
                *("/v1/images/generations", "/sdapi/v1/txt2img", "/sdapi/v1/img2img"),
                "/sdapi/v1/options",
            ]
        ),
        body=st.fixed_dictionaries(
            {},
            optional={
                name: any_json(["sd_model_checkpoint"], max_leaves=3) | VALUES
                for name in OTHER_FIELDS
            },
        )
        | any_json([*OTHER_FIELDS]),
        attempt=HEADER,
    )
    def test_it_answers_any_body(self, path: str, body: Any, attempt: str) -> None:
        def rows() -> list[int]:
            return [model.objects.count() for model in (Job, Upload, CreditEntry)]

        cache.clear()  # rates count over all examples
        before = rows()
        headers = {"X-Stainless-Retry-Count": attempt, "X-OpenWebUI-User-Id": attempt}
        response = self.client.generic(
            "POST", path, json.dumps(body), content_type="application/json", headers=headers
        )
        assert response.status_code in (200, 202, 400, 404), response.content[:300]
        if response.status_code >= 400:
            problem = response.json()
            assert problem["error"]["message"] if path.startswith("/v1/") else problem["detail"]
            assert rows() == before


class TestWebhookForms(AnyRequestTestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.address, _ = addresses.add(
            user=cls.alice, url="https://example.org/", topics=["jobs"], credits_below=1
        )

    @some
    @given(
        action=st.sampled_from(["", "replay/", "switch/"]),
        is_new=st.booleans(),
        url=st.text() | ADDRESSES.filter(str.isprintable),
        value=VALUES | st.text(),
    )
    def test_it_answers_any_field(self, action: str, is_new: bool, url: str, value: str) -> None:
        cache.clear()  # rates count over all examples
        self.client = Client()
        self.client.force_login(self.alice)
        self.client.post("/accounts/reauthenticate/", {"password": "password"})
        path = "" if is_new else f"{self.address.id}/{action}"
        fields = {"url": url, "topics": ["jobs", value], "credits_below": value, "since": value}
        response = self.client.post(f"/account/webhooks/{path}", fields | {"on": value})
        assert response.status_code in (200, 302)


class TestUploads(AnyRequestTestCase):
    @some
    @given(
        name=ANY_TEXT.map(lambda text: text.encode("utf-8", "surrogatepass")),
        field=st.sampled_from([b"file", b"", b"x", b"file\0"]) | st.binary(max_size=10),
        kind=st.sampled_from([b"image/png", b"", b"text/html", b"\xff", b"multipart/mixed"]),
        encoding=st.sampled_from([b"", b"Content-Transfer-Encoding: base64\r\n"]),
        data=st.sampled_from([FILES["PNG"], FILES["JPEG"], b"", b"GIF89a", FILES["PNG"][:60]]),
        end=st.sampled_from([b"\r\n--b--\r\n", b"\r\n--b\r\n", b"--b--", b""]),
        boundary=st.sampled_from(["b", '"b"', "", "b" * 300, "b;x=1", "é"]),
        length=st.sampled_from([None, "", "0", "-1", "abc", "9" * 30, "٣"]),
    )
    def test_it_answers_any_upload(
        self,
        name: bytes,
        field: bytes,
        kind: bytes,
        encoding: bytes,
        data: bytes,
        end: bytes,
        boundary: str,
        length: str | None,
    ) -> None:
        before = stored()
        head = b'--b\r\nContent-Disposition: form-data; name="%s"; filename="%s"\r\n' % (
            field,
            name,
        )
        body = head + encoding + b"Content-Type: %s\r\n\r\n" % kind + data + end
        extra = {} if length is None else {"CONTENT_LENGTH": length}
        response = self.client.generic(
            "POST",
            "/api/v1/uploads/",
            body,
            content_type=f"multipart/form-data; boundary={boundary}",
            **extra,
        )
        self.assert_is_described(response, 201, 400, 413, 415)
        assert response.status_code == 201 or stored() == before


class TestWebhooks(AnyRequestTestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.job = make_job(cls.alice, status=Status.SUBMITTED)

    @some
    @given(
        body=any_json(["id", "status", "output"]).map(lambda body: json.dumps(body).encode())
        | st.binary(max_size=60)
        | st.sampled_from([b"[" * 100_000, b'{"id": "a\\u0000b"}', b'{"id": "\\ud800"}'])
    )
    @example(b'{"id": "rp-1"}')
    def test_it_takes_an_id_that_can_be_stored_and_nothing_else(self, body: bytes) -> None:
        token = signing.dumps([str(self.job.id), 1], salt=callback_tokens.SALT)
        response = self.client.generic(
            "POST", f"/hooks/runpod/{token}/", body, content_type="application/json"
        )
        assert response.status_code == 200
        job = Job.objects.get(pk=self.job.pk)
        assert job.candidate_id.isprintable()
        assert len(job.candidate_id) <= 100
        assert (job.status, job.runpod_id, job.version) == (Status.SUBMITTED, "", self.job.version)

    @some
    @given(token=ANY_TEXT | st.text(max_size=200))
    def test_it_knows_nothing_of_a_forged_token(self, token: str) -> None:
        before = stored()
        path = f"/hooks/runpod/{quote(token.encode('utf-8', 'surrogatepass'), safe='')}/"
        response = self.client.post(path, b"{}", content_type="application/json")
        assert response.status_code in (400, 404)
        assert stored() == before
