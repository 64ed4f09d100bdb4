"""Refusals.

One base class, codes and statuses that the API publishes, a renderer for each way out.
"""

from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.contrib.messages.storage.fallback import FallbackStorage
from django.core.management.base import CommandError
from django.http import HttpResponse
from django.test import RequestFactory
from django.utils import translation

from accounts.credits import ledger
from accounts.limits import period_limits, quotas, rate_limits
from artgen.api.problems import KINDS, Problem, document
from artgen.management.base import BaseCommand
from artgen.refusals import Refusal, Unavailable
from artgen.web import refusal_pages

# Never raised themselves; a Problem has its code from the instance.
BASES = (Problem, quotas.OrderNotAllowed, period_limits.PeriodLimitReached)
INTERNAL = {
    *("already_erased", "cannot_keep", "last_superuser", "link_ended"),
    *("staff_protected", "too_many_credits"),
    *(
        "backup_damaged",
        "backup_refused",
        "would_overwrite",
        "wrong_backup_key",
        "cannot_ban_yourself",
        "email_being_sent",
        "email_given_up",
        "not_banned",
    ),
    *("already_asked", "credit_request_not_open", "credit_requests_off"),
    *("note_changed", "nothing_to_take", "reference_used"),
    *("model_not_found", "still_running"),  # of the APIs of others
    *("too_many_webhooks", "webhook_is_off", "webhook_message_waits"),
    *("no_such_voucher", "voucher_already_redeemed", "voucher_already_revoked", "voucher_ended"),
    *("already_refunded", "refund_too_high"),
    *("invitation_ended", "invitation_not_pending", "sign_up_closed", "sign_up_refused"),
}
"""Codes of refusals that no API call can meet."""


def every_below(base: type[Refusal]) -> list[type[Refusal]]:
    return [one for sub in base.__subclasses__() for one in (sub, *every_below(sub))]


def test_it_has_the_status_that_the_api_publishes_for_its_code() -> None:
    for refusal in (Refusal, *every_below(Refusal)):
        if refusal not in BASES and refusal.code not in INTERNAL:
            assert refusal.status == KINDS[refusal.code][0], refusal


def test_it_is_a_problem_document_with_its_members() -> None:
    refusal = ledger.TooFewCredits(needed=5, available=2)
    with translation.override("en"):
        problem = document(refusal)
    assert (problem["status"], problem["code"]) == (402, "too_few_credits")
    assert (problem["needed"], problem["available"]) == (5, 2)
    assert problem["detail"] == "3\N{NO-BREAK SPACE}credits more needed"


def test_it_tells_pages_when_to_try_again() -> None:
    response = refusal_pages.page(RequestFactory().get("/"), rate_limits.TooManyTries(7))
    assert (response.status_code, response["Retry-After"]) == (429, "7")


def test_it_leads_back_to_the_page_of_this_site_that_was_left() -> None:
    cases: list[tuple[str, str, dict[str, str], str | None]] = [
        ("post", "/gallery/?tag=sea", {}, "/gallery/?tag=sea"),
        ("post", "/a/", {}, "/a/"),
        ("get", "/a/", {}, None),  # it would lead back for ever
        ("get", "/gallery/", {}, "/gallery/"),
        ("post", "/gallery/", {"HTTP_X_PART": "1"}, None),
        ("post", "http://example.org/gallery/", {}, None),
        ("post", "//example.org/gallery/", {}, None),  # a browser reads this path as a site
    ]
    for method, address, headers, to in cases:
        referer = address if address.startswith("http:") else f"http://testserver{address}"
        request: Any = getattr(RequestFactory(), method)("/a/", HTTP_REFERER=referer, **headers)
        request.session = {}
        vars(request)["_messages"] = FallbackStorage(request)
        response = refusal_pages.page(request, Refusal("No <b>more</b>."))
        assert response.headers.get("Location") == to
        if to:
            assert [str(one) for one in get_messages(request)] == ["No <b>more</b>."]
        else:
            assert (response.status_code, response.content) == (400, b"No <b>more</b>.")
            assert response["Content-Type"].startswith("text/plain")


def test_it_names_what_is_unavailable_on_pages() -> None:
    response = refusal_pages.page(RequestFactory().get("/"), Unavailable())
    assert (response.status_code, response["Retry-After"]) == (503, "30")


def test_it_leaves_other_exceptions_alone() -> None:
    middleware = refusal_pages.RefusalMiddleware(lambda request: HttpResponse())
    assert middleware.process_exception(RequestFactory().get("/"), ValueError("a bug")) is None


def test_it_ends_commands_with_the_message_in_english() -> None:
    class Command(BaseCommand):
        requires_system_checks = []

        def handle(self, *args: object, **options: object) -> None:
            raise ledger.TooFewCredits(needed=5, available=2)

    options = {"force_color": False, "no_color": True, "skip_checks": True}
    with translation.override("ru"), pytest.raises(CommandError, match="credits more needed"):
        Command().execute(**options)
