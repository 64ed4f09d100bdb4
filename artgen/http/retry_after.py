"""The header Retry-After of a reply."""

import datetime
import email.utils
from collections.abc import Mapping

MAX_RETRY_AFTER_SECONDS = 3_600.0


def parse_retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds in a Retry-After header, at most an hour.

    Source: RFC 9110, 10.2.3: seconds or an HTTP date.
    """
    value = (headers.get("Retry-After") or headers.get("retry-after") or "").strip()
    if not value:
        return None
    if value.isascii() and value.isdigit():
        return min(float(value[:9]), MAX_RETRY_AFTER_SECONDS)
    try:
        moment = email.utils.parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=datetime.UTC)
    pause = (moment - datetime.datetime.now(datetime.UTC)).total_seconds()
    return min(max(pause, 0.0), MAX_RETRY_AFTER_SECONDS)
