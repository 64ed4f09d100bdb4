"""Sign in, sign up, sign out.

Nobody can find out here who has an account. Signing up asks for the address alone and always gives the same answer:
a letter is on its way. To a new address it brings the link that proves the address and leads to name and password;
to a known one it says that there is an account and how to get in. Without a mail server the letter is printed where
ArtGen runs, and the page says so; signing a new address in at once would tell everybody which addresses are known.
Both answers do the same work, and letters leave beside the request, so the time tells nothing either.
"""

from uuid import uuid4

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login as start_session
from django.contrib.auth import logout as end_session
from django.core import signing
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import emails, ledger, login_throttle, outbox, sockets
from accounts.forms import EmailForm, FinishSignUpForm, SignInForm
from accounts.models import User
from accounts.rate_limits import by_email, limited

EMAIL_SENT_TO = "letter_to"
"""Session key: the address that the page "check your mail" names."""


def next_page(request: HttpRequest) -> str:
    """Return the address on this site that `next` asks for, else an empty string."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return target if safe else ""


def go_on(request: HttpRequest) -> HttpResponseRedirect:
    """Redirect to where the visitor was going, else to where a session starts."""
    return HttpResponseRedirect(next_page(request) or resolve_url(settings.LOGIN_REDIRECT_URL))


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@limited(("ip", "60/m"))
def login(request: HttpRequest) -> HttpResponse:
    """Sign in with e-mail and password; 429 during a pause after wrong ones."""
    if request.user.is_authenticated:
        return go_on(request)
    form = SignInForm(request, data=request.POST or None)
    wait = 0
    if request.method == "POST":
        if form.is_valid():
            user = form.get_user()
            start_session(request, user)
            response = go_on(request)
            login_throttle.know(request, response, user.get_username())
            return response
        wait = form.seconds_to_wait
        if form.non_field_errors():
            form.refuse()
    context = {"form": form, "next": next_page(request)}
    page = render(request, "accounts/login.html", context, status=429 if wait else 200)
    if wait:
        page["Retry-After"] = str(wait)
    return page


@never_cache
@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    """End the session, and close the sockets that it opened."""
    user_id = request.user.pk
    end_session(request)
    if user_id:
        sockets.hang_up(user_id)
    return redirect(settings.LOGOUT_REDIRECT_URL)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@limited(("ip", "30/h"), (by_email, "5/h"))
def signup(request: HttpRequest) -> HttpResponse:
    """Ask for an address and send it a letter; the answer is the same whether there is an account or not."""
    if request.user.is_authenticated:
        return go_on(request)
    form = EmailForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        email = form.cleaned_data["email"]
        user = User.objects.filter(email=email).first()
        # Both are written, one is sent.
        invitation = emails.sign_up(email=email, next_page=next_page(request))
        known = user or User(id=uuid4(), email=email)
        reminder = (
            emails.account_closed(user=known)
            if known.erase_at
            else emails.account_exists(user=known)
        )
        outbox.enqueue(reminder if user else invitation)
        request.session[EMAIL_SENT_TO] = email
        return redirect("signup_sent")
    return render(request, "accounts/signup.html", {"form": form, "next": next_page(request)})


@never_cache
@require_safe
def signup_sent(request: HttpRequest) -> HttpResponse:
    """Say that the letter is on its way."""
    return render(request, "accounts/signup_sent.html", sent(request))


def sent(request: HttpRequest) -> dict[str, object]:
    """Return what a page that announces a letter shows: to whom, for how long, and whether mail goes to the console."""
    return {
        "email": request.session.get(EMAIL_SENT_TO, ""),
        "days": settings.PASSWORD_RESET_TIMEOUT // (24 * 60 * 60),
        "printed": settings.EMAIL_BACKEND == "django.core.mail.backends.console.EmailBackend",
    }


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@limited(("ip", "60/h"))
def signup_finish(request: HttpRequest, token: str) -> HttpResponse:
    """Create the account of the address that the letter's link proves, with its starting credits, and sign in."""
    try:
        email = emails.confirmed_address(token)
    except signing.BadSignature:
        return render(request, "accounts/link_ended.html", {"again": "signup"}, status=410)
    if User.objects.filter(email=email).exists():
        return _has_account(request)
    form = FinishSignUpForm(
        request.POST or None, instance=User(email=email, language=get_language() or "")
    )
    if request.method == "POST" and form.is_valid():
        user = form.save(commit=False)
        user.set_password(form.cleaned_data["password"])
        try:
            with transaction.atomic():
                user.save(force_insert=True)
                ledger.open_account(user)
        except IntegrityError:
            # The same link in two windows: the other one was faster.
            return _has_account(request)
        start_session(request, user, backend="django.contrib.auth.backends.ModelBackend")
        response = go_on(request)
        login_throttle.know(request, response, user.email)
        return response
    context = {"form": form, "email": email, "next": next_page(request)}
    return render(request, "accounts/signup_finish.html", context)


def _has_account(request: HttpRequest) -> HttpResponse:
    # Only who reads the mail of this address gets here.
    messages.info(request, _("This address has its account already. You can sign in."))
    return redirect("login")
