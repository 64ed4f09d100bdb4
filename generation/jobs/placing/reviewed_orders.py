"""A moderator approves a request: its prompt is allowed, and its images are placed."""

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy

from accounts.emails import rendering
from accounts.models import ApiToken, User
from artgen.refusals import Refusal
from generation.jobs.placing import orders
from generation.jobs.placing.job_order import JobOrder, Placer
from generation.models import PromptReview
from generation.moderation import prompt_reviews


class TokenRevoked(Refusal):
    """The API token that sent the request, and whose limit it counts against, has ended."""

    code = "invalid_token"
    status = 401
    text = gettext_lazy("The API token that sent the request has been revoked.")


def approve(review: PromptReview, *, by: User) -> None:
    """Approve a request, place its jobs at its author's cost, and write to the author.

    Decision, jobs and email are one transaction. If the jobs are refused, for example for want of
    credits, the prompt is allowed nonetheless, and the email says why.

    Raises:
        moderation.refusals.AlreadyDecided: nothing was changed.
    """
    with transaction.atomic():
        prompt_reviews.approve(review, by=by)
        if not review.requests:  # was flagged, never stopped
            return
        placed, obstacle, path = None, "", reverse("reviews")
        try:
            with transaction.atomic():
                order = orders.place(_order_of(review, by=by))
        except Refusal as refusal:
            with rendering.localized_for(review.user):
                obstacle = refusal.message or gettext("Something went wrong. Try again.")
        else:
            placed = order.batch or order.jobs[0].id
            path = f"{reverse('create')}#run-{placed}"
            if review.sheet:
                path = reverse("sheet", args=[placed])
        prompt_reviews.note_placed(review, placed=placed, obstacle=obstacle, path=path)


def _order_of(review: PromptReview, *, by: User) -> JobOrder:
    if review.token_id:
        live = ApiToken.objects.filter(pk=review.token_id, revoked_at=None)
        if not live.exists():
            raise TokenRevoked
    return JobOrder(
        user=review.user,
        requests=review.requests,
        is_batch=review.is_batch,
        # Without the author's key, one of its own: the request is never placed twice.
        key=review.key or f"review {review.id}",
        token_id=review.token_id,
        max_credits=review.max_credits,
        sheet=review.sheet,
        placer=Placer.MODERATOR,
        placed_by=by,
    )
