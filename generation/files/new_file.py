"""A file to write."""

from dataclasses import dataclass


@dataclass(frozen=True)
class NewFile:
    key: str
    data: bytes
    content_type: str
