"""The latest prompts of a user, which Create offers again."""

from typing import Any

from accounts.models import User
from artgen.compiled_queries import CompiledQuery
from generation.catalog.offers import BATCH_MAX
from generation.models import Job

PROMPTS = 20


def of_user(user: User) -> list[str]:
    """Return the user's latest distinct prompts, newest first."""
    latest = LATEST.rows(user=user.pk)
    return list(dict.fromkeys(prompt for (prompt,) in latest))[:PROMPTS]


def _latest(user: Any) -> Any:
    own = Job.objects.of(user).of_users().newest_first()
    return own.values_list("prompt")[: PROMPTS * BATCH_MAX]


LATEST = CompiledQuery(_latest)
