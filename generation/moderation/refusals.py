"""What people read when a rule stops their request or image: category and words."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from artgen.refusals import Refusal
from generation.models import Category, PromptReview

MAX_WORDS = 8
MAX_WORD_LENGTH = 60
REVIEW_RETRY_SECONDS = 3600


class Moderated(Refusal):
    """A rule stopped a request; `review` is the stored request. Nothing is placed or charged."""

    def __init__(self, review: PromptReview) -> None:
        super().__init__(
            review=str(review.id),
            can_appeal=review.can_be_appealed,
            categories=categories_of(review.matches),
            words=words_of(review.matches),
        )
        self.review = review


class PromptNotAllowed(Moderated):
    """A rule refuses the prompt; its author can appeal."""

    code = "prompt_not_allowed"
    status = 403

    @property
    def message(self) -> str:
        text = _("This prompt isn’t allowed: %(why)s. Nothing was charged. Change it, or appeal.")
        return text % {"why": why(self.review.matches)}


class PromptRejected(PromptNotAllowed):
    """A moderator has rejected a request of this user with the same prompt."""

    @property
    def message(self) -> str:
        text = _("A moderator rejected this prompt. Reason: %(reason)s. Nothing was charged.")
        return text % {"reason": self.review.reason.rstrip(".")}


class HeldForReview(Moderated):
    """A rule holds the request, or one with this prompt waits already; a moderator decides.

    `is_another`: it differs from the one that waits, which alone is stored.
    """

    code = "held_for_review"
    status = 403

    def __init__(self, review: PromptReview, *, is_another: bool = False) -> None:
        super().__init__(review)
        self.is_another = is_another

    @property
    def message(self) -> str:
        text = _(
            "A moderator will review this prompt first: %(why)s. Nothing is charged until then. "
            "We’ll email you the decision."
        )
        if self.is_another:
            text = _(
                "This prompt is already under review: %(why)s. After approval only the first "
                "request is created. Send this one again then."
            )
        return text % {"why": why(self.review.matches)}


class TooManyReviews(Refusal):
    code = "too_many_waiting"
    status = 429
    text = gettext_lazy("The limit of %(limit)d requests under review is reached.")

    def __init__(self, limit: int) -> None:
        super().__init__(retry_after=REVIEW_RETRY_SECONDS, limit=limit)
        self.limit = limit

    @property
    def message(self) -> str:
        return str(self.text) % {"limit": self.limit}


class AlreadyDecided(Refusal):
    """It has been decided or withdrawn meanwhile."""

    code = "already_decided"
    status = 409
    text = gettext_lazy("Already reviewed or withdrawn. Nothing was changed.")


def why(matches: Iterable[Any]) -> str:
    """Return categories and words in the active language: `violence (“gun”)`."""
    parts = []
    for category in categories_of(matches):
        words = words_of(match for match in matches if match["category"] == category)
        label = str(Category(category).label) if category in Category.values else category
        quoted = ", ".join(_("“%(word)s”") % {"word": word} for word in words)
        parts.append(f"{label} ({quoted})" if quoted else label)
    return "; ".join(parts)


def categories_of(matches: Iterable[Any]) -> list[str]:
    return list(dict.fromkeys(match["category"] for match in matches))


def words_of(matches: Iterable[Any]) -> list[str]:
    """Return the words of stored matches, each once, some of them."""
    words: Sequence[str] = [word for match in matches for word in match["words"]]
    return list(dict.fromkeys(Truncator(word).chars(MAX_WORD_LENGTH) for word in words))[:MAX_WORDS]
