"""Requests for credits: asked once at a time, decided once, with emails both ways."""

import re
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission
from django.core import mail
from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.test import TransactionTestCase, override_settings
from django.utils import timezone

from accounts.credits import credit_requests, ledger, ledger_check
from accounts.emails import outbox
from accounts.limits import rate_limits
from accounts.limits.rate_limits import TooManyTries
from accounts.models import CreditEntry, CreditPage, CreditRequest, CreditRequestState, User
from generation.testing.cases import BaseTestCase, make_user
from generation.testing.clock import held_clock
from generation.testing.threads import at_once, at_once_behind

State = CreditRequestState
URL = "/account/get-credits/"
LIST = "/admin/accounts/creditrequest/"


def decide_url(request: CreditRequest) -> str:
    return f"{LIST}{request.pk}/decide/"


@override_settings(PUBLIC_URL="https://art.example")
class CreditRequestTestCase(BaseTestCase):
    def ask(self, user: User | None = None, note: str = "for a poster") -> CreditRequest:
        return credit_requests.ask(user=user or self.alice, note=note)

    def sent(self) -> list[mail.EmailMessage]:
        """Send what is due; return and forget it."""
        outbox.send_due()
        found = list(mail.outbox)
        mail.outbox.clear()
        return found

    def decider(self, email: str = "decider@example.org") -> User:
        user = make_user(email, credits=0, is_staff=True)
        user.user_permissions.add(Permission.objects.get(codename="change_creditrequest"))
        return user


class TestPage(CreditRequestTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.client.force_login(self.alice)

    def test_it_sends_a_request_and_shows_its_state(self) -> None:
        page = self.client.post(URL, {"note": "for a poster"}, follow=True)
        self.assertContains(page, "Your request was sent")
        self.assertContains(page, "for a poster")
        self.assertNotContains(page, "What do you need credits for?")
        request = CreditRequest.objects.get()
        assert (request.user, request.state) == (self.alice, State.OPEN)

    def test_it_refuses_notes_that_are_empty_or_too_long(self) -> None:
        for note in ("", "  ", "x" * 1001):
            assert self.client.post(URL, {"note": note}).status_code == 200
        assert not CreditRequest.objects.exists()

    def test_it_has_one_open_request_at_a_time(self) -> None:
        self.client.post(URL, {"note": "for a poster"})
        page = self.client.post(URL, {"note": "and another"})
        self.assertContains(page, "Your earlier request is still open.")
        assert CreditRequest.objects.count() == 1
        self.client.post(f"{URL}withdraw/")
        self.client.post(URL, {"note": "and another"})
        assert set(CreditRequest.objects.values_list("state", flat=True)) == {"open", "withdrawn"}

    def test_the_database_refuses_a_second_open_request(self) -> None:
        self.ask()
        with pytest.raises(IntegrityError), transaction.atomic():
            CreditRequest.objects.create(user=self.alice, note="again")

    def test_it_limits_requests_that_are_withdrawn_again(self) -> None:
        for _ in range(5):
            self.ask()
            credit_requests.withdraw(user=self.alice)
        with pytest.raises(TooManyTries):
            self.ask()
        assert self.client.post(URL, {"note": "once more"}).status_code == 429
        self.ask(self.bob)

    def test_it_takes_no_requests_where_they_are_off(self) -> None:
        CreditPage.objects.create(takes_requests=False)
        page = self.client.get(URL)
        self.assertNotContains(page, "What do you need credits for?")
        self.assertNotContains(page, "Ask for credits below")
        page = self.client.post(URL, {"note": "for a poster"})
        self.assertContains(page, "Requests for credits are turned off.")
        assert not CreditRequest.objects.exists()

    def test_it_withdraws_nothing_twice(self) -> None:
        self.ask()
        self.client.post(f"{URL}withdraw/")
        came_from = {"referer": f"http://testserver{URL}"}
        page = self.client.post(f"{URL}withdraw/", follow=True, headers=came_from)
        self.assertContains(page, "The request was already decided or withdrawn.")


class TestDecision(CreditRequestTestCase):
    def test_it_adds_the_credits_and_writes_to_both_sides(self) -> None:
        staff = self.decider()
        request = self.ask()
        emails = {email.to[0]: email for email in self.sent()}
        assert staff.email in emails
        assert self.bob.email not in emails
        assert "for a poster" in emails[staff.email].body
        link = re.search(r"https://art\.example(/\S+)", str(emails[staff.email].body))
        assert link
        assert link[1] == decide_url(request)
        self.client.force_login(staff)
        self.assertContains(self.client.get(link[1]), "for a poster")
        self.client.post(link[1], {"decision": "grant", "amount": 30, "answer": "Enjoy."})
        (email,) = self.sent()
        assert email.to == [self.alice.email]
        assert email.subject == "30 credits added"
        assert "Enjoy." in email.body
        entry = CreditEntry.objects.of(self.alice)[0]
        assert (entry.amount, entry.reason, entry.actor) == (30, "Enjoy.", staff)
        assert entry.external_reference == f"request:{request.pk}"
        assert LogEntry.objects.get(object_id=str(request.pk)).change_message == (
            "granted 30 credits"
        )
        self.client.force_login(self.alice)
        self.assertContains(self.client.get(URL), "Enjoy.")
        assert ledger_check.check() == []

    def test_it_declines_with_a_reason(self) -> None:
        request = self.ask()
        self.sent()
        self.client.force_login(self.staff)
        page = self.client.post(decide_url(request), {"decision": "decline", "answer": " "})
        self.assertContains(page, "Enter a reason.")
        self.client.post(decide_url(request), {"decision": "decline", "answer": "Not this month."})
        (email,) = self.sent()
        assert "Not this month." in email.body
        self.alice.refresh_from_db()
        assert self.alice.credits == 100
        self.client.force_login(self.alice)
        self.assertContains(self.client.get(URL), "Not this month.")
        self.ask()  # may ask again

    def test_it_grants_no_missing_or_wrong_amount(self) -> None:
        request = self.ask()
        self.client.force_login(self.staff)
        for amount in ("", "0", "-3", "x", "1000001"):
            page = self.client.post(decide_url(request), {"decision": "grant", "amount": amount})
            assert page.status_code == 200
        assert self.client.post(decide_url(request), {"amount": 3}).status_code == 200
        request.refresh_from_db()
        assert request.state == State.OPEN

    def test_it_decides_once(self) -> None:
        request = self.ask()
        twin = CreditRequest.objects.select_related("user").get()
        credit_requests.grant(request, amount=5, actor=self.staff)
        with pytest.raises(credit_requests.NotOpen):
            credit_requests.grant(twin, amount=5, actor=self.staff)
        with pytest.raises(credit_requests.NotOpen):
            credit_requests.decline(twin, reason="no", actor=self.staff)
        with pytest.raises(credit_requests.NotOpen):
            credit_requests.withdraw(user=self.alice)
        self.alice.refresh_from_db()
        assert self.alice.credits == 105

    def test_it_writes_to_members_of_a_group_but_not_to_locked_or_banned_ones(self) -> None:
        group = Group.objects.create(name="support")
        group.permissions.add(Permission.objects.get(codename="change_creditrequest"))
        member, locked = self.decider("member@example.org"), self.decider("locked@example.org")
        member.user_permissions.clear()
        member.groups.add(group)
        User.objects.filter(pk=locked.pk).update(is_active=False)
        banned = self.decider("banned@example.org")
        User.objects.filter(pk=banned.pk).update(banned_at=timezone.now(), ban_reason="spam")
        self.ask()
        addresses = [email.to[0] for email in self.sent()]
        assert member.email in addresses
        assert not {locked.email, banned.email} & set(addresses)

    def test_it_floods_nobody_with_emails(self) -> None:
        self.decider()
        with held_clock():
            self.ask()
            assert self.sent()
            for _number in range(19):
                rate_limits.spend("credit_request_email", "staff")
            self.ask(self.bob)
        assert self.sent() == []
        assert CreditRequest.objects.filter(state=State.OPEN).count() == 2

    def test_it_is_forgotten_later(self) -> None:
        request = self.ask()
        old = timezone.now() - timedelta(days=400)
        CreditRequest.objects.update(created_at=old)
        credit_requests.forget_decided(before=timezone.now() - timedelta(days=90))
        assert CreditRequest.objects.exists()  # still open
        credit_requests.decline(request, reason="no", actor=self.staff)
        CreditRequest.objects.update(decided_at=old)
        credit_requests.forget_decided(before=timezone.now() - timedelta(days=90))
        assert not CreditRequest.objects.exists()


class TestWordsOfStaff(CreditRequestTestCase):
    def test_staff_edit_them(self) -> None:
        self.client.force_login(self.staff)
        page = self.client.get("/admin/accounts/creditpage/", follow=True)
        self.assertContains(page, "An empty line begins a paragraph")
        self.client.post(
            "/admin/accounts/creditpage/1/change/",
            {
                "text_en": "Ask <b>nina@example.org</b>,\nor https://a.example/?y=1&z=2.\n\njavascript:alert(1)",
                "takes_requests": "on",
            },
        )
        self.client.force_login(self.alice)
        self.assertContains(
            self.client.get(URL),
            '<p>Ask &lt;b&gt;<a href="mailto:nina@example.org">nina@example.org</a>&lt;/b&gt;,<br>or '
            '<a href="https://a.example/?y=1&amp;z=2" rel="nofollow">'
            "https://a.example/?y=1&amp;z=2</a>.</p>\n\n<p>javascript:alert(1)</p>",
        )


class TestDecisionRace(TransactionTestCase):
    """Staff who decide the same request at the same moment."""

    def setUp(self) -> None:
        cache.clear()
        self.alice = make_user("alice@example.org", credits=0)
        self.staff = [make_user(f"staff{n}@example.org", is_staff=True) for n in range(8)]
        self.request = credit_requests.ask(user=self.alice, note="for a poster")

    def opened(self) -> CreditRequest:
        """Return the request as the page of one member of staff has read it."""
        return CreditRequest.objects.select_related("user").get(pk=self.request.pk)

    def test_it_is_granted_or_declined_once(self) -> None:
        def grant(actor: User) -> None:
            credit_requests.grant(self.opened(), amount=5, actor=actor)

        def decline(actor: User) -> None:
            credit_requests.decline(self.opened(), reason="no", actor=actor)

        decisions: list[Callable[[], object]] = [partial(grant, one) for one in self.staff[:4]]
        decisions += [partial(decline, one) for one in self.staff[4:]]
        assert at_once(decisions) == {"NoneType": 1, "NotOpen": 7}
        is_granted = self.opened().state == State.GRANTED
        self.alice.refresh_from_db()
        assert self.alice.credits == (5 if is_granted else 0)
        assert LogEntry.objects.filter(object_id=str(self.request.pk)).count() == 1
        assert ledger_check.check() == []

    def test_it_would_be_granted_often_without_the_guard(self) -> None:
        def grant_naively(actor: User) -> None:
            request = self.opened()
            if request.state == State.OPEN:
                ledger.grant(user=self.alice, amount=5, reason="unguarded", actor=actor)
                CreditRequest.objects.filter(pk=request.pk).update(
                    state=State.GRANTED, decided_at=timezone.now()
                )

        at_once_behind(
            lambda: User.objects.select_for_update().get(pk=self.alice.pk),
            [partial(grant_naively, actor) for actor in self.staff],
        )
        assert User.objects.get(pk=self.alice.pk).credits == 5 * len(self.staff)
