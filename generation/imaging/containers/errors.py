"""The error for malformed files, and the limit of parts."""

MAX_PARTS = 50_000  # per file; the largest file we fetch has 5,000 PNG chunks of 8 kB


class Malformed(ValueError):
    """The file ends inside the image, or has more than MAX_PARTS parts."""
