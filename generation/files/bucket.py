"""Access to the S3-compatible bucket, with presigned URLs that browsers can cache."""

import mimetypes
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from functools import cache
from typing import Any

import boto3
from botocore.client import BaseClient
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError
from django.conf import settings
from django.utils import timezone
from django.utils.functional import cached_property

from generation.files import presigning
from generation.files.content_md5 import ContentMD5Storage, with_content_md5
from generation.files.new_file import NewFile

PROBE_KEY = "probe"
MISSING = {"NoSuchKey", "404", "NotFound"}
BEYOND_THE_END = {"InvalidRange", "416"}
RESPONSE_PARAMETERS = {
    "ResponseCacheControl": "response-cache-control",
    "ResponseContentDisposition": "response-content-disposition",
    "ResponseContentType": "response-content-type",
}


UPLOAD_THREADS = 16
_connecting = threading.Lock()
SESSIONS: dict[tuple[str, str, str], boto3.Session] = {}


class BucketStorage(ContentMD5Storage):
    """S3 storage of django-storages with fast presigned URLs, stable for half their life."""

    _last_signer: presigning.Presigner | None = None

    @property
    def connection(self) -> Any:
        """Return a connection of the client that all threads share; resources are not thread-safe.

        A client of its own takes 14 ms, and writes into 8 MB that forked processes share.
        """
        first = self._first_connection
        return type(first)(client=first.meta.client)

    @cached_property
    def _first_connection(self) -> Any:
        with _connecting:  # a session is not thread-safe while it creates a resource
            return super().connection

    def _create_session(self) -> boto3.Session:
        keys = (self.access_key, self.secret_key, self.security_token)
        if keys not in SESSIONS:
            SESSIONS[keys] = super()._create_session()
        return SESSIONS[keys]

    def url(
        self,
        name: str,
        parameters: dict[str, str] | None = None,
        expire: int | None = None,
        http_method: str | None = None,
    ) -> str:
        """Return a presigned URL, valid for URL_EXPIRY_SECONDS when new, at least half of it later.

        A new signature on every page would defeat the browser cache. `parameters` are keys of
        RESPONSE_PARAMETERS.
        """
        if http_method not in (None, "GET"):
            raise ValueError(f"only GET URLs are signed, not {http_method}")
        seconds = self.querystring_expire if expire is None else expire
        query = tuple(
            (RESPONSE_PARAMETERS[name], value) for name, value in (parameters or {}).items()
        )
        at = presigning.signed_at(name, seconds=seconds, now=timezone.now().timestamp())
        return as_browsers_see(self._signer.address(name, at, seconds, query))

    @property
    def _signer(self) -> presigning.Presigner:
        """Return a signer with the current keys: botocore renews temporary credentials."""
        if self._credentials is None:
            raise NoCredentialsError
        keys = self._credentials.get_frozen_credentials()
        signer = self._last_signer
        if signer is None or signer.keys != (keys.access_key, keys.secret_key, keys.token or ""):
            signer = presigning.Presigner(
                self._address_style,
                access_key=keys.access_key,
                secret_key=keys.secret_key,
                token=keys.token or "",
            )
            self._last_signer = signer
        return signer

    @cached_property
    def _credentials(self) -> Any:
        return self._create_session().get_credentials()

    @cached_property
    def _address_style(self) -> presigning.Bucket:
        signed: str = self.bucket.meta.client.generate_presigned_url(
            "get_object", Params={"Bucket": self.bucket_name, "Key": PROBE_KEY}
        )
        return presigning.bucket_of(signed, key=PROBE_KEY)

    def write(self, name: str, data: bytes, *, content_type: str) -> None:
        """Store the bytes under exactly this name, in one request.

        `save` of django-storages starts a thread pool for each file.
        """
        self.connection.meta.client.put_object(
            Bucket=self.bucket_name,
            Key=name,
            Body=data,
            ContentType=content_type,
            **self.get_object_parameters(name),
        )

    def write_all(self, files: "Sequence[NewFile]") -> None:
        """Write the files at the same time; return after the last one, raise the first error.

        Their requests take longer than their data: a distant bucket answers in 50 to 200 ms.
        """
        first, *others = files
        writes = [_uploads().submit(self._write, file) for file in others]
        try:
            self._write(first)
        finally:
            wait(writes)
        for write in writes:
            write.result()

    def _write(self, file: NewFile) -> None:
        self.write(file.key, file.data, content_type=file.content_type)

    def copy(self, name: str, to: str) -> None:
        """Copy the file within the bucket; raise FileNotFoundError.

        Not every store copies the metadata, so it is sent as for a new file.
        """
        try:
            self.connection.meta.client.copy_object(
                Bucket=self.bucket_name,
                Key=to,
                CopySource={"Bucket": self.bucket_name, "Key": name},
                MetadataDirective="REPLACE",
                ContentType=mimetypes.guess_type(to)[0] or "application/octet-stream",
                **self.get_object_parameters(to),
            )
        except ClientError as error:
            raise _missing_or(error, name) from error

    def read_piece(self, name: str, *, start: int, length: int) -> bytes:
        """Return up to `length` bytes from `start`, b"" past the end; raise FileNotFoundError.

        Retry once when the connection breaks while reading: botocore retries requests only.
        """
        source = self.bucket.Object(name)
        for last_try in (False, True):
            try:
                body = source.get(Range=f"bytes={start}-{start + length - 1}")["Body"]
            except ClientError as error:
                code = error.response["Error"]["Code"]
                if code in MISSING:
                    raise FileNotFoundError(name) from error
                if code in BEYOND_THE_END:
                    break
                raise
            try:
                data: bytes = body.read()
            except BotoCoreError:
                if last_try:
                    raise
            else:
                return data
        return b""


def _missing_or(error: ClientError, name: str) -> Exception:
    is_missing = error.response["Error"]["Code"] in MISSING
    return FileNotFoundError(name) if is_missing else error


@cache
def _uploads() -> ThreadPoolExecutor:
    """Return this process's threads for `write_all`, made with its first use, after any fork."""
    return ThreadPoolExecutor(UPLOAD_THREADS, thread_name_prefix="bucket-upload")


def as_browsers_see(address: str) -> str:
    """Return the URL with S3_ENDPOINT_URL replaced by S3_PUBLIC_URL, if that is set.

    The proxy must pass on the endpoint's host name, because the signature covers it.
    """
    outside = settings.S3_PUBLIC_URL
    if outside and address.startswith(inside := f"{settings.S3_ENDPOINT_URL.rstrip('/')}/"):
        return f"{outside.rstrip('/')}/{address.removeprefix(inside)}"
    return address


def as_we_see(address: str) -> str:
    """Undo `as_browsers_see`: return the URL under which this machine reaches the file."""
    inside, outside = (
        f"{settings.S3_ENDPOINT_URL.rstrip('/')}/",
        f"{settings.S3_PUBLIC_URL.rstrip('/')}/",
    )
    if settings.S3_PUBLIC_URL and address.startswith(outside):
        return f"{inside}{address.removeprefix(outside)}"
    return address


def client(config: Config | None = None) -> BaseClient:
    """Return a new boto3 client with the settings of the default storage, updated by `config`."""
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
