"""Signed addresses are those of botocore, whatever the store, the key and the parameters."""

import json
from datetime import UTC, datetime, timedelta
from itertools import count
from unittest import mock
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import NoCredentialsError
from django.conf import settings
from django.test import override_settings

from generation.files import presigning
from generation.files.bucket import BucketStorage
from generation.testing.servers.raw_server import http, raw_server

KEYS = (
    "thumbnails/0195d8a0-0000-7000-8000-000000000000/0195d8a0-1111-7000-8000-000000000000-0.webp",
    "exports/one/two three (4) & five+six=7.zip",
    "exports/кот/~!*'();:@,$[]%20.png",
)
STORES = {
    "a store of one's own, with a port": {
        "endpoint_url": "http://127.0.0.1:8333",
        "region_name": "us-east-1",
    },
    "Yandex Object Storage": {
        "endpoint_url": "https://storage.yandexcloud.net",
        "region_name": "ru-central1",
    },
    "an endpoint with a path": {
        "endpoint_url": "https://art.example.org/s3",
        "region_name": "us-east-1",
    },
    "Amazon, first region": {
        "endpoint_url": "https://s3.amazonaws.com",
        "region_name": "us-east-1",
    },
    "Amazon, another region": {
        "endpoint_url": "https://s3.eu-central-1.amazonaws.com",
        "region_name": "eu-central-1",
    },
    "Amazon, without an endpoint": {"endpoint_url": None, "region_name": "eu-central-1"},
    "a bucket with dots": {
        "endpoint_url": None,
        "region_name": "eu-central-1",
        "bucket_name": "art.example.org",
    },
    "the bucket in the host": {
        "endpoint_url": "https://storage.yandexcloud.net",
        "region_name": "ru-central1",
        "client_config": Config(signature_version="s3v4", s3={"addressing_style": "virtual"}),
    },
    "temporary credentials": {
        "endpoint_url": "https://storage.yandexcloud.net",
        "region_name": "ru-central1",
        "security_token": "FQoGZXIvYXdzE/+=token",
    },
}
PARAMETERS = (
    {},
    {"ResponseContentDisposition": "attachment; filename*=utf-8''%D0%BA%D0%BE%D1%82.png"},
    {
        "ResponseContentType": "image/png",
        "ResponseContentDisposition": 'inline; filename="a b.png"',
    },
)
NOW = datetime(2026, 2, 28, 23, 59, 30, tzinfo=UTC)


def storage_of(**options) -> BucketStorage:
    options = {
        "bucket_name": "pictures",
        "access_key": "AKID/+=",
        "secret_key": "secret/+=",
        **options,
    }
    return BucketStorage(**settings.S3_OPTIONS | options)


def at(moment: datetime):
    """Return a context manager: it is this moment."""
    return mock.patch("django.utils.timezone.now", return_value=moment)


def of_botocore(
    storage: BucketStorage, *, key: str, seconds: int, signed_at: datetime, parameters
) -> str:
    client = boto3.client(
        "s3",
        endpoint_url=storage.endpoint_url,
        region_name=storage.region_name,
        aws_access_key_id=storage.access_key,
        aws_secret_access_key=storage.secret_key,
        aws_session_token=storage.security_token,
        config=storage.client_config,
    )
    asked = {"Bucket": storage.bucket_name, "Key": key, **parameters}
    with mock.patch("botocore.auth.get_current_datetime", return_value=signed_at):
        return client.generate_presigned_url("get_object", Params=asked, ExpiresIn=seconds)


@pytest.mark.slow
@pytest.mark.parametrize("store", STORES)
def test_it_signs_as_botocore_does(store: str) -> None:
    storage = storage_of(**STORES[store])
    for key in KEYS:
        for parameters in PARAMETERS:
            for seconds in (3600, 61):
                with at(NOW):
                    ours = storage.url(key, parameters=parameters, expire=seconds)
                moment = presigning.signed_at(key, seconds=seconds, now=NOW.timestamp())
                theirs = of_botocore(
                    storage,
                    key=key,
                    seconds=seconds,
                    signed_at=datetime.fromtimestamp(moment, UTC),
                    parameters=parameters,
                )
                assert ours == theirs


@pytest.mark.slow
def test_it_signs_the_same_in_every_process_for_at_least_half_of_the_time() -> None:
    seconds, seen = settings.URL_EXPIRY_SECONDS, set()
    for minute in range(0, 24 * 60, 7):
        now = NOW + timedelta(minutes=minute)
        with at(now):
            address = storage_of().url(KEYS[0])
            assert (
                storage_of().url(KEYS[0]) == address
            )  # another storage remembers nothing of the first one
        query = parse_qs(urlsplit(address).query)
        signed = datetime.strptime(query["X-Amz-Date"][0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        end = signed + timedelta(seconds=int(query["X-Amz-Expires"][0]))
        assert signed <= now
        assert timedelta(seconds=seconds / 2) <= end - now <= timedelta(seconds=seconds)
        seen.add(address)
    assert len(seen) in (48, 49)  # two an hour


def test_it_spreads_new_addresses_of_owners_over_time() -> None:
    moments = {
        presigning.signed_at(f"images/{owner}/0.png", seconds=3600, now=NOW.timestamp())
        for owner in range(50)
    }
    assert len(moments) > 40
    of_one = {
        presigning.signed_at(f"images/one/{number}.png", seconds=3600, now=NOW.timestamp())
        for number in range(9)
    }
    assert len(of_one) == 1
    ages = [
        second - presigning.signed_at("images/one/0.png", seconds=3600, now=second)
        for second in range(0, 7200, 60)
    ]
    assert 0 <= min(ages) <= max(ages) < 1800


@pytest.fixture
def a_machine_without_keys(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Hide whatever keys the machine that runs the tests may have."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/dev/null")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setattr("generation.files.bucket.SESSIONS", {})  # of other tests, with their keys
    return monkeypatch


def test_it_signs_with_the_keys_of_the_machines_role_as_they_change(a_machine_without_keys) -> None:
    numbers = count(1)

    def keys(connection) -> None:
        number, end = (
            next(numbers),
            datetime.now(UTC) + timedelta(minutes=5),
        )  # so short that it is always asked again
        fields = {
            "AccessKeyId": f"A{number}",
            "SecretAccessKey": f"S{number}",
            "Token": f"T{number}",
        }
        connection.sendall(
            http("200 OK", json.dumps({**fields, "Expiration": end.isoformat()}).encode())
        )

    with raw_server(keys) as server, at(NOW):
        a_machine_without_keys.setenv(
            "AWS_CONTAINER_CREDENTIALS_FULL_URI", f"http://127.0.0.1:{server.port}/role"
        )
        storage = storage_of(access_key="", secret_key="")
        queries = [parse_qs(urlsplit(storage.url(KEYS[0])).query) for _time in range(2)]
    users, tokens = (
        [query[name][0] for query in queries]
        for name in ("X-Amz-Credential", "X-Amz-Security-Token")
    )
    assert users[0] != users[1]
    assert tokens == [f"T{user[1 : user.index('/')]}" for user in users]


def test_it_says_that_there_are_no_keys(a_machine_without_keys) -> None:
    with pytest.raises(NoCredentialsError):
        storage_of(access_key="", secret_key="").url(KEYS[0])


def test_it_signs_nothing_but_reading() -> None:
    with pytest.raises(ValueError, match="PUT"):
        storage_of().url(KEYS[0], http_method="PUT")


def test_it_shows_browsers_the_public_address() -> None:
    storage = storage_of(endpoint_url="http://s3:8333")
    with (
        override_settings(
            S3_ENDPOINT_URL="http://s3:8333", S3_PUBLIC_URL="https://art.example.org/s3"
        ),
        at(NOW),
    ):
        assert storage.url(KEYS[0]).startswith(f"https://art.example.org/s3/pictures/{KEYS[0]}?")
