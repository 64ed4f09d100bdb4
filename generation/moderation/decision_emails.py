"""The emails about what a moderator decided: each a function here and its templates of one name.

The templates are `generation/templates/generation/emails/NAME.txt` and `NAME_subject.txt`.
"""

from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils.text import Truncator

from accounts.emails.rendering import absolute_url, compose, localized_for
from accounts.models import User
from generation.models import PromptReview, Publication

PROMPT_CUT = 300


def prompt_approved(review: PromptReview, *, path: str) -> EmailMessage:
    """Return the email about a request whose images are created, or why they are not."""
    return _compose(
        "generation/emails/prompt_approved",
        review.user,
        prompt=review.prompt,
        path=path,
        placed=review.placed,
        obstacle=review.obstacle,
    )


def prompt_rejected(review: PromptReview) -> EmailMessage:
    return _compose(
        "generation/emails/prompt_rejected",
        review.user,
        prompt=review.prompt,
        path=reverse("reviews"),
        reason=review.reason,
    )


def image_published(publication: Publication) -> EmailMessage:
    return _compose(
        "generation/emails/image_published",
        publication.image.user,
        prompt=publication.image.prompt,
        path=reverse("share_image", args=[publication.image.id]),
        reason=publication.reason,
    )


def image_refused(publication: Publication, *, was_public: bool) -> EmailMessage:
    """Return the email about an image that was not approved, or was removed from Explore."""
    return _compose(
        "generation/emails/image_refused",
        publication.image.user,
        prompt=publication.image.prompt,
        path=reverse("share_image", args=[publication.image.id]),
        reason=publication.reason,
        was_public=was_public,
    )


def report_reviewed(publication: Publication, *, reporter: User, is_shown: bool) -> EmailMessage:
    """Return the email to a person who reported the image; its prompt only if visitors see it."""
    return _compose(
        "generation/emails/report_reviewed",
        reporter,
        prompt=publication.image.prompt if publication.with_parameters else "",
        path=reverse("shared", args=[publication.slug]) if is_shown else reverse("explore"),
        reason=publication.reason,
        is_shown=is_shown,
    )


def _compose(
    template: str, user: User, *, prompt: str, path: str, **context: object
) -> EmailMessage:
    with localized_for(user):
        context["prompt"] = Truncator(" ".join(prompt.split())).chars(PROMPT_CUT)
        return compose(template, to=user.email, link=absolute_url(path), **context)
