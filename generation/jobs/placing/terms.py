"""The models, styles and rules by which an order is judged, as this process has read them.

An order takes those that were read last. The statement that inserts its jobs checks that they have
not changed since; a refusal counts only if it was made by those of now.
"""

from dataclasses import dataclass

from generation.jobs.queue import model_cache
from generation.jobs.queue.model_cache import Catalog
from generation.moderation import rules as moderation_rules
from generation.moderation.rules import Rules


@dataclass(frozen=True)
class Terms:
    """Models and styles on offer, and the rules for prompts."""

    catalog: Catalog
    rules: Rules

    @classmethod
    def last_read(cls) -> "Terms":
        return cls(model_cache.for_order(), moderation_rules.for_order())

    @classmethod
    def of_now(cls) -> "Terms":
        return cls(model_cache.read(), moderation_rules.current())

    @property
    def is_fresh(self) -> bool:
        """Whether they were read for this order."""
        return self.catalog.is_fresh and self.rules.is_fresh
