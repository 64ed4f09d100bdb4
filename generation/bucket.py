"""The S3-compatible bucket: presigned addresses that browsers can cache, and how a bucket is made ready."""

from collections.abc import Iterator
from typing import Any

import boto3
import requests
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError
from django.conf import settings
from django.utils import timezone
from django.utils.functional import cached_property
from storages.backends.s3 import S3Storage

from generation import presigning

PROBE_KEY = "setup-bucket-probe"
ABORT_UPLOADS_DAYS = 2
OLD_VERSIONS_DAYS = settings.TRASH_DAYS
MISSING = {"NoSuchKey", "404", "NotFound"}
BEYOND_THE_END = {"InvalidRange", "416"}
RESPONSE_PARAMETERS = {
    "ResponseCacheControl": "response-cache-control",
    "ResponseContentDisposition": "response-content-disposition",
    "ResponseContentType": "response-content-type",
}
UNSUPPORTED = {"NotImplemented", "MethodNotAllowed", "NotSupported", "UnsupportedOperation", "501"}


class BucketTrouble(Exception):
    """The bucket cannot be used as it is; the text says why and what to do."""


class BucketStorage(S3Storage):  # type: ignore[misc]  # django-storages has no types
    """django-storages' S3, whose addresses are signed without botocore and stay the same for half their life."""

    _last_signer: presigning.Presigner | None = None

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
        asked = tuple((RESPONSE_PARAMETERS[name], value) for name, value in (parameters or {}).items())
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
                self._place, access_key=keys.access_key, secret_key=keys.secret_key, token=keys.token or ""
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


def client() -> Any:
    """Return a new boto3 client with the settings of the default storage."""
    storage: Any = settings.STORAGES["default"]
    options: dict[str, Any] = storage["OPTIONS"]
    return boto3.client(
        "s3",
        endpoint_url=options["endpoint_url"],
        region_name=options["region_name"],
        aws_access_key_id=options["access_key"],
        aws_secret_access_key=options["secret_key"],
        config=options["client_config"],
    )


def set_up(*, origins: list[str], keep_old_versions: bool) -> Iterator[str]:
    """Make S3_BUCKET exist, private, readable by our pages, tidy; yield a line for each thing done or not possible.

    Raises:
        BucketTrouble: it is out of reach, somebody else's, or strangers can read it.
    """
    s3, bucket = client(), settings.S3_BUCKET
    try:
        yield _exists(s3, bucket)
        yield _set(
            "public access: blocked",
            s3.put_public_access_block,
            Bucket=bucket,
            PublicAccessBlockConfiguration={
                "BlockPublicAcls": True,
                "IgnorePublicAcls": True,
                "BlockPublicPolicy": True,
                "RestrictPublicBuckets": True,
            },
        )
        yield _set(
            f"CORS: pages of {', '.join(origins)} may read",
            s3.put_bucket_cors,
            Bucket=bucket,
            CORSConfiguration={"CORSRules": [cors_rule(origins)]},
        )
        if keep_old_versions:
            yield _set(
                f"versions: what is deleted can be brought back for {OLD_VERSIONS_DAYS} days",
                s3.put_bucket_versioning,
                Bucket=bucket,
                VersioningConfiguration={"Status": "Enabled"},
            )
        yield _set(
            f"lifecycle: unfinished uploads go after {ABORT_UPLOADS_DAYS} days, old versions after {OLD_VERSIONS_DAYS}",
            s3.put_bucket_lifecycle_configuration,
            Bucket=bucket,
            LifecycleConfiguration={"Rules": lifecycle_rules()},
        )
        yield _private(s3, bucket)
    except (BotoCoreError, ClientError) as error:
        raise BucketTrouble(f"{settings.S3_ENDPOINT_URL}, bucket {bucket}: {error}") from error


def cors_rule(origins: list[str]) -> dict[str, Any]:
    """Return the rule that lets these origins read and download, and nobody else."""
    return {
        "AllowedOrigins": origins,
        "AllowedMethods": ["GET", "HEAD"],
        "AllowedHeaders": ["Range"],
        "ExposeHeaders": ["Content-Length", "Content-Range", "Content-Disposition", "ETag"],
        "MaxAgeSeconds": 3600,
    }


def lifecycle_rules() -> list[dict[str, Any]]:
    """Return the rules for what nobody sees: halves of uploads, and versions that were deleted or replaced.

    Pictures in the trash are ArtGen's own business: they can still be restored there.
    """
    return [
        {
            "ID": "unfinished-uploads",
            "Status": "Enabled",
            "Filter": {"Prefix": ""},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": ABORT_UPLOADS_DAYS},
        },
        {
            "ID": "old-versions",
            "Status": "Enabled",
            "Filter": {"Prefix": ""},
            "NoncurrentVersionExpiration": {"NoncurrentDays": OLD_VERSIONS_DAYS},
        },
    ]


def _exists(s3: Any, bucket: str) -> str:
    try:
        s3.head_bucket(Bucket=bucket)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in ("403", "AccessDenied", "Forbidden"):
            raise BucketTrouble(f"bucket {bucket} is there, but S3_ACCESS_KEY_ID may not use it") from error
        if code not in ("404", "NoSuchBucket", "NotFound"):
            raise
        s3.create_bucket(Bucket=bucket, **_location())
        return f"bucket {bucket}: made"
    return f"bucket {bucket}: there"


def _location() -> dict[str, Any]:
    # Amazon wants a region named here, unless it is its first; others know only their own.
    if ".amazonaws.com" in settings.S3_ENDPOINT_URL and settings.S3_REGION != "us-east-1":
        return {"CreateBucketConfiguration": {"LocationConstraint": settings.S3_REGION}}
    return {}


def _set(done: str, call: Any, **arguments: Any) -> str:
    try:
        call(**arguments)
    except ClientError as error:
        if error.response["Error"]["Code"] not in UNSUPPORTED:
            raise
        return f"{done} - not possible with this store"
    return done


def _private(s3: Any, bucket: str) -> str:
    """Try as a stranger would: neither a picture nor the list of all may be had."""
    s3.put_object(Bucket=bucket, Key=PROBE_KEY, Body=b"private", ContentType="text/plain")
    try:
        signed = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": PROBE_KEY})
        unsigned = signed.partition("?")[0]
        for address in (unsigned, unsigned.removesuffix(PROBE_KEY)):
            if requests.get(address, timeout=(5, 30)).ok:
                raise BucketTrouble(f"everybody can read {address}: make the bucket private (ACL and policy)")
    finally:
        s3.delete_object(Bucket=bucket, Key=PROBE_KEY)
    return "strangers: refused, as it must be"
