"""Ids in addresses and forms."""

from uuid import UUID


def uuid_or_none(text: str) -> UUID | None:
    """Return the id, None if the text is not one."""
    try:
        return UUID(text)
    except ValueError:
        return None
