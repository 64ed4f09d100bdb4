"""The email that tells a person what a moderator decided, in the person's language."""

from collections.abc import Callable

from django.utils.text import Truncator

from accounts.emails import outbox, rendering
from accounts.models import User

PROMPT_CUT = 300


def send(
    *,
    user: User,
    title: Callable[[], str],
    sentence: Callable[[], str],
    prompt: str,
    reason: str,
    path: str,
) -> None:
    """Write the email to the outbox, in the transaction of the decision.

    `title` and `sentence` return their texts in the language that is active then.
    """
    with rendering.localized_for(user):
        outbox.enqueue(
            rendering.compose(
                "generation/emails/review_decision",
                to=user.email,
                title=title(),
                sentence=sentence(),
                prompt=Truncator(" ".join(prompt.split())).chars(PROMPT_CUT),
                reason=reason,
                link=rendering.absolute_url(path),
            )
        )
