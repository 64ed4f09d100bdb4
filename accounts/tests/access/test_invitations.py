"""Invitations: sent in bulk, used once, sent again, revoked."""

import threading
from datetime import timedelta
from unittest.mock import patch

import pytest
from django.contrib.admin.models import LogEntry
from django.core import mail
from django.db.models import QuerySet
from django.test import Client, TransactionTestCase, override_settings
from django.utils import timezone

from accounts.access import invitations
from accounts.credits import ledger, ledger_check
from accounts.emails import outbox
from accounts.models import Invitation, InvitationState, OutgoingEmail, User
from accounts.user_data import deletion
from generation.testing.cases import make_user
from generation.testing.rows.sign_up import InvitationTestCase
from generation.testing.threads import in_threads

pytestmark = pytest.mark.slow

DAY = timedelta(days=1)
FINISH = {"name": "Nina", "password": "a long enough one", "time_zone": "Asia/Omsk"}


class TestLink(InvitationTestCase):
    def test_it_creates_the_account_with_its_credits_and_signs_in(self) -> None:
        (invitation,) = self.invite()
        link = self.link()
        assert mail.outbox[-1].to == ["nina@example.org"]
        assert "starts with 7\N{NO-BREAK SPACE}credits" in mail.outbox[-1].body
        page = self.client.get(link)
        self.assertContains(page, "nina@example.org")
        self.assertRedirects(
            self.client.post(link, FINISH), "/create/", fetch_redirect_response=False
        )
        nina = User.objects.get(email="nina@example.org")
        assert (nina.credits, nina.name, nina.language) == (7, "Nina", "en")
        assert self.client.session["_auth_user_id"] == str(nina.pk)
        invitation.refresh_from_db()
        assert (invitation.state, invitation.user) == (InvitationState.ACCEPTED, nina)
        assert ledger_check.check() == []

    def test_it_works_once(self) -> None:
        self.invite()
        link = self.link()
        self.client.post(link, FINISH)
        stranger = Client()
        for response in (stranger.get(link), stranger.post(link, FINISH)):
            self.assertRedirects(response, "/accounts/login/", fetch_redirect_response=False)
        assert User.objects.filter(email="nina@example.org").count() == 1

    @override_settings(SIGN_UP="open")
    def test_it_opens_no_second_account_after_the_first_has_moved(self) -> None:
        self.invite()
        link = self.link()
        self.client.post(link, FINISH)
        User.objects.filter(email="nina@example.org").update(email="private@example.org")
        for response in (Client().get(link), Client().post(link, FINISH)):
            assert response.status_code == 410
        assert not User.objects.filter(email="nina@example.org").exists()

    def test_it_ends_when_it_expires_or_is_revoked(self) -> None:
        (invitation,) = self.invite()
        link = self.link()
        Invitation.objects.update(expires_at=timezone.now())
        assert self.client.get(link).status_code == 410
        assert self.client.post(link, FINISH).status_code == 410
        Invitation.objects.update(expires_at=timezone.now() + DAY)
        invitations.revoke(invitation, actor=self.staff)
        self.assertContains(
            self.client.post(link, FINISH), "This invitation is no longer valid", status_code=410
        )
        assert not User.objects.filter(email="nina@example.org").exists()

    def test_it_refuses_forged_links(self) -> None:
        (invitation,) = self.invite()
        link = self.link()
        for bad in (
            link[:-3] + "x/",
            "/accounts/invitation/nonsense/",
            f"/accounts/invitation/{invitation.pk}/",
        ):
            assert self.client.get(bad).status_code == 410, bad
            assert self.client.post(bad, FINISH).status_code == 410, bad

    def test_a_revocation_in_the_same_moment_creates_no_account(self) -> None:
        (invitation,) = self.invite()
        link = self.link()
        open_account = ledger.open_account

        def revoked_meanwhile(user: User, **options: int):
            Invitation.objects.filter(pk=invitation.pk).update(revoked_at=timezone.now())
            return open_account(user, **options)

        with patch.object(ledger, "open_account", revoked_meanwhile):
            assert self.client.post(link, FINISH).status_code == 410
        assert not User.objects.filter(email="nina@example.org").exists()

    def test_it_does_not_work_while_sign_up_is_closed(self) -> None:
        self.invite()
        link = self.link()
        with override_settings(SIGN_UP="closed"):
            self.assertContains(self.client.get(link), "Sign-up is closed")
            assert self.client.post(link, FINISH).status_code == 403
        assert not User.objects.filter(email="nina@example.org").exists()


class TestInviting(InvitationTestCase):
    def test_it_sends_one_email_to_each_and_none_to_members(self) -> None:
        result = invitations.invite(
            addresses=["a@example.org", "alice@example.org", "b@example.org"],
            credits=0,
            expires_at=timezone.now() + DAY,
            language="ru",
            actor=self.staff,
        )
        assert [one.email for one in result.sent] == ["a@example.org", "b@example.org"]
        assert result.members == ["alice@example.org"]
        outbox.send_due()
        assert [letter.to for letter in mail.outbox] == [["a@example.org"], ["b@example.org"]]
        again = self.invite("a@example.org")
        assert again == []
        assert LogEntry.objects.count() == 2

    def test_it_invites_again_after_the_end(self) -> None:
        self.invite()
        Invitation.objects.update(expires_at=timezone.now() - DAY)
        (second,) = self.invite()
        states = {one.pk: one.state for one in Invitation.objects.all()}
        assert states.pop(second.pk) == InvitationState.PENDING
        assert list(states.values()) == [InvitationState.REVOKED]

    def test_two_staff_at_once_invite_once(self) -> None:
        values_list = QuerySet.values_list
        invited = []

        def before_the_other(rows: QuerySet, *fields: str, **options: object):
            found = list(values_list(rows, *fields, **options))
            if rows.model is Invitation and not invited:
                invited.append(True)
                Invitation.objects.create(
                    email="nina@example.org",
                    credits=1,
                    language="en",
                    expires_at=timezone.now() + DAY,
                )
            return found

        with patch.object(QuerySet, "values_list", before_the_other):
            assert self.invite() == []
        assert Invitation.objects.count() == 1
        assert not OutgoingEmail.objects.exists()

    def test_it_sends_again_with_the_same_link_and_a_new_end(self) -> None:
        (invitation,) = self.invite()
        link = self.link()
        Invitation.objects.update(expires_at=timezone.now() - DAY)
        invitation.refresh_from_db()
        invitations.resend(invitation, actor=self.staff)
        assert self.link() == link
        assert self.client.get(link).status_code == 200
        invitations.revoke(invitation, actor=self.staff)
        with pytest.raises(invitations.NotPending):
            invitations.resend(invitation, actor=self.staff)
        with pytest.raises(invitations.NotPending):
            invitations.revoke(invitation, actor=self.staff)

    def test_it_sends_nothing_while_sign_up_is_closed(self) -> None:
        with override_settings(SIGN_UP="closed"), pytest.raises(invitations.SignUpIsClosed):
            self.invite()
        assert not Invitation.objects.exists()

    def test_it_forgets_those_that_ended_long_ago(self) -> None:
        kept, _expired, revoked = self.invite("a@example.org", "b@example.org", "c@example.org")
        Invitation.objects.filter(email="b@example.org").update(expires_at=timezone.now() - 3 * DAY)
        Invitation.objects.filter(pk=revoked.pk).update(revoked_at=timezone.now() - 3 * DAY)
        assert invitations.forget_ended(before=timezone.now() - DAY) == 2
        assert list(Invitation.objects.all()) == [kept]

    def test_it_is_erased_with_the_account(self) -> None:
        self.invite()
        self.client.post(self.link(), FINISH)
        nina = User.objects.get(email="nina@example.org")
        deletion.close(user=nina, after=timedelta(0))
        deletion.anonymize(nina.pk)
        assert not Invitation.objects.exists()
        assert "nina@example.org" not in str(list(LogEntry.objects.values_list()))


class TestAdmin(InvitationTestCase):
    url = "/admin/accounts/invitation/"

    def setUp(self) -> None:
        super().setUp()
        self.client.force_login(self.staff)

    def post(self, addresses: str, **data: object):
        end = timezone.localtime(timezone.now() + 5 * DAY)
        return self.client.post(
            f"{self.url}add/",
            {
                "addresses": addresses,
                "credits": "25",
                "expires_at": f"{end:%Y-%m-%dT%H:%M}",
                "language": "en",
                **data,
            },
        )

    def test_it_invites_pasted_addresses_in_any_form(self) -> None:
        self.assertContains(self.client.get(f"{self.url}add/"), 'type="datetime-local"')
        pasted = "A@example.org, b@example.org; Carl Cox <c@example.org>\r\nd@example.org e@x.org\n"
        self.assertRedirects(self.post(pasted), self.url, fetch_redirect_response=False)
        assert sorted(Invitation.objects.values_list("email", flat=True)) == [
            "a@example.org",
            "b@example.org",
            "c@example.org",
            "d@example.org",
            "e@x.org",
        ]
        assert set(Invitation.objects.values_list("credits", flat=True)) == {25}
        page = self.client.get(self.url)
        self.assertContains(page, "5 invitations sent.")
        self.assertContains(page, "Pending")

    def test_a_double_click_sends_no_second_email(self) -> None:
        for _time in range(2):
            self.post("a@example.org")
        assert OutgoingEmail.objects.count() == 1

    def test_it_sends_nothing_if_one_address_is_wrong(self) -> None:
        response = self.post("a@example.org, nonsense")
        self.assertContains(response, "Not an email: nonsense. Nothing was sent.")
        for wrong in ("", " ,; ", "\0", ",".join(f"u{n}@x.org" for n in range(501))):
            assert self.post(wrong).status_code == 200, wrong[:10]
        for end in ("2020-01-01T00:00", "9999-12-31T23:59"):
            assert self.post("a@example.org", expires_at=end).status_code == 200
        assert self.post("a@example.org", credits="-1").status_code == 200
        assert self.post("a@example.org", language="xx").status_code == 200
        assert not Invitation.objects.exists()

    @pytest.mark.slow
    def test_it_invites_five_hundred_at_once(self) -> None:
        self.assertRedirects(self.post("\n".join(f"u{n}@x.org" for n in range(500))), self.url)
        assert Invitation.objects.count() == OutgoingEmail.objects.count() == 500

    def test_it_lists_by_state_sends_again_and_revokes(self) -> None:
        dropped, kept = self.invite("dropped@example.org", "kept@example.org")
        chosen = {"action": "revoke", "_selected_action": [str(dropped.pk)]}
        self.client.post(self.url, chosen)
        self.client.post(
            self.url, {"action": "resend", "_selected_action": [str(kept.pk), str(dropped.pk)]}
        )
        dropped.refresh_from_db()
        assert dropped.state == InvitationState.REVOKED
        assert OutgoingEmail.objects.filter(recipient="kept@example.org").count() == 2
        assert OutgoingEmail.objects.filter(recipient="dropped@example.org").count() == 1
        for state, shown, hidden in (
            ("pending", "kept@", "dropped@"),
            ("revoked", "dropped@", "kept@"),
        ):
            page = self.client.get(self.url, {"state": state})
            self.assertContains(page, shown)
            self.assertNotContains(page, hidden)


@override_settings(SIGN_UP="invitation")
class TestManyStaff(TransactionTestCase):
    """Several staff paste the same list of people, each sorted in another way."""

    STAFF, PEOPLE = 6, 120

    def setUp(self) -> None:
        self.staff = [make_user(f"staff{n}@example.org") for n in range(self.STAFF)]
        self.addresses = [f"person{n:03}@example.org" for n in range(self.PEOPLE)]
        self.start = threading.Barrier(self.STAFF)

    def invite_at_once(self) -> list[list[Invitation]]:
        def invite(number: int) -> list[Invitation]:
            self.start.wait()
            return invitations.invite(
                addresses=self.addresses[:: -1 if number % 2 else 1],
                credits=1,
                expires_at=timezone.now() + DAY,
                language="en",
                actor=self.staff[number],
            ).sent

        return in_threads(self.STAFF, invite)

    def test_each_person_is_invited_once(self) -> None:
        self.invite_at_once()
        Invitation.objects.update(expires_at=timezone.now() - DAY)
        sent = [one.email for found in self.invite_at_once() for one in found]
        assert sorted(sent) == self.addresses
        assert Invitation.objects.filter(revoked_at=None).count() == self.PEOPLE
        assert OutgoingEmail.objects.count() == 2 * self.PEOPLE
