"""The sidebar: all images, favorites, trash and collections, with counts."""

from typing import Any

from accounts.models import User
from generation.gallery import collections
from generation.gallery.collections import Summary
from generation.views.gallery import image_counts
from generation.views.gallery.image_counts import Counts


def beside(
    user: User, *, section: str, counts: Counts | None = None, cards: list[Summary] | None = None
) -> dict[str, Any]:
    """Return the context of `gallery_frame.html`; `section`: "all", "trash", an id, …"""
    return {
        "section": section,
        "counts": counts or image_counts.of_sections(user),
        "collection_cards": collections.summaries(user) if cards is None else cards,
    }
