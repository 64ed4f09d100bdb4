"""The sidebar: all images, favorites, trash and collections, with counts."""

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
    """A collection in the sidebar and in the list of collections."""

    summary: Summary

    @property
    def collection(self) -> Collection:
        return self.summary.collection

    @property
    def count(self) -> int:
        """The number of images, or a lower bound."""
        return self.summary.count

    @property
    def is_more(self) -> bool:
        """Whether there are more images than `count`."""
        return self.summary.is_more

    @property
    def covers(self) -> list[str]:
        """Short-lived URLs of the newest thumbnails."""
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
    """Return the context of `gallery_frame.html`; `place`: "all", "favorites", "trash", an id, …"""
    return {
        "place": place,
        "counts": counts or image_counts.of_places(user),
        "collection_cards": collection_cards(user) if cards is None else cards,
    }
