"""Sign up, by an email that confirms the address or by an invitation.

These pages never reveal who has an account. Sign-up asks only for the address and always responds
that an email is sent. A new address gets a link that confirms it and leads to name and password; a
known one gets a note that there is an account. Without a mail server the email is printed to the
worker's log, and the page says so. Both cases do the same work, and a worker sends the email, so
the response time reveals nothing either. SIGN_UP may restrict sign-up to invitations, whose links
skip the first step, or to some domains.
"""

from uuid import uuid4

from allauth.account.utils import complete_signup
from django.conf import settings
from django.contrib import messages
from django.core import signing
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render, resolve_url
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import invitations, sign_up_rules, social_sign_in
from accounts.access.invitations import InvitationEnded
from accounts.access.sign_up_rules import SignUpRefused
from accounts.emails import outbox, sign_up_links, texts
from accounts.forms.sign_up import FinishSignUpForm, SignUpForm
from accounts.limits.rate_limits import limited
from accounts.models import InvitationState, User
from accounts.views.email_sent import EMAIL_SENT_TO, sent_context
from artgen.web.redirects import next_url


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@limited("email_to_anyone")
def signup(request: HttpRequest) -> HttpResponse:
    """Ask for an address and send an email to it, whether or not there is an account."""
    if request.user.is_authenticated:
        target = next_url(request, default=resolve_url(settings.LOGIN_REDIRECT_URL))
        return HttpResponseRedirect(target)
    try:
        sign_up_rules.check_mode()
    except SignUpRefused as refusal:
        return _refused(request, refusal)
    form = SignUpForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        email = form.cleaned_data["email"]
        user = User.objects.filter(email=email).first()
        # Both are rendered and one is sent, so the response time does not reveal accounts.
        invitation = texts.sign_up(email=email, next_page=next_url(request))
        known = user or User(id=uuid4(), email=email)
        reminder = (
            texts.account_closed(user=known) if known.erase_at else texts.account_exists(user=known)
        )
        outbox.enqueue(reminder if user else invitation)
        request.session[EMAIL_SENT_TO] = email
        return redirect("signup_sent")
    context = {
        "form": form,
        "next": next_url(request),
        "services": social_sign_in.services(request),
        "domains": settings.SIGN_UP_DOMAINS if settings.SIGN_UP == "domain" else (),
    }
    return render(request, "accounts/signup.html", context)


@never_cache
@require_safe
def signup_sent(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/signup_sent.html", sent_context(request))


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@limited("link_from_email")
def signup_finish(request: HttpRequest, token: str) -> HttpResponse:
    """Create the account of the address that the link confirms, and sign in."""
    try:
        email = sign_up_links.confirmed_address(token)
    except signing.BadSignature:
        return render(request, "accounts/link_ended.html", {"again": "signup"}, status=410)
    return _finish(request, User(email=email, language=get_language() or ""))


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@limited("link_from_email")
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Create the account of an invited address, and sign in; 410 if the invitation has ended."""
    try:
        invited = invitations.of_token(token)
    except InvitationEnded:
        return _invitation_ended(request)
    is_used = invited.state == InvitationState.ACCEPTED
    if is_used and User.objects.filter(email=invited.email).exists():
        return _has_account(request)
    if invited.state != InvitationState.PENDING:
        return _invitation_ended(request)
    return _finish(request, User(email=invited.email, language=invited.language))


def _finish(request: HttpRequest, new: User) -> HttpResponse:
    """Ask for name and password of a confirmed address, then create the account and sign in."""
    if User.objects.filter(email=new.email).exists():
        return _has_account(request)
    try:
        sign_up_rules.terms_of(new.email)
    except SignUpRefused as refusal:
        return _refused(request, refusal)
    form = FinishSignUpForm(request.POST or None, instance=new)
    if request.method == "POST" and form.is_valid():
        user = form.save(commit=False)
        user.set_password(form.cleaned_data["password"])
        try:
            with transaction.atomic():
                user.save(force_insert=True)
                sign_up_rules.open_account(user)
        except IntegrityError:
            # The same link was used in two windows at the same time.
            return _has_account(request)
        except SignUpRefused as refusal:
            return _refused(request, refusal)
        except InvitationEnded:
            return _invitation_ended(request)
        response: HttpResponse = complete_signup(request, user, "none", next_url(request))
        return response
    context = {"form": form, "email": new.email, "next": next_url(request)}
    return render(request, "accounts/signup_finish.html", context)


def _refused(request: HttpRequest, refusal: SignUpRefused) -> HttpResponse:
    """Say who may sign up, and how to get an account."""
    context = {
        "heading": refusal.message,
        "words": refusal.words,
        "contact": settings.CONTACT,
        "next": next_url(request),
    }
    status = 200 if request.method in ("GET", "HEAD") else refusal.status
    return render(request, "accounts/signup_refused.html", context, status=status)


def _invitation_ended(request: HttpRequest) -> HttpResponse:
    context = {"contact": settings.CONTACT}
    return render(request, "accounts/invitation_ended.html", context, status=410)


def _has_account(request: HttpRequest) -> HttpResponse:
    # Only the owner of the address has the link, so this reveals nothing.
    messages.info(request, _("This email already has an account. Sign in."))
    return redirect("login")
