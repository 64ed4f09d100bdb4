"""The column beside the grid: all pictures, favorites, trash, the collections; with how many each holds."""

from dataclasses import dataclass
from typing import Any

from generation.files import storage
from generation.gallery import collections
from generation.gallery.collections import Summary
from generation.models import Collection
from generation.views import image_counts
from generation.views.image_counts import Counts


@dataclass(frozen=True)
class CollectionCard:
    """A collection as pages show it."""

    summary: Summary

    @property
    def collection(self) -> Collection:
        """The collection itself."""
        return self.summary.collection

    @property
    def count(self) -> int:
        """How many pictures it holds, or at least holds."""
        return self.summary.count

    @property
    def is_more(self) -> bool:
        """Whether it holds more than that."""
        return self.summary.is_more

    @property
    def covers(self) -> list[str]:
        """Short-lived addresses of the newest thumbnails."""
        return [storage.url(key) for key in self.summary.covers]


def collection_cards(user: Any, *, covers: int = 1) -> list[CollectionCard]:
    """Return the user's collections by name, in two queries."""
    return [CollectionCard(summary) for summary in collections.summaries(user, covers=covers)]


def beside(
    user: Any,
    *,
    place: str,
    counts: Counts | None = None,
    cards: list[CollectionCard] | None = None,
) -> dict[str, Any]:
    """Return what `gallery_frame.html` shows; `place` is where the page is: "all", "favorites", "trash", an id, …"""
    return {
        "place": place,
        "counts": counts or image_counts.of_places(user),
        "piles": collection_cards(user) if cards is None else cards,
    }
