"""The S3-compatible bucket: presigned addresses that browsers can cache."""

import hashlib
import threading
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.core.cache import cache

from generation.content_md5 import ContentMD5Storage, with_content_md5

MISSING = {"NoSuchKey", "404", "NotFound"}
BEYOND_THE_END = {"InvalidRange", "416"}


_connecting = threading.Lock()
_sessions: dict[tuple[str, str, str], boto3.Session] = {}


class BucketStorage(ContentMD5Storage):
    """django-storages' S3, whose addresses stay the same for half their life."""

    @property
    def connection(self) -> Any:
        """This thread's connection; all threads share what describes S3 to boto3, 17 MB."""
        with _connecting:  # sessions may be shared, but not while they make something
            return super().connection

    def _create_session(self) -> boto3.Session:
        keys = (self.access_key, self.secret_key, self.security_token)
        if keys not in _sessions:
            _sessions[keys] = super()._create_session()
        return _sessions[keys]

    def url(
        self,
        name: str,
        parameters: dict[str, str] | None = None,
        expire: int | None = None,
        http_method: str | None = None,
    ) -> str:
        """Return a presigned address, good for URL_EXPIRY_SECONDS when new and for half of it at least.

        A fresh signature with every page would make browsers load every picture again.
        """
        wanted = repr((self.endpoint_url, self.bucket_name, self.access_key, name, parameters, expire, http_method))
        key = f"bucket.url.{hashlib.sha256(wanted.encode()).hexdigest()}"
        address: str | None = cache.get(key)
        if address is None:
            address = super().url(name, parameters=parameters, expire=expire, http_method=http_method)
            cache.set(key, address, (expire or settings.URL_EXPIRY_SECONDS) // 2)
        return as_browsers_see(address)

    def write(self, name: str, data: bytes, *, content_type: str) -> None:
        """Put the bytes under exactly this name, in one request.

        django-storages' `save` hands each file to a pool of threads made for it, which costs twice the CPU.
        """
        self.connection.meta.client.put_object(
            Bucket=self.bucket_name,
            Key=name,
            Body=data,
            ContentType=content_type,
            **self.get_object_parameters(name),
        )

    def read_piece(self, name: str, *, start: int, length: int) -> bytes:
        """Return up to `length` bytes from `start` on, none at the end; raises FileNotFoundError.

        A connection that breaks while the piece is read is tried once more: botocore itself repeats only requests.
        """
        source = self.bucket.Object(name)
        for last_try in (False, True):
            try:
                data: bytes = source.get(Range=f"bytes={start}-{start + length - 1}")["Body"].read()
            except ClientError as error:
                code = error.response["Error"]["Code"]
                if code in MISSING:
                    raise FileNotFoundError(name) from error
                if code in BEYOND_THE_END:
                    break
                raise
            except BotoCoreError:
                if last_try:
                    raise
            else:
                return data
        return b""


def as_browsers_see(address: str) -> str:
    """Return the address with S3_PUBLIC_URL in place of S3_ENDPOINT_URL; where that is not set, as it is.

    For a bucket behind a proxy that passes the endpoint's own host name on: signatures cover it.
    """
    inside, outside = f"{settings.S3_ENDPOINT_URL.rstrip('/')}/", settings.S3_PUBLIC_URL
    if outside and address.startswith(inside):
        return f"{outside.rstrip('/')}/{address.removeprefix(inside)}"
    return address


def as_we_see(address: str) -> str:
    """Return what `as_browsers_see` was given: the same file as this machine reaches it."""
    inside, outside = f"{settings.S3_ENDPOINT_URL.rstrip('/')}/", f"{settings.S3_PUBLIC_URL.rstrip('/')}/"
    if settings.S3_PUBLIC_URL and address.startswith(outside):
        return f"{inside}{address.removeprefix(outside)}"
    return address


def client(config: Config | None = None) -> Any:
    """Return a new boto3 client with the settings of the default storage, changed by those of `config`."""
    storage: Any = settings.STORAGES["default"]
    options: dict[str, Any] = storage["OPTIONS"]
    return with_content_md5(boto3.Session()).client(
        "s3",
        endpoint_url=options["endpoint_url"],
        region_name=options["region_name"],
        aws_access_key_id=options["access_key"],
        aws_secret_access_key=options["secret_key"],
        verify=options.get("verify"),
        config=options["client_config"].merge(config) if config else options["client_config"],
    )
