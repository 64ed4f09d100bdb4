"""The user's requests that a rule stopped: why, what a moderator decided; appeal, withdraw."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.access.request_user import SignedInRequest
from accounts.limits.rate_limits import limited
from generation.models import PromptReview
from generation.moderation import prompt_reviews
from generation.moderation.refusals import why

PAGE_SIZE = 50


@never_cache
@login_required
@require_safe
def reviews(request: SignedInRequest) -> HttpResponse:
    """List the user's requests under review and decided ones, newest first."""
    rows = PromptReview.objects.of(request.user).order_by("-id")
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    shown = [
        {"review": review, "why": why(review.matches), "count": len(review.requests)}
        for review in page
    ]
    return render(request, "generation/reviews.html", {"page": page, "reviews": shown})


@login_required
@require_POST
@limited("appeal")
def appeal(request: SignedInRequest, review_id: UUID) -> HttpResponse:
    review = _own(request, review_id)
    prompt_reviews.appeal(review)
    messages.success(request, _("A moderator will review it. We’ll email you the decision."))
    return redirect("reviews")


@login_required
@require_POST
def cancel(request: SignedInRequest, review_id: UUID) -> HttpResponse:
    review = _own(request, review_id)
    prompt_reviews.cancel(review)
    messages.success(request, _("Request withdrawn."))
    return redirect("reviews")


def _own(request: SignedInRequest, review_id: UUID) -> PromptReview:
    own = PromptReview.objects.of(request.user).select_related("user")
    return get_object_or_404(own, id=review_id)
