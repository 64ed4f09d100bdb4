"""Pages of the user's webhooks: their addresses, and what was sent to each."""

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access.request_user import SignedInRequest
from accounts.emails import security_notices
from accounts.emails.security_notices import Change
from accounts.forms.webhooks import ReplayForm, WebhookEventsForm, WebhookForm
from accounts.limits.rate_limits import limited
from accounts.models import WebhookAddress, WebhookMessage, WebhookOff, WebhookTopic
from accounts.webhooks import addresses, log, outbox
from accounts.webhooks.receiver import AttemptError
from artgen.database.ids import parse_uuid
from artgen.refusals import Refusal
from artgen.web import formatting
from generation.views.partials import part, wants_part

PAGE_SIZE = 50


def _is_post(request: HttpRequest) -> bool:
    return request.method == "POST"


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@reauthentication_required(app="allauth.account", enabled=_is_post)
@limited("webhook")
def webhooks(request: SignedInRequest) -> HttpResponse:
    """List the user's webhooks; a POST adds one, after the password or a code, and shows its
    secret once."""
    form, made = WebhookForm(request.POST or None), None
    if request.method == "POST" and form.is_valid():
        fields = form.cleaned_data
        try:
            address, secret = addresses.add(user=request.user, **fields)
        except Refusal as refusal:
            form.add_error("url", refusal.message)
        else:
            made, form = {"address": address, "secret": secret}, WebhookForm()
            security_notices.send(
                Change.WEBHOOK_ADDED, user=request.user, request=request, host=address.host
            )
    context = {
        "form": form,
        "made": made,
        "webhooks": [_shown(address) for address in addresses.of(request.user)],
    }
    return render(request, "generation/webhooks.html", context)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@limited("webhook")
def webhook(request: SignedInRequest, webhook_id: UUID) -> HttpResponse:
    """Show what a webhook is sent and what was sent; a POST changes its events.

    Scripts get the list of what was sent.
    """
    address = _own(request, webhook_id)
    form = WebhookEventsForm.of(address)
    if request.method == "POST":
        form = WebhookEventsForm(request.POST)
        if form.is_valid():
            addresses.change(address, **form.cleaned_data)
            messages.success(request, _("Saved."))
            return redirect("webhook", address.id)
    if wants_part(request):
        return part(request, "generation/_webhook_log.html", _log(request, address))
    return _page(request, address, form=form)


@login_required
@require_POST
@limited("webhook_test")
def test(request: SignedInRequest, webhook_id: UUID) -> HttpResponse:
    outbox.write_test(_own(request, webhook_id))
    return redirect("webhook", webhook_id)


@never_cache
@login_required
@require_POST
@reauthentication_required(app="allauth.account")
@limited("webhook")
def rotate(request: SignedInRequest, webhook_id: UUID) -> HttpResponse:
    """Make a new secret and show it once."""
    address = _own(request, webhook_id)
    secret = addresses.rotate(address)
    address.refresh_from_db()
    return _page(request, address, form=WebhookEventsForm.of(address), secret=secret)


@login_required
@require_POST
@limited("webhook")
def switch(request: SignedInRequest, webhook_id: UUID) -> HttpResponse:
    address = _own(request, webhook_id)
    if request.POST.get("on") == "1":
        addresses.turn_on(address)
        messages.success(request, _("The webhook is on."))
    else:
        addresses.turn_off(address, reason=WebhookOff.OWNER)
        messages.success(request, _("The webhook is off."))
    return redirect("webhook", address.id)


@login_required
@require_POST
def delete(request: SignedInRequest, webhook_id: UUID) -> HttpResponse:
    address = _own(request, webhook_id)
    addresses.remove(address)
    messages.success(request, _("The webhook to %(host)s is deleted.") % {"host": address.host})
    return redirect("webhooks")


@login_required
@require_POST
@limited("webhook_replay")
def replay_failed(request: SignedInRequest, webhook_id: UUID) -> HttpResponse:
    address = _own(request, webhook_id)
    form = ReplayForm(request.POST)
    if not form.is_valid():
        return _page(request, address, form=WebhookEventsForm.of(address), replay_form=form)
    since: datetime = form.cleaned_data["since"]
    count = log.replay_failed(address, since=since)
    text = ngettext(
        "%(count)s event will be sent again.", "%(count)s events will be sent again.", count
    )
    messages.success(request, text % {"count": formatting.number(count)})
    return redirect("webhook", address.id)


@never_cache
@login_required
@require_safe
def message(request: SignedInRequest, message_id: UUID) -> HttpResponse:
    """Show what was sent and each reply."""
    row = _own_message(request, message_id)
    context = {
        "message": row,
        "address": row.address,
        "state": log.state_of(row),
        "body": json.dumps(json.loads(row.body), ensure_ascii=False, indent=2),
        "attempts": [_attempt(attempt) for attempt in reversed(row.attempt_log)],
    }
    return render(request, "generation/webhook_message.html", context)


@login_required
@require_POST
@limited("webhook_replay")
def replay(request: SignedInRequest, message_id: UUID) -> HttpResponse:
    row = _own_message(request, message_id)
    log.replay(row)
    messages.success(request, _("The event will be sent again."))
    return redirect("webhook_message", row.id)


def _own(request: SignedInRequest, webhook_id: UUID) -> WebhookAddress:
    own = WebhookAddress.objects.receivers().filter(user=request.user).select_related("user")
    return get_object_or_404(own, id=webhook_id)


def _own_message(request: SignedInRequest, message_id: UUID) -> WebhookMessage:
    own = WebhookMessage.objects.filter(address__user=request.user, address__session=None)
    return get_object_or_404(own.select_related("address"), id=message_id)


def _page(
    request: SignedInRequest,
    address: WebhookAddress,
    *,
    form: WebhookEventsForm,
    replay_form: ReplayForm | None = None,
    secret: str = "",
) -> HttpResponse:
    context = {
        **_shown(address),
        **_log(request, address),
        "form": form,
        "replay_form": replay_form or ReplayForm.of(address),
        "secret": secret,
    }
    return render(request, "generation/webhook.html", context)


def _shown(address: WebhookAddress) -> dict[str, Any]:
    topics = address.topics.split()
    return {
        "webhook": address,
        "topics": [topic.label for topic in WebhookTopic if topic.value in topics],
    }


def _log(request: SignedInRequest, address: WebhookAddress) -> dict[str, Any]:
    before = parse_uuid(request.GET.get("before", ""))
    page = list(log.newest(address, before=before)[: PAGE_SIZE + 1])
    rows = [
        {
            "message": row,
            "state": log.state_of(row),
            "last": _attempt(row.attempt_log[-1]) if row.attempt_log else None,
        }
        for row in page[:PAGE_SIZE]
    ]
    states = {row["state"] for row in rows}
    return {
        "webhook": address,
        "rows": rows,
        "is_first": before is None,
        "older": page[PAGE_SIZE - 1].id if len(page) > PAGE_SIZE else None,
        "is_sending": log.MessageState.WAITING in states and address.is_on,
    }


def _attempt(attempt: dict[str, Any]) -> dict[str, Any]:
    error = attempt["error"]
    return {
        **attempt,
        "at": datetime.fromisoformat(attempt["at"]),
        "error": AttemptError(error).label if error in AttemptError.values else error,
        "seconds": formatting.decimal(attempt["ms"] / 1000),
    }
