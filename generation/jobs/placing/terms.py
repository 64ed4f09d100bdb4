"""The models, styles and rules by which an order is judged, as this process has read them.

An order takes those that were read last. The statement that inserts its jobs checks that they have
not changed since; a refusal counts only if it was made by those of now.
"""

from dataclasses import dataclass
from functools import cached_property

from generation.jobs.queue import model_cache
from generation.jobs.queue.model_cache import Catalog
from generation.moderation import compiled_rules as moderation_rules
from generation.moderation.compiled_rules import CompiledRules


@dataclass(frozen=True)
class Terms:
    """Models and styles on offer, and the rules for prompts, each read when it is needed."""

    are_of_now: bool = False

    @cached_property
    def catalog(self) -> Catalog:
        return model_cache.read() if self.are_of_now else model_cache.for_order()

    @cached_property
    def rules(self) -> CompiledRules:
        if self.are_of_now:
            return moderation_rules.current()
        return moderation_rules.for_order()

    @property
    def is_fresh(self) -> bool:
        """Whether they were read for this order."""
        return self.catalog.is_fresh and self.rules.is_fresh
