"""What an order is judged by, models and rules as this process has read them, and what rules say.

An order takes those that were read last. The statement that inserts its jobs checks that they have
not changed since; a refusal counts only if it was made by those of now.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from artgen.database.raw_sql import Condition
from generation.jobs.placing.job_order import JobOrder, Placer
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


class Stopped(Exception):
    """Rules stop an order, or of a list of runs this one."""

    def __init__(self, order: JobOrder, matches: MatchesByPrompt) -> None:
        super().__init__()
        self.order, self.matches = order, matches


@dataclass(frozen=True)
class Judgement:
    """What rules found in the prompts of an order and let pass."""

    matches: MatchesByPrompt
    unchanged: Condition
    """SQL condition, and its values, that the rules are still the same."""
    is_fresh: bool
    """Whether the rules were read for this order."""


def judge(order: JobOrder, jobs: Sequence[Job], *, rules: CompiledRules) -> Judgement:
    """Return what rules let pass; raise Stopped."""
    unchanged, values = rules.unchanged()
    judgement = Judgement({}, (unchanged, *values), is_fresh=rules.is_fresh)
    # An own style may have been changed since its text was approved.
    is_approved = order.placer is Placer.MODERATOR and not any(job.has_own_style for job in jobs)
    if is_approved or order.by_staff:
        return judgement
    matches = rules.in_prompts(job.written_prompt for job in jobs)
    if not matches:
        return judgement
    if order.run_lengths:
        _judge_runs(order, jobs, matches)
    elif stopping := prompt_reviews.stopping_matches(matches, user=order.user):
        raise Stopped(order, stopping)
    return replace(judgement, matches=matches)


def _judge_runs(order: JobOrder, jobs: Sequence[Job], matches: MatchesByPrompt) -> None:
    """Raise Stopped with the first run that rules stop; others of the list are not stored."""
    prompts = [job.written_prompt for job in jobs]
    for prompt, of_prompt in matches.items():
        if stopping := prompt_reviews.stopping_matches({prompt: of_prompt}, user=order.user):
            raise Stopped(order.run_at(prompts.index(prompt)), stopping)
