"""The email that tells a person what a moderator decided, in the person's language."""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.text import Truncator

from accounts.emails import outbox, rendering
from accounts.models import User

PROMPT_CUT = 300


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What was decided; `title` and `sentence` return texts in the language that is active then."""

    title: Callable[[], str]
    sentence: Callable[[], str]
    prompt: str
    reason: str
    path: str
    """Of the page that the email links to."""


def send(user: User, decision: Decision) -> None:
    with rendering.localized_for(user):
        outbox.enqueue(
            rendering.compose(
                "generation/emails/review_decision",
                to=user.email,
                title=decision.title(),
                sentence=decision.sentence(),
                prompt=Truncator(" ".join(decision.prompt.split())).chars(PROMPT_CUT),
                reason=decision.reason,
                link=rendering.absolute_url(decision.path),
            )
        )
