"""Prepare the bucket: create it, block public access, check that it is private.

Only the privacy check can fail. The key may lack permissions and S3-compatible stores lack some of
these calls, so any other failure becomes a warning that says what to configure manually.
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from queue import Empty, Queue
from threading import Thread
from typing import Any
from uuid import uuid4

from botocore import UNSIGNED
from botocore.client import BaseClient
from botocore.config import Config
from botocore.exceptions import ClientError
from django.conf import settings
from django.utils import timezone

from generation.files.bucket import client
from generation.files.bucket_hints import (
    DENIED,
    FAILURES,
    KEY_HINTS,
    MISSING_BUCKET,
    code_of,
    hint_for,
    missing_setting,
    said,
    status_of,
)

logger = logging.getLogger(__name__)

MAX_SECONDS = 60  # for the whole setup
# Two attempts of a hanging call end after 20 s.
IMPATIENT = Config(
    connect_timeout=5, read_timeout=10, retries={"total_max_attempts": 2, "mode": "standard"}
)
PROBES = "setup-bucket-probe/"
OLD_PROBE = timedelta(hours=1)

ACCESS_BY_HAND = (
    "Configure manually: allow only the owner to access objects, their list and the settings."
)


class BucketIsPublicError(Exception):
    """Images can be read or listed without a key; the message says which, and the fix."""


@dataclass(frozen=True)
class SetupStep:
    """A completed step, or with `is_warning` a failed one: the reason and the manual fix."""

    text: str
    is_warning: bool = False


def set_up(*, seconds: float = MAX_SECONDS) -> Iterator[SetupStep]:
    """Prepare S3_BUCKET and yield each step; return after `seconds` even if the store hangs.

    Raises:
        BucketIsPublicError: an anonymous request was able to read.
    """
    steps: Queue[SetupStep | BucketIsPublicError | None] = Queue()

    # In a thread that can be abandoned: a store that sends one byte at a time passes every timeout
    # of a connection.
    def work() -> None:
        try:
            for step in _steps():
                steps.put(step)
        except BucketIsPublicError as error:
            steps.put(error)
        except Exception as error:  # only a public bucket may prevent the start
            logger.exception("bucket setup failed")
            steps.put(_warning(f"{_where()}: {type(error).__name__}: {said(error)}"))
        steps.put(None)

    Thread(target=work, name="bucket-setup", daemon=True).start()
    deadline = time.monotonic() + seconds
    while True:
        try:
            step = steps.get(timeout=max(0, deadline - time.monotonic()))
        except Empty:
            yield _warning(f"{_where()}: not finished after {seconds:.0f} s, stopped waiting")
            return
        if step is None:
            return
        if isinstance(step, BucketIsPublicError):
            raise step
        yield step


def _steps() -> Iterator[SetupStep]:
    if missing := missing_setting():
        yield _warning(f"{_where()}: {missing} is not set")
        return
    bucket = settings.S3_BUCKET
    try:
        s3 = client(IMPATIENT)
        exists = _exists(s3, bucket)
        yield exists
        if exists.is_warning:
            return
    except FAILURES as error:
        yield _warning(f"{_where()}: {said(error)}. {hint_for(error)}")
        code = code_of(error) if isinstance(error, ClientError) else ""
        if code in KEY_HINTS:
            yield from _private(s3, bucket, may_put=False)
        if code not in DENIED:  # without bucket, store or key every other call fails, too
            return
    yield _without_public_access(s3, bucket)
    yield from _private(s3, bucket, may_put=True)


def _where() -> str:
    return f"bucket {settings.S3_BUCKET} at {settings.S3_ENDPOINT_URL}"


def _warning(text: str) -> SetupStep:
    return SetupStep(text, is_warning=True)


def _exists(s3: BaseClient, bucket: str) -> SetupStep:
    """Check with a list call, not HEAD.

    A restricted key may list, and only a reply with a body tells a wrong key from a wrong secret.
    """
    try:
        s3.list_objects_v2(Bucket=bucket, MaxKeys=1)
    except ClientError as error:
        if code_of(error) not in MISSING_BUCKET:
            raise
    else:
        return SetupStep(f"bucket {bucket}: exists")
    try:
        s3.create_bucket(Bucket=bucket, **_location())
    except ClientError as error:
        code = code_of(error)
        if code in DENIED:
            return _warning(
                f"bucket {bucket}: does not exist, and the key may not create it ({said(error)}). "
                "Configure manually: create it, private, or correct S3_BUCKET."
            )
        if code != "BucketAlreadyOwnedByYou":  # another machine created it at the same time
            raise
    return SetupStep(f"bucket {bucket}: created")


def _location() -> dict[str, Any]:
    # Amazon requires a region here, except for us-east-1; other stores reject it.
    if ".amazonaws.com" in settings.S3_ENDPOINT_URL and settings.S3_REGION != "us-east-1":
        return {"CreateBucketConfiguration": {"LocationConstraint": settings.S3_REGION}}
    return {}


def _without_public_access(s3: BaseClient, bucket: str) -> SetupStep:
    try:
        s3.put_public_access_block(
            Bucket=bucket,
            PublicAccessBlockConfiguration={
                "BlockPublicAcls": True,
                "IgnorePublicAcls": True,
                "BlockPublicPolicy": True,
                "RestrictPublicBuckets": True,
            },
        )
    except FAILURES as error:
        return _warning(f"public access: could not be set ({said(error)}). {ACCESS_BY_HAND}")
    return SetupStep("public access: blocked")


def remove_probes(s3: BaseClient, bucket: str, *, before: datetime) -> None:
    """Remove the files of checks that were interrupted; those of running checks are newer."""
    files = s3.list_objects_v2(Bucket=bucket, Prefix=PROBES).get("Contents", [])
    for file in files:
        if file["LastModified"] < before:
            s3.delete_object(Bucket=bucket, Key=file["Key"])


def _private(s3: BaseClient, bucket: str, *, may_put: bool) -> Iterator[SetupStep]:
    key, data = f"{PROBES}{uuid4()}", uuid4().hex.encode()
    if may_put:
        with suppress(*FAILURES):
            remove_probes(s3, bucket, before=timezone.now() - OLD_PROBE)
        try:
            s3.put_object(Bucket=bucket, Key=key, Body=data, ContentType="text/plain")
        except FAILURES as error:
            yield _warning(
                f"{_where()}: images cannot be stored ({said(error)}). {hint_for(error)}"
            )
            may_put = False
    try:
        public, unknown = readable_without_key(bucket, key, data)
    finally:
        if may_put:
            try:
                s3.delete_object(Bucket=bucket, Key=key)
            except FAILURES as error:
                yield _warning(
                    f"{_where()}: {key} cannot be deleted ({said(error)}). {hint_for(error)}"
                )
    if public:
        raise BucketIsPublicError(
            f"{_where()}: anyone can {' and '.join(public)} without a key. Make the bucket "
            "private: no public access to objects and list, no public ACL or policy. Then run: "
            "manage.py setup_bucket"
        )
    if unknown:
        yield _warning(
            f"{_where()}: cannot check whether it is private ({unknown}). {ACCESS_BY_HAND}"
        )
    elif may_put:
        yield SetupStep("requests without a key: rejected")


def readable_without_key(bucket: str, key: str, data: bytes) -> tuple[list[str], str]:
    """Request the object and the list without a key.

    Returns:
        What is proven to be public, as verb phrases; and why a check failed, "" when none did.
    """
    anonymous = client(IMPATIENT.merge(Config(signature_version=UNSIGNED)))
    public, unknown = [], ""

    def check(access: str, proof: Callable[[], bool]) -> None:
        nonlocal unknown
        try:
            if proof():
                public.append(access)
        except ClientError as error:
            if not 400 <= status_of(error) < 500:
                unknown = said(error)
        except FAILURES as error:
            unknown = said(error)

    check(
        "read images",
        lambda: anonymous.get_object(Bucket=bucket, Key=key)["Body"].read(len(data) + 1) == data,
    )
    # An unrelated page with status 200, such as that of a proxy, has no such element.
    check("list images", lambda: "Name" in anonymous.list_objects_v2(Bucket=bucket, MaxKeys=1))
    return public, unknown
