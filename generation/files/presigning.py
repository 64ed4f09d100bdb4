"""Presigned URLs of files in an S3 bucket (AWS Signature Version 4), computed without network.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html

botocore takes 20 to 60 times as long per URL. Signing times are rounded down, so all processes
compute the same URL for a file, and browsers find it in their cache.
"""

import hashlib
import hmac
import time
import zlib
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import parse_qs, quote, urlsplit

ALGORITHM = "AWS4-HMAC-SHA256"
SAFE = "-._~"  # besides letters and digits; everything else is percent-encoded
KEPT_ADDRESSES = 4096  # per process, about 1 kB each


@dataclass(frozen=True)
class Bucket:
    """The location of a bucket: `host` includes the port, `path` precedes the keys."""

    scheme: str
    host: str
    path: str
    region: str


def bucket_of(address: str, *, key: str) -> Bucket:
    """Return the bucket of this presigned URL of `key`.

    botocore decides whether the bucket's name is in the host or in the path: pass a URL signed by
    it.
    """
    parts = urlsplit(address)
    scope = parse_qs(parts.query)["X-Amz-Credential"][0].split("/")
    path = parts.path.removesuffix(_quoted(key))
    return Bucket(scheme=parts.scheme, host=parts.netloc, path=path, region=scope[-3])


def signed_at(key: str, *, seconds: int, now: float) -> int:
    """Return the signing time (Unix time) of a URL, which is the same for half of `seconds`.

    Files in one folder share the time. Folders differ, so that browsers do not reload all images at
    the same time.
    """
    step = max(1, seconds // 2)
    folder = key.rpartition("/")[0]
    return int(now) - (int(now) + zlib.crc32(folder.encode())) % step


class Presigner:
    """Sign URLs of one bucket with one key pair; `token` belongs to temporary keys."""

    def __init__(
        self, bucket: Bucket, *, access_key: str, secret_key: str, token: str = ""
    ) -> None:
        self.bucket = bucket
        self.keys = (access_key, secret_key, token)
        self.address = lru_cache(maxsize=KEPT_ADDRESSES)(self._address)
        self._period = lru_cache(maxsize=64)(self._signed_from)

    def _address(
        self, key: str, at: int, seconds: int, parameters: tuple[tuple[str, str], ...] = ()
    ) -> str:
        """Return the URL from which anyone can GET the file for `seconds` from `at`.

        `parameters` are lowercase request parameters such as `response-content-disposition`.
        """
        period, path = self._period(at, seconds), f"{self.bucket.path}{_quoted(key)}"
        arguments = [f"{name}={quote(value, safe=SAFE)}" for name, value in parameters]
        # The canonical query is sorted by name; capital letters come first.
        in_order = "".join(f"&{argument}" for argument in sorted(arguments))
        canonical = (
            f"GET\n{path}\n{period.canonical}{in_order}\n"
            f"host:{self.bucket.host}\n\nhost\nUNSIGNED-PAYLOAD"
        )
        text = f"{period.text}{hashlib.sha256(canonical.encode()).hexdigest()}"
        signature = hmac.digest(period.key, text.encode(), "sha256").hex()
        query = "&".join([*arguments, period.query])
        return (
            f"{self.bucket.scheme}://{self.bucket.host}{path}?{query}&X-Amz-Signature={signature}"
        )

    def _signed_from(self, at: int, seconds: int) -> "_Period":
        access_key, secret_key, token = self.keys
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(at))
        scope = f"{stamp[:8]}/{self.bucket.region}/s3/aws4_request"
        credential = quote(f"{access_key}/{scope}", safe=SAFE)
        signer = f"X-Amz-Algorithm={ALGORITHM}&X-Amz-Credential={credential}"
        signer += f"&X-Amz-Date={stamp}&X-Amz-Expires={seconds}"
        session = f"&X-Amz-Security-Token={quote(token, safe=SAFE)}" if token else ""
        key = f"AWS4{secret_key}".encode()
        for part in scope.split("/"):
            key = hmac.digest(key, part.encode(), "sha256")
        return _Period(
            key=key,
            text=f"{ALGORITHM}\n{stamp}\n{scope}\n",
            canonical=f"{signer}{session}&X-Amz-SignedHeaders=host",
            query=f"{signer}&X-Amz-SignedHeaders=host{session}",
        )


class _Period(NamedTuple):
    """What all URLs with one signing time share."""

    key: bytes  # the signing key
    text: str  # the beginning of the string to sign
    canonical: str  # the query as signed
    query: str  # the query as sent


def _quoted(key: str) -> str:
    return quote(key, safe=f"/{SAFE}")
