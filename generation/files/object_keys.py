"""The keys of files in the bucket, which are deterministic: a repeat writes the same file."""

from uuid import UUID

FOLDERS = ("images", "thumbnails", "uploads", "exports")
"""The first part of keys. Addresses of files that strangers see have the whole key, so no part is
the id of a user."""

EXTENSIONS = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}
CONTENT_TYPES = {extension: content_type for content_type, extension in EXTENSIONS.items()}


def image_key(*, job_id: UUID, position: int, content_type: str) -> str:
    return f"images/{shard(job_id)}/{job_id}-{position}.{EXTENSIONS[content_type]}"


def thumbnail_key(*, job_id: UUID, position: int) -> str:
    return f"thumbnails/{shard(job_id)}/{job_id}-{position}.webp"


def large_key(*, job_id: UUID, position: int) -> str:
    """Return the key of the copy for large areas and high-resolution screens."""
    return f"thumbnails/{shard(job_id)}/{job_id}-{position}-large.webp"


def upload_key(*, upload_id: UUID, content_type: str) -> str:
    return f"uploads/{shard(upload_id)}/{upload_id}.{EXTENSIONS[content_type]}"


def export_folder(*, export_id: UUID) -> str:
    return f"exports/{export_id}/"


def shard(file_id: UUID) -> str:
    """Return the last digits, which are random: no folder on disk gets too many files."""
    return file_id.hex[-2:]
