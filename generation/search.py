"""Finding pictures by the words of their prompts."""

import re

from django.db import connection
from django.db.models import Q

from generation.models import ImageQuerySet

WORDS_MAX = 12


def matching(images: ImageQuerySet, text: str) -> ImageQuerySet:
    """Return the pictures whose prompt has every word of the text in it, whatever the case; all for an empty text."""
    found = images
    for word in text.split()[:WORDS_MAX]:
        found = found.filter(_contains(word))
    return found


def _contains(word: str) -> Q:
    # SQLite compares without case in ASCII alone, so LIKE would not find "Горы" by "горы"; its REGEXP is Python's.
    if connection.vendor == "sqlite":
        return Q(job__prompt__iregex=re.escape(word))
    return Q(job__prompt__icontains=word)
