"""A file to write."""

from dataclasses import dataclass


@dataclass(frozen=True)
class NewFile:
    """A file to be written."""

    key: str
    data: bytes
    content_type: str
