"""What is wrong with a file, and how much of one is looked at."""

PARTS_MAX = 50_000  # of one file; the largest that is fetched, in PNG chunks of 8 kB, has 5,000


class Malformed(ValueError):
    """The file ends inside the image, or has more parts than PARTS_MAX."""
