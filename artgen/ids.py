"""Ids in text that people and programs send."""

from uuid import UUID


def parse_uuid(text: str) -> UUID | None:
    """Return the UUID that the text spells, None if it is not one."""
    try:
        return UUID(text)
    except ValueError:
        return None
