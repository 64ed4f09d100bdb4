"""The page that deletes the user's account."""

from datetime import timedelta

from django.conf import settings
from django.contrib.auth import logout as end_session
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.access.request_user import SignedInRequest
from accounts.forms.passwords import PasswordForm
from accounts.limits.rate_limits import limited
from accounts.models import User
from accounts.views.deletion import ERASE_AT
from accounts.views.email_sent import EMAIL_SENT_TO
from artgen.refusals import Refusal
from generation.models import Collection, Image, Job, Upload
from generation.user_data import erasure


@sensitive_post_parameters("password")
@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@limited("account_deletion")
def delete_account(request: SignedInRequest) -> HttpResponse:
    """Show what is deleted and kept (GET); close the account (POST with the password)."""
    form = PasswordForm(request.user, request.POST or None)
    user = request.user
    if request.method == "POST" and form.is_valid():
        try:
            erasure.close(user=user, actor=user)
        except Refusal as refusal:
            form.add_error(None, refusal.message)
        else:
            end_session(request)
            request.session[EMAIL_SENT_TO] = user.email
            request.session[ERASE_AT] = user.erase_at.isoformat() if user.erase_at else ""
            return redirect("account_closed")
    context = {
        "form": form,
        "has": _owned_data(user),
        "days": settings.ERASE_DAYS,
        "erase_on": timezone.now() + timedelta(days=settings.ERASE_DAYS),
    }
    return render(request, "generation/delete_account.html", context)


def _owned_data(user: User) -> dict[str, int]:
    return {
        "images": Image.objects.of(user).present().count(),
        "uploads": Upload.objects.filter(user=user).count(),
        "collections": Collection.objects.of(user).present().count(),
        "jobs": Job.objects.of(user).count(),
        "active": Job.objects.of(user).active().count(),
        "tokens": user.tokens.filter(revoked_at=None).count(),
    }
