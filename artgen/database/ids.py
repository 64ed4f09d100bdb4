"""Ids: in text that people and programs send, and as times.

Ids of rows are UUIDv7, whose first 48 bits are the creation time in Unix milliseconds.
"""

from datetime import datetime
from uuid import UUID


def first_id(at: datetime) -> UUID:
    """Return the smallest id of a time, to find rows by time with the primary key's index."""
    return UUID(int=max(0, int(at.timestamp() * 1000)) << 80)


def parse_uuid(text: str) -> UUID | None:
    """Return the UUID that the text spells, None if it is not one."""
    try:
        return UUID(text)
    except ValueError:
        return None
