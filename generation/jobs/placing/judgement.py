"""What rules for prompts say about an order."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from artgen.database.raw_sql import Condition
from generation.jobs.placing.job_order import JobOrder, Placer
from generation.models import Job
from generation.moderation import prompt_reviews
from generation.moderation.compiled_rules import CompiledRules
from generation.moderation.prompt_reviews import MatchesByPrompt


class Stopped(Exception):
    """Rules refuse or hold what they found."""

    def __init__(self, matches: MatchesByPrompt) -> None:
        super().__init__()
        self.matches = matches


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
    if matches and (stopping := prompt_reviews.stopping_matches(matches, user=order.user)):
        raise Stopped(stopping)
    return replace(judgement, matches=matches)
