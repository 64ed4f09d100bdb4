"""The S3-compatible bucket: presigned addresses that browsers can cache."""

import threading
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError
from django.conf import settings
from django.utils import timezone
from django.utils.functional import cached_property

from generation.files import presigning
from generation.files.content_md5 import ContentMD5Storage, with_content_md5

PROBE_KEY = "probe"
MISSING = {"NoSuchKey", "404", "NotFound"}
BEYOND_THE_END = {"InvalidRange", "416"}
RESPONSE_PARAMETERS = {
    "ResponseCacheControl": "response-cache-control",
    "ResponseContentDisposition": "response-content-disposition",
    "ResponseContentType": "response-content-type",
}


_connecting = threading.Lock()
_sessions: dict[tuple[str, str, str], boto3.Session] = {}


class BucketStorage(ContentMD5Storage):
    """django-storages' S3, whose addresses are signed without botocore and stay the same for half their life."""

    _last_signer: presigning.Presigner | None = None

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

        A fresh signature with every page would make browsers load every picture again. `parameters` are those in
        RESPONSE_PARAMETERS.
        """
        if http_method not in (None, "GET"):
            raise ValueError(f"addresses are signed for GET alone, not for {http_method}")
        seconds = self.querystring_expire if expire is None else expire
        asked = tuple(
            (RESPONSE_PARAMETERS[name], value) for name, value in (parameters or {}).items()
        )
        at = presigning.signed_at(name, seconds=seconds, now=timezone.now().timestamp())
        return as_browsers_see(self._signer.address(name, at, seconds, asked))

    @property
    def _signer(self) -> presigning.Presigner:
        """Signs with the keys of now: botocore renews the temporary ones that a machine's role brings."""
        if self._credentials is None:
            raise NoCredentialsError
        keys = self._credentials.get_frozen_credentials()
        signer = self._last_signer
        if signer is None or signer.keys != (keys.access_key, keys.secret_key, keys.token or ""):
            signer = presigning.Presigner(
                self._place,
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
    def _place(self) -> presigning.Bucket:
        """Where botocore finds this bucket."""
        signed: str = self.bucket.meta.client.generate_presigned_url(
            "get_object", Params={"Bucket": self.bucket_name, "Key": PROBE_KEY}
        )
        return presigning.bucket_of(signed, key=PROBE_KEY)

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


def as_browsers_see(address: str) -> str:
    """Return the address with S3_PUBLIC_URL in place of S3_ENDPOINT_URL; where that is not set, as it is.

    For a bucket behind a proxy that passes the endpoint's own host name on: signatures cover it.
    """
    outside = settings.S3_PUBLIC_URL
    if outside and address.startswith(inside := f"{settings.S3_ENDPOINT_URL.rstrip('/')}/"):
        return f"{outside.rstrip('/')}/{address.removeprefix(inside)}"
    return address


def as_we_see(address: str) -> str:
    """Return what `as_browsers_see` was given: the same file as this machine reaches it."""
    inside, outside = (
        f"{settings.S3_ENDPOINT_URL.rstrip('/')}/",
        f"{settings.S3_PUBLIC_URL.rstrip('/')}/",
    )
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
