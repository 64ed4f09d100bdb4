"""How to get credits: what staff say, requests, vouchers."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.html import linebreaks, urlize
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access.request_user import SignedInRequest
from accounts.credits import credit_requests, vouchers
from accounts.credits.credit_requests import AlreadyAsked, NotTaken
from accounts.forms.credit_requests import AskForm
from accounts.forms.vouchers import RedeemForm
from accounts.limits.rate_limits import limited
from accounts.models import CreditRequestState
from artgen.refusals import Refusal
from artgen.web import formatting


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def get_credits(request: SignedInRequest) -> HttpResponse:
    """Say how to get credits; a POST sends a request for credits to staff."""
    form = AskForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            credit_requests.ask(user=request.user, note=form.cleaned_data["note"])
        except (AlreadyAsked, NotTaken) as refusal:
            form.add_error(None, refusal.message)
        else:
            messages.success(request, _("Your request was sent. You get the answer by email."))
            return redirect("get_credits")
    return _page(request, ask_form=form)


@login_required
@require_POST
def withdraw_credit_request(request: SignedInRequest) -> HttpResponse:
    credit_requests.withdraw(user=request.user)
    messages.success(request, _("Your request was withdrawn."))
    return redirect("get_credits")


@never_cache
@login_required
@require_POST
@limited("voucher")
def redeem_voucher(request: SignedInRequest) -> HttpResponse:
    form = RedeemForm(request.POST)
    if form.is_valid():
        try:
            entry = vouchers.redeem(user=request.user, code=form.cleaned_data["code"])
        except Refusal as refusal:
            form.add_error("code", refusal.message)
        else:
            text = _("%(credits)s added.") % {"credits": formatting.credits(entry.amount)}
            messages.success(request, text)
            return redirect("account")
    return _page(request, redeem_form=form)


def _page(
    request: SignedInRequest,
    *,
    ask_form: AskForm | None = None,
    redeem_form: RedeemForm | None = None,
) -> HttpResponse:
    page = credit_requests.page()
    text = page.text.strip() or _default_text(page.takes_requests)
    requests = credit_requests.latest_of(request.user)
    is_open = any(row.state == CreditRequestState.OPEN for row in requests)
    context = {
        # Nothing but paragraphs and links: the rest is escaped.
        "words": SafeString(linebreaks(urlize(text, nofollow=True, autoescape=True))),
        "may_ask": page.takes_requests and not is_open,
        "requests": requests,
        "ask_form": ask_form or AskForm(),
        "redeem_form": redeem_form or RedeemForm(),
    }
    return render(request, "accounts/get_credits.html", context)


def _default_text(takes_requests: bool) -> str:
    text = _("Credits pay for images: each costs the price on the “Create” button.")
    if takes_requests:
        text += "\n\n" + _(
            "Ask for credits below and say what you need them for. You get the answer by email."
        )
    return text + "\n\n" + _("If you have a voucher, enter its code.")
