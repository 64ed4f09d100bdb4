"""What an order is judged by, models and rules as this process has read them, and what rules say.

An order takes those that were read last. The statement that inserts its jobs checks that they have
not changed since; a refusal counts only if it was made by those of now.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from generation.jobs.placing.job_order import JobOrder, Placer, Stopped
from generation.models import Job, model_cache
from generation.models.model_cache import Catalog
from generation.moderation import compiled_rules, prompt_reviews
from generation.moderation.compiled_rules import CompiledRules
from generation.moderation.prompt_reviews import MatchesByPrompt


@dataclass(frozen=True)
class Terms:
    """Models and styles on offer, and the rules for prompts, each read when it is needed."""

    are_of_now: bool = False

    @cached_property
    def catalog(self) -> Catalog:
        return model_cache.read() if self.are_of_now else model_cache.for_order()

    @cached_property
    def rules(self) -> CompiledRules:
        return compiled_rules.current() if self.are_of_now else compiled_rules.for_order()

    @property
    def is_fresh(self) -> bool:
        """Whether they were read for this order."""
        return self.catalog.is_fresh and self.rules.is_fresh


def judge(order: JobOrder, jobs: Sequence[Job], *, rules: CompiledRules) -> MatchesByPrompt:
    """Return what rules found in the prompts of an order and let pass; raise Stopped."""
    # An own style may have been changed since its text was approved.
    is_approved = order.placer is Placer.MODERATOR and not any(job.has_own_style for job in jobs)
    if is_approved or order.by_staff:
        return {}
    prompts = [job.written_prompt for job in jobs]
    matches = rules.in_prompts(prompts)
    # Of a list the first run that rules stop is stored, without the others.
    is_list = len(order.run_lengths) > 1
    groups = [{prompt: found} for prompt, found in matches.items()] if is_list else [matches]
    for group in groups:
        if stopping := prompt_reviews.stopping_matches(group, user=order.user):
            raise Stopped(order.run_at(prompts.index(next(iter(stopping)))), stopping)
    return matches
