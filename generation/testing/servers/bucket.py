"""Buckets on the S3 server of the tests."""

import json
import os
import secrets
from urllib.parse import urlsplit
from uuid import uuid4

import boto3
from django.conf import settings
from django.core.cache import cache
from django.test import SimpleTestCase, override_settings

KEY = "images/somebody/picture-0.png"
PICTURE = b"\x89PNG" + bytes(range(256)) * 40


def s3_settings(
    address: str, *, name: str, key: str = "key", secret: str = "secret", verify: str | None = None
):
    """Return what points the default storage to a bucket of this server.

    With the options of production.
    """
    options = settings.S3_OPTIONS | {
        "bucket_name": name,
        "endpoint_url": address,
        "region_name": "us-east-1",
        "access_key": key,
        "secret_key": secret,
        "verify": verify,
    }
    default = {"BACKEND": "generation.files.bucket.BucketStorage", "OPTIONS": options}
    return override_settings(
        STORAGES={**settings.STORAGES, "default": default},
        S3_BUCKET=name, S3_ENDPOINT_URL=address, S3_REGION="us-east-1", S3_PUBLIC_URL="",
    )  # fmt: skip


class BucketTestCase(SimpleTestCase):
    def setUp(self):
        cache.clear()
        server = urlsplit(os.environ["TEST_S3_URL"])
        self.address = f"http://{server.hostname}:{server.port}"
        self.name = f"bucket{secrets.token_hex(6)}"

    def use(self, **options):
        self.enterContext(
            s3_settings(options.pop("address", self.address), name=self.name, **options)
        )


def bucket_settings(**changes: object) -> override_settings:
    """Return settings with a new bucket on the test's S3 server."""
    url = urlsplit(os.environ["TEST_S3_URL"])
    endpoint, bucket = f"http://{url.hostname}:{url.port}", f"test-{uuid4()}"
    client = boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name="ru-central1",
        aws_access_key_id=url.username,
        aws_secret_access_key=url.password,
    )
    client.create_bucket(Bucket=bucket)
    options = settings.S3_OPTIONS | {
        "bucket_name": bucket,
        "endpoint_url": endpoint,
        "region_name": "ru-central1",
        "access_key": url.username,
        "secret_key": url.password,
        **changes,
    }
    return override_settings(
        S3_BUCKET=bucket,
        S3_ENDPOINT_URL=endpoint,
        STORAGES={
            "default": {"BACKEND": "generation.files.bucket.BucketStorage", "OPTIONS": options},
            "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
        },
    )


def public_policy(name: str, *actions: str) -> str:
    """Return a bucket policy that lets everybody do this, by default read objects."""
    statements = [
        {
            "Effect": "Allow",
            "Principal": "*",
            "Action": action,
            "Resource": f"arn:aws:s3:::{name}" + ("" if action == "s3:ListBucket" else "/*"),
        }
        for action in actions or ("s3:GetObject",)
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": statements})
