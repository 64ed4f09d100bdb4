"""Addresses of files end: on disk and in a bucket, after their time and with their file."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from django.conf import settings
from django.test import Client
from django.utils import timezone

from accounts.models import User
from generation.files import storage
from generation.gallery import trash
from generation.models import Image
from generation.testing.cases import load_catalog, make_user
from generation.testing.isolation.owned_data import make_image_with_files
from generation.testing.servers.bucket import bucket_settings

pytestmark = pytest.mark.django_db

Read = Callable[[str], int]


@pytest.fixture
def owner() -> User:
    load_catalog()
    return make_user("owner@example.org")


@pytest.fixture(
    params=[
        pytest.param("disk", id="files on disk"),
        pytest.param("bucket", id="a bucket", marks=pytest.mark.s3),
    ]
)
def read(request: pytest.FixtureRequest) -> Iterator[Read]:
    """Return the status of a GET of an address, without any session."""
    if request.param == "disk":
        yield lambda address: Client().get(address).status_code
    else:
        with bucket_settings():
            yield lambda address: requests.get(address, timeout=60).status_code


def addresses(image: Image) -> list[str]:
    """Return every kind of address of an image's files."""
    return [
        storage.url(image.key),
        storage.url(image.thumbnail_key),
        storage.url(image.key, seconds=600),
        storage.download_url(image.key, filename="tea.png"),
    ]


def hours_ago(monkeypatch: pytest.MonkeyPatch, hours: float) -> None:
    """Let what is signed now be signed some hours ago."""
    at = timezone.now() - timedelta(hours=hours)
    monkeypatch.setattr(timezone, "now", lambda: at)


def test_it_reads_a_file_by_its_address(owner: User, read: Read) -> None:
    for address in addresses(make_image_with_files(owner)):
        assert read(address) == 200
        assert read(address.partition("?")[0]) in (403, 404)


def test_it_ends_after_its_time(owner: User, read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    image = make_image_with_files(owner)
    with monkeypatch.context() as past:
        hours_ago(past, settings.URL_EXPIRY_SECONDS / 3600 + 0.01)
        old = addresses(image)
    with monkeypatch.context() as past:
        hours_ago(past, settings.URL_EXPIRY_SECONDS / 3600 - 0.51)
        still_valid = storage.url(image.key)
    assert [read(address) for address in old if read(address) not in (403, 404)] == []
    assert read(still_valid) == 200


def test_it_ends_with_a_deleted_image(owner: User, read: Read) -> None:
    image = make_image_with_files(owner)
    known = addresses(image)
    trash.move_to_trash(image)
    trash.empty(owner)
    trash.purge(trashed_before=timezone.now())
    assert not Image.objects.filter(pk=image.pk).exists()
    assert {read(address) for address in known} <= {403, 404}


def test_it_is_of_one_file_and_one_time(owner: User, read: Read) -> None:
    image, other = make_image_with_files(owner), make_image_with_files(owner)
    address, key = storage.url(image.key), other.key
    assert read(address.replace(image.key, key)) in (403, 404)
    query = parse_qs(urlsplit(address).query)
    name = "expires" if "expires" in query else "X-Amz-Expires"
    longer = str(int(query[name][0]) + 86400)
    assert read(address.replace(f"{name}={query[name][0]}", f"{name}={longer}")) in (403, 404)


def test_it_is_short_for_files_of_shared_images(owner: User, read: Read) -> None:
    """A visitor of a shared image loses access to the file soon after the link is off."""
    query = parse_qs(urlsplit(storage.url(make_image_with_files(owner).key, seconds=600)).query)
    if "expires" in query:
        left = int(query["expires"][0]) - timezone.now().timestamp()
    else:
        left = int(query["X-Amz-Expires"][0])
    assert left <= 600
