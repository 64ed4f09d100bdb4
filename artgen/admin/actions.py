"""Actions of the admin: refusals with one message for each reason, and the way back."""

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.db import transaction
from django.db.models import Model
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import ngettext

from artgen.refusals import Refusal


def on_each[Row: Model](
    admin: "ModelAdmin[Any]",
    request: HttpRequest,
    rows: Iterable[Row],
    act: Callable[[Row], object],
    *,
    logged: str = "",
    done_text: Callable[[int], str] | None = None,
) -> int:
    """Do one thing to each row, report the refusals by reason, and return how often it was done.

    Each in a transaction of its own, with the entry `logged`, or what `act` writes, in the audit
    log.
    `done_text` returns the message for a number of rows, with `%(count)d` in it.
    """
    done = 0
    refused: dict[str, list[Row]] = {}
    for row in rows:
        try:
            with transaction.atomic():
                act(row)
                if logged:
                    admin.log_change(request, row, logged)
        except Refusal as refusal:
            refused.setdefault(refusal.message, []).append(row)
        else:
            done += 1
    if done and done_text:
        admin.message_user(request, done_text(done) % {"count": done}, messages.SUCCESS)
    for reason, left in refused.items():
        text = ngettext("%(count)d skipped: %(reason)s", "%(count)d skipped: %(reason)s", len(left))
        admin.message_user(request, text % {"count": len(left), "reason": reason}, messages.WARNING)
    return done


def back_to_start(request: HttpRequest) -> HttpResponseRedirect | None:
    """Redirect to the start page if the action's button is there; None: to the list."""
    if "from_start" not in request.POST:
        return None
    return HttpResponseRedirect(reverse("admin:index"))
