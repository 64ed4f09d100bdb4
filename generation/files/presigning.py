"""Presigned addresses of files in an S3 bucket (AWS Signature Version 4), made without any network.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html

botocore takes 20 to 60 times as long for one address. Signing times are rounded down, so all processes compute the same
address for a file, and browsers find it in their cache.
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
SAFE = "-._~"  # besides letters and digits: all else is percent-encoded
KEPT_ADDRESSES = 4096  # in a process, about 1 kB each


@dataclass(frozen=True)
class Bucket:
    """Where a bucket's files are: `scheme`, `host` (with its port), the `path` before their keys, and the region."""

    scheme: str
    host: str
    path: str
    region: str


def bucket_of(address: str, *, key: str) -> Bucket:
    """Return the bucket in which this presigned address of `key` lies.

    Whether a bucket's name is part of the host or of the path is for botocore to know: sign one address with it.
    """
    parts = urlsplit(address)
    scope = parse_qs(parts.query)["X-Amz-Credential"][0].split("/")
    path = parts.path.removesuffix(_quoted(key))
    return Bucket(scheme=parts.scheme, host=parts.netloc, path=path, region=scope[-3])


def signed_at(key: str, *, seconds: int, now: float) -> int:
    """Return when an address that works for `seconds` is signed (Unix time): the same moment for half of that time.

    Files in one folder share the moment; those of different owners do not, so not all pages load all images again at
    once.
    """
    step = max(1, seconds // 2)
    folder = key.rpartition("/")[0]
    return int(now) - (int(now) + zlib.crc32(folder.encode())) % step


class Presigner:
    """Signs addresses of one bucket with one pair of keys; `token` belongs to temporary ones."""

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
        """Return the address from which anybody can GET the file for `seconds` from `at` on.

        `parameters` are those of the request, such as `response-content-disposition`, in small letters.
        """
        period, path = self._period(at, seconds), f"{self.bucket.path}{_quoted(key)}"
        asked = [f"{name}={quote(value, safe=SAFE)}" for name, value in parameters]
        # Sorted by name: capital letters come first.
        in_order = "".join(f"&{one}" for one in sorted(asked))
        canonical = f"GET\n{path}\n{period.canonical}{in_order}\nhost:{self.bucket.host}\n\nhost\nUNSIGNED-PAYLOAD"
        text = f"{period.text}{hashlib.sha256(canonical.encode()).hexdigest()}"
        signature = hmac.digest(period.key, text.encode(), "sha256").hex()
        query = "&".join([*asked, period.query])
        return (
            f"{self.bucket.scheme}://{self.bucket.host}{path}?{query}&X-Amz-Signature={signature}"
        )

    def _signed_from(self, at: int, seconds: int) -> "_Period":
        access_key, secret_key, token = self.keys
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(at))
        scope = f"{stamp[:8]}/{self.bucket.region}/s3/aws4_request"
        signer = f"X-Amz-Algorithm={ALGORITHM}&X-Amz-Credential={quote(f'{access_key}/{scope}', safe=SAFE)}"
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
    """What the addresses that are signed at one moment share."""

    key: bytes  # signs their texts
    text: str  # the beginning of what is signed
    canonical: str  # the query as it is signed
    query: str  # the query as the address has it


def _quoted(key: str) -> str:
    return quote(key, safe=f"/{SAFE}")
