"""The sidebar: all images, favorites, trash and collections, with counts."""

from typing import Any

from generation.gallery import collections
from generation.gallery.collections import Summary
from generation.views.gallery import image_counts
from generation.views.gallery.image_counts import Counts


def beside(
    user: Any,
    *,
    place: str,
    counts: Counts | None = None,
    cards: list[Summary] | None = None,
) -> dict[str, Any]:
    """Return the context of `gallery_frame.html`; `place`: "all", "favorites", "trash", an id, …"""
    return {
        "place": place,
        "counts": counts or image_counts.of_places(user),
        "collection_cards": collections.summaries(user) if cards is None else cards,
    }
