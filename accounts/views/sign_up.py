"""Sign up, by an email that confirms the address or by an invitation.

These pages never reveal who has an account. Sign-up asks only for the address and always responds
that an email is sent. A new address gets a link that confirms it and leads to name and password; a
known one gets a note that there is an account. Without a mail server the email is printed to the
worker's log, and the page says so. Both cases do the same work, and a worker sends the email, so
the response time reveals nothing either. SIGN_UP may restrict sign-up to invitations, whose links
skip the first step, or to some domains.
"""

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

from accounts.access import (
    consents,
    invitations,
    pending_services,
    sign_up_emails,
    sign_up_rules,
    social_sign_in,
)
from accounts.access.invitations import InvitationEnded
from accounts.access.pending_services import PendingService
from accounts.access.sign_in_ways import PASSWORD
from accounts.access.sign_up_rules import OtherWay, SignUpRefused
from accounts.emails import sign_up_links
from accounts.forms.consents import ConsentForm
from accounts.forms.sign_up import FinishSignUpForm, SignUpForm
from accounts.limits.rate_limits import limited
from accounts.models import InvitationState, User
from accounts.views.email_sent import sent_context
from artgen.web import legal
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
        sign_up_rules.check_way(PASSWORD)
    except SignUpRefused as refusal:
        return _refused(request, refusal)
    form = SignUpForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        email = form.cleaned_data["email"]
        sign_up_emails.enqueue(request, email, next_page=next_url(request))
        return redirect("signup_sent")
    context = {
        "form": form,
        "next": next_url(request),
        "services": social_sign_in.services(request, opening=True),
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
    service = pending_services.read(request)
    is_of_service = service is not None and service.email == email
    new = User(email=email, language=get_language() or "")
    return _finish(request, new, service=service if is_of_service else None)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@limited("link_from_email")
def signup_service(request: HttpRequest) -> HttpResponse:
    """Create the account of an address that another service has confirmed, and sign in."""
    service = pending_services.read(request)
    if service is None or not service.is_confirmed:
        return redirect("login")
    new = User(email=service.email, language=get_language() or "")
    return _finish(request, new, service=service)


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


def _finish(
    request: HttpRequest, new: User, *, service: PendingService | None = None
) -> HttpResponse:
    """Ask for name, password and consent of a confirmed address, create the account and sign in.

    A service needs no password.
    """
    if User.objects.filter(email=new.email).exists():
        return _has_account(request)
    try:
        sign_up_rules.check_way(service.provider if service else PASSWORD)
        sign_up_rules.terms_of(new.email)
    except SignUpRefused as refusal:
        return _refused(request, refusal)
    if service:
        new.name = service.name
    posted = request.POST if request.method == "POST" else None
    form = FinishSignUpForm(posted, instance=new)
    if service:
        del form.fields["password"]
    documents = legal.documents()
    boxes = ConsentForm(posted, documents=documents)
    if all([form.is_valid(), boxes.is_valid()]):
        user = form.save(commit=False)
        user.set_password(form.cleaned_data.get("password"))
        try:
            with transaction.atomic():
                user.save(force_insert=True)
                sign_up_rules.open_account(user)
                consents.accept(user, documents)
                if service:
                    service.connect(user)
        except IntegrityError:
            # The same link was used in two windows at the same time.
            return _has_account(request)
        except SignUpRefused as refusal:
            return _refused(request, refusal)
        except InvitationEnded:
            return _invitation_ended(request)
        pending_services.forget(request)
        response: HttpResponse = complete_signup(request, user, "none", next_url(request))
        return response
    context = {
        "form": form,
        "consents": boxes,
        "email": new.email,
        "service": service,
        "next": next_url(request),
    }
    return render(request, "accounts/signup_finish.html", context)


def _refused(request: HttpRequest, refusal: SignUpRefused) -> HttpResponse:
    """Say who may sign up, and how to get an account."""
    context = {
        "heading": refusal.message,
        "words": refusal.words,
        "contact": settings.CONTACT,
        "services": social_sign_in.services(request, opening=True)
        if isinstance(refusal, OtherWay)
        else (),
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
