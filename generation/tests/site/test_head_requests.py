"""HEAD is answered as GET is, without a body and without a warning of its own."""

from uuid import UUID

import pytest
from django.test import Client
from django.urls import get_resolver, reverse

from accounts.models import User
from generation.testing.cases import load_catalog, make_user
from generation.testing.rows.api import make_image, make_job
from generation.testing.secret_paths import PARAMETER, routes

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

UNKNOWN = sorted(
    {
        PARAMETER.sub(str(UUID(int=1)), route.text)  # of no object
        for route in routes(get_resolver().url_patterns)
    }
    - {"/admin/login/"}  # Django redirects signed-in staff only for GET
)


@pytest.fixture
def chief() -> User:
    load_catalog()
    return make_user("chief@example.org", is_staff=True, is_superuser=True)


@pytest.fixture
def client(chief: User) -> Client:
    client = Client()
    client.force_login(chief)
    return client


def asked(client: Client, method: str, path: str, caplog: pytest.LogCaptureFixture) -> tuple:
    caplog.clear()
    answer = getattr(client, method)(path)
    said = [record.levelname for record in caplog.records if record.levelno >= 30]
    return answer, answer.status_code, said


class TestHead:
    def test_it_is_answered_as_get_is(self, client, chief, caplog):
        for path in UNKNOWN:
            client.force_login(chief)  # a page before may have ended the session
            for each in (client, Client()):
                _page, status, said = asked(each, "get", path, caplog)
                head, head_status, head_said = asked(each, "head", path, caplog)
                assert (head_status, head_said) == (status, said), path
                assert (b"".join(head) if head.streaming else head.content) == b"", path

    def test_so_are_pages_of_what_exists(self, client, chief, caplog):
        image, job = make_image(chief), make_job(chief)
        for name, args in (
            ("image", [image.id]),
            ("share_image", [image.id]),
            ("image_collections", [image.id]),
            ("job", [job.id]),
            ("card", [job.id]),
            ("gallery", []),
            ("create", []),
        ):
            path = reverse(name, args=args)
            _page, status, said = asked(client, "get", path, caplog)
            head, head_status, head_said = asked(client, "head", path, caplog)
            assert (head_status, head_said) == (status, said), name
            assert head.content == b""

    def test_an_etag_is_compared_too(self, client):
        page = client.get("/gallery/")
        headers = {"If-None-Match": page["ETag"]}
        assert client.head("/gallery/", headers=headers).status_code == 304
        page = client.get("/api/v1/models/")
        headers = {"If-None-Match": page["ETag"]}
        assert client.head("/api/v1/models/", headers=headers).status_code == 304
