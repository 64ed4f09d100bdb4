"""Requests of boto3 as S3-compatible stores, such as Yandex Object Storage, understand them."""

import base64
import hashlib
from typing import Any

import boto3
from botocore.awsrequest import AWSRequest
from storages.backends.s3 import S3Storage

REPLACED = ("x-amz-checksum-", "x-amz-sdk-checksum-algorithm")


class ContentMD5Storage(S3Storage):  # type: ignore[misc]  # django-storages has no types
    """S3 storage of django-storages that sends Content-MD5."""

    def _create_session(self) -> boto3.Session:
        return with_content_md5(super()._create_session())


def with_content_md5(session: boto3.Session) -> boto3.Session:
    """Make every S3 client of the session send Content-MD5 where a checksum is required.

    `PUT ?lifecycle`, `PUT ?cors` and `POST ?delete` fail without it. boto3 stopped sending it in
    1.36: https://github.com/boto/botocore/issues/3415
    """
    session.events.register("before-sign.s3", _use_content_md5)
    session.events.register("before-sign.s3.PutObject", _send_data_at_once)
    return session


def _send_data_at_once(request: AWSRequest, **_event: Any) -> None:
    """Do not wait a round trip for "100 Continue" before the data."""
    del request.headers["Expect"]


def _use_content_md5(request: AWSRequest, **_event: Any) -> None:
    """Replace botocore's checksum header, which older stores do not know, before signing.

    With `request_checksum_calculation="when_required"` only calls that need it have that header.
    """
    replaced = [name for name in request.headers if name.lower().startswith(REPLACED)]
    if not replaced:
        return
    for name in replaced:
        del request.headers[name]
    body = request.body or b""
    data = body.encode() if isinstance(body, str) else body
    digest = hashlib.md5(data, usedforsecurity=False).digest()
    request.headers["Content-MD5"] = base64.b64encode(digest).decode()
