"""Check this machine's clock: signatures, ttl and deadlines depend on it."""

import time
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import requests
from django.conf import settings
from django.db import DatabaseError, connection

from generation.operations.doctor.check import Check

MAX_SKEW_SECONDS = 5  # seconds
PROBE_SECONDS = 5
HALF_A_SECOND = 0.5  # a Date header has whole seconds, rounded down
HINT = "Synchronize this machine's clock by NTP (chrony, systemd-timesyncd)."


def clock() -> Check:
    """Compare with RunPod, the bucket and PostgreSQL; warn above MAX_SKEW_SECONDS.

    Fail above CLOCK_MARGIN_SECONDS: from there on a job could be submitted twice.
    """
    addresses = [
        settings.RUNPOD_BASE_URL,
        *([settings.S3_ENDPOINT_URL] if settings.S3_BUCKET else []),
    ]
    skews = {urlsplit(address).netloc: _skew(address) for address in addresses}
    skews["the database"] = _database_skew()
    known = {host: skew for host, skew in skews.items() if skew is not None}
    if not known:
        return Check("clock", True, f"not compared: {', '.join(skews)} sent no time")
    detail = ", ".join(
        f"{abs(skew):.1f} s {'behind' if skew > 0 else 'ahead of'} {host}"
        for host, skew in known.items()
    )
    most = max(abs(skew) for skew in known.values())
    is_right = most <= settings.CLOCK_MARGIN_SECONDS
    return Check("clock", is_right, detail, HINT if most > MAX_SKEW_SECONDS else "")


def _skew(address: str) -> float | None:
    """Return how many seconds the server is ahead of this machine, None if unknown."""
    before = time.time()
    try:
        reply = requests.get(address, timeout=PROBE_SECONDS, allow_redirects=False, stream=True)
    except (requests.RequestException, ValueError):
        return None
    with reply:
        after = time.time()
        try:
            there = parsedate_to_datetime(reply.headers.get("Date", ""))
        except (TypeError, ValueError):
            return None
    return there.timestamp() + HALF_A_SECOND - (before + after) / 2


def _database_skew() -> float | None:
    before = time.time()
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT extract(epoch FROM clock_timestamp())::float8")
            there: float = cursor.fetchone()[0]
    except DatabaseError:
        return None
    return there - (before + time.time()) / 2
